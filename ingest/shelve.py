"""What of a document belongs on which shelf of a collection, and the writing of what is missing there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from catalog.collections import LiveCollection, Shelf
from catalog.ids import ChunkId, DocumentKey, Label, SourceId, TenantId, VersionId
from catalog.ledger import chunks_with_text, live_chunks, note_writing
from catalog.placements import PlacedText, placed_texts
from catalog.session import ReadSession, WriteSession, reading, transaction
from index.calls import IndexCalls
from index.errors import EmbedderMismatch
from index.lexical import document_vector
from index.model import Embedder
from index.point import IndexedChunk, Vector
from ingest.embed_ahead import EmbedAhead
from privacy.stand_in import as_read

UPSERT_POINTS = 256


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish: the catalog, the engine, its live collection, its model, and what a run has embedded ahead."""

    catalog: Engine
    index: IndexCalls
    collection: LiveCollection
    embedder: Embedder
    tenant_id: TenantId
    source_id: SourceId
    embed_ahead: EmbedAhead | None = None


@dataclass(frozen=True, slots=True)
class Shelved:
    """What of a document belongs on a shelf, and which of its points are live there."""

    shelf: Shelf
    chunks: tuple[PlacedText, ...]
    live: frozenset[ChunkId]

    @property
    def missing(self) -> list[PlacedText]:
        return [chunk for chunk in self.chunks if chunk.chunk_id not in self.live]


@dataclass(frozen=True, slots=True)
class Holding:
    """A document with what belongs on each shelf. Its points carry `label`."""

    key: DocumentKey
    label: Label
    shelves: tuple[Shelved, ...]

    @property
    def missing(self) -> list[PlacedText]:
        return [chunk for shelved in self.shelves for chunk in shelved.missing]


def check_embedder(collection: LiveCollection, embedder: Embedder) -> None:
    """Raises `EmbedderMismatch`: vectors of two models do not compare."""
    if collection.embedder != embedder.fingerprint:
        raise EmbedderMismatch(
            "The index was made by another embedding model. Set INDEX_MODEL back to it, or run `portcullis rebuild`."
        )


def write_missing(target: Target, holdings: Sequence[Holding], in_transaction: Callable[[WriteSession], None]) -> int:
    """Note and write the points that are missing; none of them is live yet. Returns how many texts went through the model."""
    with reading(target.catalog) as read:
        texts = {chunk.text_hash: chunk.text for holding in holdings for chunk in holding.missing}
        holders = {s: chunks_with_text(read, target.tenant_id, s.id, texts) for s in target.collection.shelves}
    with transaction(target.catalog) as write:
        in_transaction(write)
        for holding in holdings:
            for shelved in holding.shelves:
                note_writing(write, target.tenant_id, shelved.shelf.id, (c.chunk_id for c in shelved.missing))
    vectors, embedded = _vectors(target, texts, holders)
    for shelf in target.collection.shelves:
        missing = [(holding, chunk) for holding in holdings for s in holding.shelves if s.shelf == shelf for chunk in s.missing]
        _write(target, shelf, [_point(target, holding, chunk, vectors) for holding, chunk in missing])
    return embedded


def shelve(
    read: ReadSession,
    target: Target,
    shelf: Shelf,
    key: DocumentKey,
    versions: Iterable[VersionId],
    without: Collection[ChunkId] = frozenset(),
) -> Shelved:
    """The chunks of these versions, but for those `without`, and which of them are live on `shelf`."""
    chunks = {c.chunk_id: c for id_ in versions for c in placed_texts(read, key, id_) if c.chunk_id not in without}
    return Shelved(shelf, tuple(chunks.values()), frozenset(live_chunks(read, target.tenant_id, shelf.id, chunks)))


def _vectors(
    target: Target, texts: dict[str, str], holders: Mapping[Shelf, Mapping[str, ChunkId]]
) -> tuple[dict[str, Vector], int]:
    """A vector for every text: copied from a point that holds the same text, else from the model. And how many were embedded."""
    vectors: dict[str, Vector] = {}
    for shelf, holding in holders.items():
        wanted = {text_hash: chunk for text_hash, chunk in holding.items() if text_hash not in vectors}
        stored = target.index.vectors(shelf.name, target.tenant_id, list(wanted.values())) if wanted else {}
        vectors |= {text_hash: stored[chunk] for text_hash, chunk in wanted.items() if chunk in stored}
    new = [text_hash for text_hash in texts if text_hash not in vectors]
    if new:
        embed = (target.embed_ahead or target.embedder).embed
        vectors |= dict(zip(new, embed([as_read(texts[h]) for h in new]), strict=True))
    return vectors, len(new)


def _point(target: Target, holding: Holding, chunk: PlacedText, vectors: dict[str, Vector]) -> IndexedChunk:
    return IndexedChunk(
        chunk_id=chunk.chunk_id,
        tenant_id=target.tenant_id,
        document_id=holding.key.document_id,
        source_id=target.source_id,
        label=holding.label,
        dense=vectors[chunk.text_hash],
        lexical=document_vector(chunk.text, target.embedder.language),
    )


def _write(target: Target, shelf: Shelf, points: Sequence[IndexedChunk]) -> None:
    for start in range(0, len(points), UPSERT_POINTS):
        target.index.upsert(shelf.name, points[start : start + UPSERT_POINTS])
    if points:
        target.index.flush(shelf.name)
