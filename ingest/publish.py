"""Write new, flip, then delete (law 6). All of it is read from the catalog, so that any run can finish another's work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from catalog.collections import LiveCollection, Shelf
from catalog.documents import lagging_labels, make_current, note_indexed_label, read_document, retire
from catalog.ids import ChunkId, DocumentKey, Label, SourceId, TenantId, VersionId
from catalog.ledger import chunks_with_text, live_chunks, note_deleted, note_live, note_writing, to_delete
from catalog.placements import PlacedText, placed_texts
from catalog.session import ReadSession, WriteSession, reading, transaction
from catalog.sources import StatusRule, status_rule
from catalog.versions import Span, drop_replaced, note_held, versions_of
from index.calls import IndexCalls
from index.errors import EmbedderMismatch
from index.lexical import document_vector
from index.model import Embedder
from index.point import IndexedChunk, Vector
from ingest.report import ChunkCounts
from ingest.resolve import current, held, latest

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
class Shelved:
    """What of a document belongs on a shelf, and which of its points are live there."""

    shelf: Shelf
    chunks: tuple[PlacedText, ...]
    live: frozenset[ChunkId]

    @property
    def missing(self) -> list[PlacedText]:
        return [chunk for chunk in self.chunks if chunk.chunk_id not in self.live]


@dataclass(frozen=True, slots=True)
class Flip:
    """A document whose current version, or whose past, is not what is served yet. Without a version it is withdrawn."""

    key: DocumentKey
    version_id: VersionId | None
    label: Label
    indexed_label: Label | None
    spans: dict[VersionId, Span]
    shelves: tuple[Shelved, ...]

    @property
    def missing(self) -> list[PlacedText]:
        return [chunk for shelved in self.shelves for chunk in shelved.missing]


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
    """Make each document's current version the served one; what earlier ones alone are made of is kept for questions about then.

    `in_transaction` runs first in every transaction (it renews the lease, or raises); `with_flip` records, in the transaction of
    the flip, that the files which led here are done.
    """
    with reading(target.catalog) as read:
        rule = status_rule(read, target.tenant_id, target.source_id)
        flips = [flip for key in documents if (flip := _due(read, target, key, rule)) is not None]
        texts = {chunk.text_hash: chunk.text for flip in flips for chunk in flip.missing}
        holders = {s: chunks_with_text(read, target.tenant_id, s.id, texts) for s in target.collection.shelves}
    with transaction(target.catalog) as write:
        in_transaction(write)
        for flip in flips:
            for shelved in flip.shelves:
                note_writing(write, target.tenant_id, shelved.shelf.id, (c.chunk_id for c in shelved.missing))
    vectors, embedded = _vectors(target, texts, holders)
    for flip in flips:
        if flip.indexed_label != flip.label:
            for shelved in flip.shelves:
                if shelved.live:
                    target.index.set_label(shelved.shelf.name, flip.key, flip.label)
    for shelf in target.collection.shelves:
        missing = [(flip, chunk) for flip in flips for s in flip.shelves if s.shelf == shelf for chunk in s.missing]
        _write(target, shelf, [_point(target, flip, chunk, vectors) for flip, chunk in missing])
    with transaction(target.catalog) as write:
        in_transaction(write)
        doomed = _flip_all(write, target, flips)
        with_flip(write)
    _delete(target, doomed)
    written = sum(len(flip.missing) for flip in flips)
    kept = sum(len(shelved.chunks) for flip in flips for shelved in flip.shelves) - written
    return ChunkCounts(embedded=embedded, reused=kept + written - embedded, deleted=sum(map(len, doomed.values())))


def withdraw(
    target: Target,
    documents: Sequence[DocumentKey],
    in_transaction: Callable[[WriteSession], None],
    with_flip: Callable[[WriteSession], None],
) -> ChunkCounts:
    """Take documents out of service, then their points out of the index."""
    with transaction(target.catalog) as write:
        in_transaction(write)
        for key in documents:
            retire(write, key)
        doomed = _settle_ledger(write, target, documents)
        with_flip(write)
    _delete(target, doomed)
    return ChunkCounts(deleted=sum(map(len, doomed.values())))


def relabel(target: Target) -> int:
    """Bring the labels in the index up to the catalog's: one payload write a document. Returns how many documents."""
    with reading(target.catalog) as read:
        lagging = lagging_labels(read, target.tenant_id, target.source_id)
    for shelf in target.collection.shelves if lagging else ():
        for key, label in lagging:
            target.index.set_label(shelf.name, key, label)
        target.index.flush(shelf.name)
    if lagging:
        with transaction(target.catalog) as write:
            for key, label in lagging:
                note_indexed_label(write, key, label)
    return len(lagging)


def sweep(target: Target) -> int:
    """Delete the points that a flip left behind, and those that a dead run wrote and never flipped. Returns how many.

    Only under the source's lease, and when nothing of this run is between writing and flip.
    """
    with reading(target.catalog) as read:
        doomed = {s: to_delete(read, target.tenant_id, target.source_id, s) for s in target.collection.shelves}
    _delete(target, doomed)
    return sum(map(len, doomed.values()))


def _due(read: ReadSession, target: Target, key: DocumentKey, rule: StatusRule) -> Flip | None:
    document = read_document(read, key)
    versions = versions_of(read, key)
    spans = held(versions, rule)
    version, newest = current(versions, document.pinned_version_id, rule), latest(versions, rule)
    told = {v.id: (v.held_from, v.held_until) for v in versions if v.held_from is not None}
    if version is None or newest is None:  # withdrawn, or it never had any
        served = document.current_version_id is not None
        label = document.label
        return Flip(key, None, label, label, spans, ()) if label is not None and (served or told != spans) else None
    now = _shelved(read, target, target.collection.current, key, [version.id], frozenset())
    earlier = [v.id for v in versions if v.id in spans and v.id != version.id]
    past = _shelved(read, target, target.collection.history, key, earlier, {c.chunk_id for c in now.chunks})
    flip = Flip(key, version.id, newest.label, document.indexed_label, spans, (now, past))
    replaced = len({v.arrival for v in versions}) < len(versions)
    served = document.current_version_id == version.id and not document.retired
    return None if served and not flip.missing and not replaced and told == spans else flip


def _shelved(
    read: ReadSession,
    target: Target,
    shelf: Shelf,
    key: DocumentKey,
    versions: Iterable[VersionId],
    without: Collection[ChunkId],
) -> Shelved:
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


def _write(target: Target, shelf: Shelf, points: Sequence[IndexedChunk]) -> None:
    for start in range(0, len(points), UPSERT_POINTS):
        target.index.upsert(shelf.name, points[start : start + UPSERT_POINTS])
    if points:
        target.index.flush(shelf.name)


def _flip_all(write: WriteSession, target: Target, flips: Sequence[Flip]) -> dict[Shelf, list[ChunkId]]:
    for flip in flips:
        note_held(write, flip.key, flip.spans)
        if flip.version_id is None:
            retire(write, flip.key)
        else:
            make_current(write, flip.key, flip.version_id, flip.label)
        drop_replaced(write, flip.key)
    return _settle_ledger(write, target, [flip.key for flip in flips])


def _settle_ledger(write: WriteSession, target: Target, documents: Iterable[DocumentKey]) -> dict[Shelf, list[ChunkId]]:
    """The ledger follows the catalog; what is left must go from the index."""
    keys = list(documents)
    return {s: [chunk for key in keys for chunk in note_live(write, s, key)] for s in target.collection.shelves}


def _delete(target: Target, doomed: Mapping[Shelf, Sequence[ChunkId]]) -> None:
    """Out of the index, then out of the ledger: in this order, a crash in between only repeats the first."""
    for shelf, chunks in doomed.items():
        if not chunks:
            continue
        target.index.delete(shelf.name, target.tenant_id, chunks)
        target.index.flush(shelf.name)
        with transaction(target.catalog) as write:
            note_deleted(write, target.tenant_id, shelf.id, chunks)
