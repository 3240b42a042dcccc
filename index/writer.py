"""Write to one collection in batches that every engine takes at a good pace."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from catalog.ids import ChunkId, DocumentKey, Label, TenantId
from index.calls import IndexCalls
from index.point import IndexedChunk

BATCH = 256


class Writer:
    """Each method may be repeated without harm, and is durable against a power cut once `flush` has returned."""

    def __init__(self, calls: IndexCalls, collection: str) -> None:
        self._calls = calls
        self._collection = collection

    def write(self, points: Iterable[IndexedChunk]) -> int:
        """Upsert as they come, never more than a batch in memory; the number written."""
        written, waiting = 0, iter(points)
        while batch := list(islice(waiting, BATCH)):
            self._calls.upsert(self._collection, batch)
            written += len(batch)
        return written

    def relabel(self, key: DocumentKey, label: Label) -> None:
        """All points of the document carry `label` from now on."""
        self._calls.set_label(self._collection, key.tenant_id, [key.document_id], label)

    def delete(self, tenant_id: TenantId, chunk_ids: Iterable[ChunkId]) -> None:
        """Delete those of the tenant's points; unknown ids are ignored."""
        waiting = iter(chunk_ids)
        while batch := list(islice(waiting, BATCH)):
            self._calls.delete(self._collection, tenant_id, batch)

    def flush(self) -> None:
        """Once a batch of documents, before the catalog flips."""
        self._calls.flush(self._collection)
