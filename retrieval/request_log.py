"""The service's way into the request log: off the answer's path, by a thread that nobody waits for.

Each entry is offered whole and written within a moment, many in one transaction, so that the audit, which answers do wait for,
seldom finds the catalog taken. Only the thread learns which tenants want a log: an answer is made in the same way for all.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from uuid import UUID

from sqlalchemy import Engine

from acl.scope import ReadScope
from catalog.errors import CatalogUnavailable
from catalog.ids import ChunkId, DocumentId, PrincipalId, TenantId, utc_now
from catalog.requests import KeptRequest, KeptResult, keep_requests, log_days
from catalog.session import reading, transaction
from privacy.seal import Seal
from retrieval.logged import Logged, bound, written

PURPOSE = "portcullis request log"
BEAT_SECONDS = 0.2
"""So long entries gather. Whoever needs one sooner asks for `flush`."""
MOST_AT_ONCE = 256
MOST_WAITING = 2048
"""Entries that may wait; more are lost, so that a catalog that hangs neither delays an answer nor fills the memory."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answered request, not yet sealed. `scope` is what the person might read, None where it moved meanwhile."""

    tenant_id: TenantId
    request_id: UUID
    person_id: PrincipalId
    made_at: datetime
    logged: Logged = field(repr=False)
    scope: ReadScope | None
    results: tuple[KeptResult, ...]
    leanings: tuple[tuple[ChunkId, DocumentId], ...] = ()


def log_seal(question_key: bytes) -> Seal:
    """What seals and opens entries, by the key of the digests of questions."""
    return Seal(question_key, PURPOSE)


def write(catalog: Engine, seal: Seal, entries: Sequence[Entry]) -> int:
    """Write the entries whose tenants want it; where none does, nothing is sealed or written. How many were kept."""
    with reading(catalog) as session:
        wanting = log_days(session, {entry.tenant_id for entry in entries})
    kept = [_kept(seal, entry) for entry in entries if entry.tenant_id in wanting]
    if not kept:
        return 0
    with transaction(catalog) as session:
        return keep_requests(session, kept, utc_now())


class RequestLog:
    """A thread that writes what is offered. `lost` hears how many entries were not kept though they might have had to be.

    Close it: what was offered is still written.
    """

    def __init__(self, catalog: Engine, seal: Seal, lost: Callable[[int], None] = lambda _: None) -> None:
        self._catalog = catalog
        self._seal = seal
        self._lost = lost
        self._waiting: queue.Queue[Entry | threading.Event | None] = queue.Queue(MOST_WAITING)
        self._open = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_all, name="request log", daemon=True)
        self._thread.start()

    def offer(self, entry: Entry) -> None:
        """Hand an entry over. Never waits: one that finds no room is lost, and told of."""
        with self._lock:
            taken = self._open and not self._waiting.full()
            if taken:
                self._waiting.put_nowait(entry)  # the thread only takes away, and who else puts holds the lock
        if not taken:
            self._lost(1)

    def flush(self, within_seconds: float) -> None:
        """Wait until what was offered so far is written, or so long."""
        done = threading.Event()
        with self._lock:
            if self._open and not self._waiting.full():
                self._waiting.put_nowait(done)
            else:
                done.set()
        done.wait(within_seconds)

    def close(self) -> None:
        """Write what waits, then end. Twice does nothing more."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        ended = False
        while not ended:
            batch, waiting, ended = self._gather()
            self._settle(batch)
            for done in waiting:
                done.set()

    def _gather(self) -> tuple[list[Entry], list[threading.Event], bool]:
        """What comes within a beat of the first, who waits for it, and whether that is the end."""
        batch: list[Entry] = []
        until: float | None = None
        while len(batch) < MOST_AT_ONCE:
            try:
                came = self._waiting.get(timeout=None if until is None else max(0.0, until - monotonic()))
            except queue.Empty:
                break
            if came is None:
                return batch, [], True
            if isinstance(came, threading.Event):
                return batch, [came], False
            batch.append(came)
            until = until or monotonic() + BEAT_SECONDS
        return batch, [], False

    def _settle(self, batch: Sequence[Entry]) -> None:
        """One transaction for all; where one entry cannot be stored, one for each, so that it is lost alone."""
        if not batch:
            return
        try:
            write(self._catalog, self._seal, batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, CatalogUnavailable):
                self._lost(len(batch))
                return
            for entry in batch:
                self._settle([entry])


def _kept(seal: Seal, entry: Entry) -> KeptRequest:
    logged = replace(entry.logged, scope="" if entry.scope is None else entry.scope.digest)
    sealed = seal.seal(written(logged), bound(entry.tenant_id, entry.request_id, entry.person_id))
    whose = (entry.tenant_id, entry.request_id, entry.person_id, entry.made_at)
    return KeptRequest(*whose, sealed, entry.results, entry.leanings)
