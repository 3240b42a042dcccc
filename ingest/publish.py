"""Write new, flip, then delete (law 6). All of it is read from the catalog, so that any run can finish another's work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from catalog.documents import (
    lagging_labels,
    make_current,
    note_indexed_label,
    read_document,
    retire,
    versions_of,
)
from catalog.ids import ChunkId, DocumentKey, Label, SourceId, TenantId, VersionId
from catalog.ledger import (
    LiveCollection,
    PlacedText,
    chunks_with_text,
    live_chunks,
    note_deleted,
    note_live,
    note_writing,
    placed_texts,
    to_delete,
)
from catalog.session import ReadSession, WriteSession, reading, transaction
from index.calls import IndexCalls
from index.errors import EmbedderMismatch
from index.lexical import document_vector
from index.model import Embedder
from index.point import IndexedChunk, Vector
from ingest.report import ChunkCounts
from ingest.resolve import current

UPSERT_POINTS = 256


@dataclass(frozen=True, slots=True)
class Target:
    """Where to publish: the catalog, the engine, its live collection, the model that made it."""

    catalog: Engine
    index: IndexCalls
    collection: LiveCollection
    embedder: Embedder
    tenant_id: TenantId
    source_id: SourceId


@dataclass(frozen=True, slots=True)
class Flip:
    """A document whose current version is not what is served yet."""

    key: DocumentKey
    version_id: VersionId
    label: Label
    indexed_label: Label | None
    chunks: tuple[PlacedText, ...]
    live: frozenset[ChunkId]

    @property
    def missing(self) -> list[PlacedText]:
        return [chunk for chunk in self.chunks if chunk.chunk_id not in self.live]


def check_embedder(collection: LiveCollection, embedder: Embedder) -> None:
    """Raises `EmbedderMismatch`: vectors of two models do not compare."""
    if collection.embedder != embedder.fingerprint:
        raise EmbedderMismatch("The index was made by another embedding model. Set INDEX_MODEL back to it.")


def publish(
    target: Target,
    documents: Iterable[DocumentKey],
    in_transaction: Callable[[WriteSession], None],
    with_flip: Callable[[WriteSession], None],
) -> ChunkCounts:
    """Make each document's current version the served one.

    `in_transaction` runs first in every transaction (it renews the lease, or raises); `with_flip` records, in the transaction of
    the flip, that the files which led here are done.
    """
    with reading(target.catalog) as read:
        flips = [flip for key in documents if (flip := _due(read, target, key)) is not None]
        texts = {chunk.text_hash: chunk.text for flip in flips for chunk in flip.missing}
        holders = chunks_with_text(read, target.tenant_id, target.collection.id, texts)
    with transaction(target.catalog) as write:
        in_transaction(write)
        for flip in flips:
            note_writing(write, target.tenant_id, target.collection.id, (c.chunk_id for c in flip.missing))
    vectors, embedded = _vectors(target, texts, holders)
    for flip in flips:
        if flip.live and flip.indexed_label != flip.label:
            target.index.set_label(target.collection.name, flip.key, flip.label)
    _write(target, [_point(target, flip, chunk, vectors) for flip in flips for chunk in flip.missing])
    with transaction(target.catalog) as write:
        in_transaction(write)
        doomed = [chunk for flip in flips for chunk in _flip(write, target, flip)]
        with_flip(write)
    _delete(target, doomed)
    written = sum(len(flip.missing) for flip in flips)
    kept = sum(len(flip.chunks) for flip in flips) - written
    return ChunkCounts(embedded=embedded, reused=kept + written - embedded, deleted=len(doomed))


def withdraw(
    target: Target,
    documents: Sequence[DocumentKey],
    in_transaction: Callable[[WriteSession], None],
    with_flip: Callable[[WriteSession], None],
) -> ChunkCounts:
    """Take documents out of service, then their points out of the index."""
    with transaction(target.catalog) as write:
        in_transaction(write)
        doomed = []
        for key in documents:
            retire(write, key)
            doomed += note_live(write, target.collection.id, key, None)
        with_flip(write)
    _delete(target, doomed)
    return ChunkCounts(deleted=len(doomed))


def relabel(target: Target) -> int:
    """Bring the labels in the index up to the catalog's: one payload write a document. Returns how many documents."""
    with reading(target.catalog) as read:
        lagging = lagging_labels(read, target.tenant_id, target.source_id)
    for key, label in lagging:
        target.index.set_label(target.collection.name, key, label)
    if lagging:
        target.index.flush(target.collection.name)
        with transaction(target.catalog) as write:
            for key, label in lagging:
                note_indexed_label(write, key, label)
    return len(lagging)


def sweep(target: Target) -> int:
    """Delete the points that a flip left behind, and those that a dead run wrote and never flipped. Returns how many.

    Only under the source's lease, and when nothing of this run is between writing and flip.
    """
    with reading(target.catalog) as read:
        doomed = to_delete(read, target.tenant_id, target.source_id)
    _delete(target, doomed)
    return len(doomed)


def _due(read: ReadSession, target: Target, key: DocumentKey) -> Flip | None:
    document = read_document(read, key)
    version = current(versions_of(read, key))
    if version is None:
        return None
    chunks = tuple(placed_texts(read, key, version.id))
    live = live_chunks(read, target.tenant_id, target.collection.id, [c.chunk_id for c in chunks])
    if document.current_version_id == version.id and len(live) == len(chunks) and not document.retired:
        return None
    return Flip(key, version.id, version.label, document.indexed_label, chunks, frozenset(live))


def _vectors(target: Target, texts: dict[str, str], holders: dict[str, ChunkId]) -> tuple[dict[str, Vector], int]:
    """A vector for every text: copied from a point that holds the same text, else from the model. And how many were embedded."""
    stored = target.index.vectors(target.collection.name, target.tenant_id, list(holders.values())) if holders else {}
    vectors = {text_hash: stored[chunk] for text_hash, chunk in holders.items() if chunk in stored}
    new = [text_hash for text_hash in texts if text_hash not in vectors]
    if new:
        vectors |= dict(zip(new, target.embedder.embed([texts[h] for h in new]), strict=True))
    return vectors, len(new)


def _point(target: Target, flip: Flip, chunk: PlacedText, vectors: dict[str, Vector]) -> IndexedChunk:
    return IndexedChunk(
        chunk_id=chunk.chunk_id,
        tenant_id=target.tenant_id,
        document_id=flip.key.document_id,
        source_id=target.source_id,
        label=flip.label,
        dense=vectors[chunk.text_hash],
        lexical=document_vector(chunk.text),
    )


def _write(target: Target, points: Sequence[IndexedChunk]) -> None:
    for start in range(0, len(points), UPSERT_POINTS):
        target.index.upsert(target.collection.name, points[start : start + UPSERT_POINTS])
    if points:
        target.index.flush(target.collection.name)


def _flip(write: WriteSession, target: Target, flip: Flip) -> list[ChunkId]:
    make_current(write, flip.key, flip.version_id, flip.label)
    return note_live(write, target.collection.id, flip.key, flip.version_id)


def _delete(target: Target, doomed: Sequence[ChunkId]) -> None:
    """Out of the index, then out of the ledger: in this order, a crash in between only repeats the first."""
    if not doomed:
        return
    target.index.delete(target.collection.name, target.tenant_id, doomed)
    target.index.flush(target.collection.name)
    with transaction(target.catalog) as write:
        note_deleted(write, target.tenant_id, target.collection.id, doomed)
