"""The index, with each call that a request makes noted on its timeline. What nobody's request asks for goes through unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.calls import IndexCalls
from index.point import Hit, IndexedChunk, SearchQuery, StoredPoint, Vector
from retrieval.timeline import calling


class TracedIndex:
    """Meets `index.calls.IndexCalls` by the calls of another."""

    def __init__(self, calls: IndexCalls) -> None:
        self._calls = calls

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        with calling("search") as lap:
            found = self._calls.search(collection, query, scope)
            lap.hits = len(found)
            return found

    def vectors(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        with calling("vectors") as lap:
            found = self._calls.vectors(collection, tenant_id, chunk_ids)
            lap.hits = len(found)
            return found

    def count(self, collection: str) -> int:
        with calling("count"):
            return self._calls.count(collection)

    def scan(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        return self._calls.scan(collection, tenant_id)

    def ensure(self, collection: str, dimensions: int) -> None:
        self._calls.ensure(collection, dimensions)

    def upsert(self, collection: str, points: Sequence[IndexedChunk]) -> None:
        self._calls.upsert(collection, points)

    def set_label(self, collection: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        self._calls.set_label(collection, tenant_id, documents, label)

    def delete(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> None:
        self._calls.delete(collection, tenant_id, chunk_ids)

    def drop(self, collection: str) -> None:
        self._calls.drop(collection)

    def flush(self, collection: str) -> None:
        self._calls.flush(collection)

    def compact(self, collection: str) -> bool:
        return self._calls.compact(collection)

    def close(self) -> None:
        self._calls.close()
