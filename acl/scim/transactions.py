"""One transaction around the calls of one SCIM operation. Writers of a tenant come one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from acl.store import lock_policy
from catalog.ids import TenantId
from catalog.session import ReadSession, WriteSession, reading, transaction


class Transactions:
    """Of one request: not shared between threads. A call inside an operation takes part in it, one outside is one of its own."""

    def __init__(self, catalog: Engine, tenant_id: TenantId) -> None:
        self._catalog = catalog
        self._tenant_id = tenant_id
        self._session: ReadSession | None = None

    @contextmanager
    def reading(self) -> Iterator[ReadSession]:
        """One consistent read, or the operation that goes on."""
        if self._session is not None:
            yield self._session
            return
        with reading(self._catalog) as session, self._held(session):
            yield session

    @contextmanager
    def writing(self) -> Iterator[WriteSession]:
        """A write under the tenant's lock, so that no change is lost and none has to be tried again."""
        if self._session is not None:
            assert isinstance(self._session, WriteSession), "a reading operation cannot write"
            yield self._session
            return
        with transaction(self._catalog) as session, self._held(session):
            lock_policy(session, self._tenant_id)
            yield session

    @contextmanager
    def _held(self, session: ReadSession) -> Iterator[None]:
        self._session = session
        try:
            yield
        finally:
            self._session = None
