"""The few calls that every engine answers: memory, Qdrant Edge in its own process, a Qdrant server. One suite holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.point import Hit, IndexedChunk, SearchQuery, StoredPoint, Vector


class IndexCalls(Protocol):
    """Synchronous; safe to call from several threads; every call may be repeated without harm.

    Each raises `IndexUnavailable` when the engine does not answer, and, `ensure` and `drop` aside, `CollectionMissing` when there
    is no such collection. A collection's name is small letters, digits, `-` and `_` (`BadCollection`).
    """

    def ensure(self, collection: str, dimensions: int) -> None:
        """Make the collection (dense + lexical vectors, integer payload indexes first) if it is not there.

        Raises `BadVector` when it is there for vectors of another width.
        """

    def upsert(self, collection: str, points: Sequence[IndexedChunk]) -> None:
        """Write points; one with a known id is replaced. Acknowledged means that a crash of the process loses none.

        Raises `BadVector`, before anything is written, when a vector is not finite, not of unit norm or of another width.
        """

    def set_label(self, collection: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        """One payload write for all points of these documents of the tenant; vectors stay. No documents change nothing."""

    def delete(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> None:
        """Delete these points of this tenant; unknown ids are ignored, no ids delete nothing."""

    def vectors(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        """The dense vectors of those points of the tenant that are there."""

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        """The best `query.limit` points that the scope permits, best first; dense and lexical fused by reciprocal rank.

        With a `floor`, fewer than `query.limit` mean that no other point reaches it.

        BM25's inverse document frequency counts the scope's tenant alone. An empty scope gives nothing, without asking the
        engine. A lexical vector without terms is no vector. With one vector alone `Hit.score` is its own: cosine or BM25.
        """

    def scan(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        """Every point of the tenant, in no particular order."""

    def count(self, collection: str) -> int:
        """How many points the collection holds, of all tenants."""

    def drop(self, collection: str) -> None:
        """Take the collection away with all of its points; one that is not there is gone already."""

    def flush(self, collection: str) -> None:
        """After this no acknowledged write is lost to a power cut: called once a batch, before the catalog flips."""

    def compact(self, collection: str) -> bool:
        """Make deleted points leave the files too, vectors and ids, the write-ahead log included; everything else stays.

        Whether they did: a Qdrant server vacuums when it sees fit. Others wait meanwhile (about 5 s for 100,000 points).
        """

    def close(self) -> None:
        """Let go of connections. The engine process stays for others until it is idle."""
