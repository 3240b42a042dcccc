"""The recall that people really get: some questions are asked of the index again, exactly, after their answer has left.

Compared are the ten nearest by meaning, in the same scope: words are always compared exactly. Counts alone are kept, by tenant
and day. A question that cannot be asked again (the queue is full, the index or the catalog fails) is left out: it costs nobody.
"""

from __future__ import annotations

import queue
import random
import threading
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from acl.scope import ReadScope
from catalog.errors import PortcullisError
from catalog.ids import utc_now
from catalog.recall import Recall, note_recall
from catalog.session import transaction
from index.calls import IndexCalls
from index.point import SearchQuery

NEAREST = 10
MOST_WAITING = 64


@dataclass(frozen=True, slots=True)
class _Asked:
    collection: str
    query: SearchQuery
    scope: ReadScope


class Shadow:
    """A thread that asks again. `total` counts since the start. Close it: what waits is left out."""

    def __init__(self, catalog: Engine, index: IndexCalls, share: float) -> None:
        """`share`: of the questions, from 0 to 1."""
        self.total = Recall()
        self._catalog = catalog
        self._index = index
        self._share = share
        self._waiting: queue.Queue[_Asked | None] = queue.Queue(MOST_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._ask_all, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, collection: str, query: SearchQuery, scope: ReadScope) -> None:
        """A question that was answered; whether it is asked again is chance. Never waits."""
        if query.dense is None or not scope.labels or random.random() >= self._share:  # noqa: S311 nobody gains by guessing it
            return
        try:
            plain = replace(query, lexical=None, limit=NEAREST, skip=frozenset(), floor=None)
            self._waiting.put_nowait(_Asked(collection, plain, scope))
        except queue.Full:
            return

    def close(self) -> None:
        """End; twice does nothing more."""
        if not self._closing.is_set():
            self._closing.set()
            self._waiting.put(None)
            self._thread.join()

    def _ask_all(self) -> None:
        while (asked := self._waiting.get()) is not None:
            if not self._closing.is_set():
                self._ask(asked)

    def _ask(self, asked: _Asked) -> None:
        try:
            usual, exact = (
                {hit.chunk_id for hit in self._index.search(asked.collection, query, asked.scope)}
                for query in (asked.query, replace(asked.query, exact=True))
            )
            found = len(usual & exact)
            self.total = Recall(self.total.questions + 1, self.total.expected + len(exact), self.total.found + found)
            with transaction(self._catalog) as write:
                note_recall(write, asked.scope.tenant_id, utc_now().date(), len(exact), found)
        except PortcullisError:
            return
