"""Where the cache's entries lie: this process's memory here, a Redis in `cache_redis.py`. Both are bounded in number and age."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from catalog.ids import TenantId

MOST_ALIKE = 32
"""Of a bucket's entries the newest are compared with a question, and no more."""
MOST_TENANTS = 100
"""In the memory of one process. Of more, those that asked last have theirs."""


class CacheStore(Protocol):
    """Entries by tenant and name. Safe to use from several threads. One that fails raises nothing: it holds nothing then."""

    def get(self, tenant_id: TenantId, name: str) -> bytes | None:
        """The entry, if it is there and not too old."""

    def alike(self, tenant_id: TenantId, bucket: str) -> dict[str, bytes]:
        """The newest entries that were put into the bucket, newest first, by name: at most `MOST_ALIKE`."""

    def put(self, tenant_id: TenantId, name: str, entry: bytes, bucket: str | None = None) -> None:
        """Keep it. Where the tenant has too many, its oldest goes."""

    def drop(self, tenant_id: TenantId, name: str) -> None:
        """It is there no more."""


@dataclass(slots=True)
class _Shelf:
    """A tenant's: entries with their moment and bucket, oldest first; names by bucket, newest first."""

    entries: OrderedDict[str, tuple[float, bytes, str | None]] = field(default_factory=OrderedDict)
    buckets: dict[str, deque[str]] = field(default_factory=dict)

    def drop(self, name: str) -> None:
        _, _, bucket = self.entries.pop(name, (0.0, b"", None))
        if bucket is not None and bucket in self.buckets:
            names = self.buckets[bucket]
            if name in names:
                names.remove(name)
            if not names:
                del self.buckets[bucket]


class MemoryCache:
    """A `CacheStore`. `most_entries` for each tenant: what one asks drives out nothing of another's. `clock` in seconds."""

    def __init__(self, most_entries: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._most = most_entries
        self._seconds = seconds
        self._clock = clock
        self._shelves: OrderedDict[TenantId, _Shelf] = OrderedDict()
        self._gate = threading.Lock()

    def get(self, tenant_id: TenantId, name: str) -> bytes | None:
        with self._gate:
            return self._fresh(self._shelf(tenant_id), name)

    def alike(self, tenant_id: TenantId, bucket: str) -> dict[str, bytes]:
        with self._gate:
            shelf = self._shelf(tenant_id)
            found = ((name, self._fresh(shelf, name)) for name in tuple(shelf.buckets.get(bucket, ())))
            return {name: entry for name, entry in found if entry is not None}

    def put(self, tenant_id: TenantId, name: str, entry: bytes, bucket: str | None = None) -> None:
        with self._gate:
            shelf = self._shelf(tenant_id)
            shelf.drop(name)
            shelf.entries[name] = (self._clock(), entry, bucket)
            if bucket is not None:
                shelf.buckets.setdefault(bucket, deque(maxlen=MOST_ALIKE)).appendleft(name)
            while len(shelf.entries) > self._most:
                shelf.drop(next(iter(shelf.entries)))

    def drop(self, tenant_id: TenantId, name: str) -> None:
        with self._gate:
            self._shelf(tenant_id).drop(name)

    def _shelf(self, tenant_id: TenantId) -> _Shelf:
        shelf = self._shelves.setdefault(tenant_id, _Shelf())
        self._shelves.move_to_end(tenant_id)
        while len(self._shelves) > MOST_TENANTS:
            self._shelves.popitem(last=False)
        return shelf

    def _fresh(self, shelf: _Shelf, name: str) -> bytes | None:
        """The entry, unless it is too old: then all that is as old goes with it."""
        since = self._clock() - self._seconds
        while shelf.entries and next(iter(shelf.entries.values()))[0] <= since:
            shelf.drop(next(iter(shelf.entries)))
        kept = shelf.entries.get(name)
        return None if kept is None else kept[1]
