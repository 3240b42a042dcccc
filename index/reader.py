"""The async face of searching, for the service: the one synchronous call, in a worker thread, so many at once and no more."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread

from acl.scope import ReadScope
from index.calls import IndexCalls
from index.point import Hit, SearchQuery

AT_ONCE = 8


class Reader:
    """Searches one collection. Readers of other collections may share a limiter."""

    def __init__(self, calls: IndexCalls, collection: str, limiter: CapacityLimiter | None = None) -> None:
        self._calls = calls
        self._collection = collection
        self._limiter = limiter or CapacityLimiter(AT_ONCE)

    async def search(self, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        """As `IndexCalls.search`. The limiter counts each call until its thread is done, also when nobody waits any more."""
        return await to_thread.run_sync(self._calls.search, self._collection, query, scope, limiter=self._limiter)
