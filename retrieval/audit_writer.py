"""The service's way into the audit: a commit waits for the disk, and all who come meanwhile share the next one.

A request hands its entry over and waits until the batch that holds it is committed, so no answer leaves before its entry is
durable. No entry waits for a batch to fill: a lone one is written at once.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from catalog.audit import record
from catalog.errors import CatalogUnavailable
from catalog.ids import TenantId
from catalog.session import transaction

MOST_AT_ONCE = 256
MOST_WAITING = 4096
"""Entries that may wait; more are refused at once, so that a catalog that hangs does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Note:
    """One entry of the audit, not yet written."""

    tenant_id: TenantId
    actor: str
    action: str
    object_: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Waiting:
    note: Note
    written: Future[None]


class AuditWriter:
    """A thread that writes what is put, in order, as many as wait in one transaction. Close it: what was put is still written."""

    def __init__(self, catalog: Engine) -> None:
        self._catalog = catalog
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MOST_WAITING)
        self._open = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()

    def put(self, note: Note) -> Future[None]:
        """Hand an entry over; the result comes when it is durable, or why it is not. Raises `CatalogUnavailable`."""
        waiting = _Waiting(note, Future())
        with self._lock:
            if not self._open:
                raise CatalogUnavailable("The audit is closed: the service is stopping.")
            try:
                self._waiting.put_nowait(waiting)
            except queue.Full:
                raise CatalogUnavailable(
                    f"{MOST_WAITING} entries of the audit wait for the catalog. Check that it answers and is not locked."
                ) from None
        return waiting.written

    def close(self) -> None:
        """Write what waits, then end. Twice does nothing more."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ended = [_begun(first)], False
            while len(batch) < MOST_AT_ONCE and not ended:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    ended = True
                else:
                    batch.append(_begun(more))
            self._settle(batch)
            if ended:
                return

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        """One transaction for all; where one entry cannot be stored, one for each, so that it fails alone."""
        try:
            write(self._catalog, [one.note for one in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, CatalogUnavailable):
                for one in batch:
                    one.written.set_exception(error)
                return
            for one in batch:
                self._settle([one])
        else:
            for one in batch:
                one.written.set_result(None)


def _begun(waiting: _Waiting) -> _Waiting:
    """From here on nobody can take it back: a future that is cancelled cannot be told, and would end the thread."""
    return waiting if waiting.written.set_running_or_notify_cancel() else _Waiting(waiting.note, Future())


def write(catalog: Engine, notes: Sequence[Note]) -> None:
    """Write the entries in a transaction of their own."""
    with transaction(catalog) as session:
        for note in notes:
            record(
                session, note.tenant_id, actor=note.actor, action=note.action, object_=note.object_, details=note.details
            )  # fmt: skip
