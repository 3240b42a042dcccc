"""Scopes that were found before, for as long as nothing changed: a scope is good for exactly one policy epoch of its tenant."""

from __future__ import annotations

import threading
from collections import OrderedDict

from acl.scope import ReadScope
from acl.store import Person, find_scope
from catalog.ids import PrincipalId, TenantId
from catalog.session import ReadSession
from catalog.tenants import policy_epoch

MOST_LABELS = 2_000_000
"""Kept at most, over all people: about 100 bytes each."""


class Scopes:
    """What people may read, remembered. Safe for several threads; every process has its own, and none needs to be told anything:
    the epoch is read in the caller's transaction each time."""

    def __init__(self, most_labels: int = MOST_LABELS) -> None:
        self._most = most_labels
        self._kept: OrderedDict[tuple[TenantId, PrincipalId], ReadScope] = OrderedDict()
        self._labels = 0
        self._gate = threading.Lock()

    def find(self, session: ReadSession, tenant_id: TenantId, person: Person) -> ReadScope:
        """As `find_scope`, and equal to it at every moment."""
        key = (tenant_id, person.id)
        epoch = policy_epoch(session, tenant_id)
        with self._gate:
            kept = self._kept.get(key)
            if kept is not None and kept.policy_epoch == epoch:
                self._kept.move_to_end(key)
                return kept
        scope = find_scope(session, tenant_id, person)
        with self._gate:
            self._drop(key)
            self._kept[key] = scope
            self._labels += len(scope.labels) + 1
            while self._labels > self._most:
                self._drop(next(iter(self._kept)))
        return scope

    def _drop(self, key: tuple[TenantId, PrincipalId]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._labels -= len(gone.labels) + 1
