"""Write new, flip, then delete (law 6). All of it is read from the catalog, so that any run can finish another's work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.collections import Shelf
from catalog.documents import lagging_labels, make_current, note_indexed_label, read_document, retire
from catalog.ids import ChunkId, DocumentKey, Label, VersionId
from catalog.ledger import note_deleted, note_live, to_delete
from catalog.session import ReadSession, WriteSession, reading, transaction
from catalog.sources import StatusRule, status_rule
from catalog.vault import hold_vault
from catalog.versions import Span, drop_replaced, note_held, versions_of
from ingest.report import ChunkCounts
from ingest.resolve import current, held, latest
from ingest.shelve import Holding, Target, shelve, write_missing


@dataclass(frozen=True, slots=True)
class Flip:
    """A document whose current version, or whose past, is not what is served yet. Without a version it is withdrawn."""

    version_id: VersionId | None
    indexed_label: Label | None
    spans: dict[VersionId, Span]
    holding: Holding


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
    holdings = [flip.holding for flip in flips]
    embedded = write_missing(target, holdings, in_transaction)
    for flip in flips:
        if flip.indexed_label != flip.holding.label:
            for shelved in flip.holding.shelves:
                if shelved.live:
                    key = flip.holding.key
                    target.index.set_label(shelved.shelf.name, key.tenant_id, [key.document_id], flip.holding.label)
                    target.index.flush(shelved.shelf.name)
    with transaction(target.catalog) as write:
        in_transaction(write)
        doomed = _flip_all(write, target, flips)
        with_flip(write)
    _delete(target, doomed)
    written = sum(len(holding.missing) for holding in holdings)
    kept = sum(len(shelved.chunks) for holding in holdings for shelved in holding.shelves) - written
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
    """Bring the labels in the index up to the catalog's: one payload write a label. Returns how many documents."""
    with reading(target.catalog) as read:
        lagging = lagging_labels(read, target.tenant_id, target.source_id)
    for shelf in target.collection.shelves if lagging else ():
        for label, documents in lagging.items():
            target.index.set_label(shelf.name, target.tenant_id, documents, label)
        target.index.flush(shelf.name)
    if lagging:
        with transaction(target.catalog) as write:
            for label, documents in lagging.items():
                note_indexed_label(write, target.tenant_id, documents, label)
    return sum(map(len, lagging.values()))


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
        return Flip(None, label, spans, Holding(key, label, ())) if label is not None and (served or told != spans) else None
    now = shelve(read, target, target.collection.current, key, [version.id])
    earlier = [v.id for v in versions if v.id in spans and v.id != version.id]
    past = shelve(read, target, target.collection.history, key, earlier, {c.chunk_id for c in now.chunks})
    flip = Flip(version.id, document.indexed_label, spans, Holding(key, document.set_label or newest.label, (now, past)))
    replaced = len({v.arrival for v in versions}) < len(versions)
    served = document.current_version_id == version.id and not document.retired
    return None if served and not flip.holding.missing and not replaced and told == spans else flip


def _flip_all(write: WriteSession, target: Target, flips: Sequence[Flip]) -> dict[Shelf, list[ChunkId]]:
    hold_vault(write, target.tenant_id)
    for flip in flips:
        key = flip.holding.key
        note_held(write, key, flip.spans)
        if flip.version_id is None:
            retire(write, key)
        else:
            make_current(write, key, flip.version_id, flip.holding.label)
        drop_replaced(write, key)
    return _settle_ledger(write, target, [flip.holding.key for flip in flips])


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
