"""Catalog, ledger and index held against each other both ways, and mended: the catalog is right, the index follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from catalog.collections import Shelf, live_collection
from catalog.documents import read_document
from catalog.ids import ChunkId, DocumentKey, SourceId
from catalog.ledger import KnownPoint, known_points, note_lost, note_unserved
from catalog.session import WriteSession, reading, transaction
from catalog.sources import list_sources
from catalog.tenants import bump_corpus, find_tenant
from index.errors import CollectionMissing
from index.point import StoredPoint
from ingest.lease import lease, owner_name, release
from ingest.publish import publish, relabel, sweep
from ingest.run import Tools
from ingest.shelve import Target, check_embedder


@dataclass(frozen=True, slots=True)
class Differences:
    """What the catalog and a shelf of the index do not agree on.

    `missing`: wanted there, but not live in the ledger or not in the index. `extra`: in the index, and nobody knows it.
    `mislabelled`: points that carry another label or document than we believe. `unfinished`: known to the ledger and wanted by
    nothing.
    """

    missing: Mapping[ChunkId, KnownPoint]
    extra: frozenset[ChunkId]
    mislabelled: Mapping[ChunkId, KnownPoint]
    unfinished: Mapping[ChunkId, KnownPoint]

    def of(self, source_id: SourceId) -> Differences:
        """Those of one source's documents; what nobody knows belongs to none."""
        return Differences(
            missing={id_: p for id_, p in self.missing.items() if p.source_id == source_id},
            extra=frozenset(),
            mislabelled={id_: p for id_, p in self.mislabelled.items() if p.source_id == source_id},
            unfinished={id_: p for id_, p in self.unfinished.items() if p.source_id == source_id},
        )

    def as_json(self) -> dict[str, int]:
        return {
            "missing": len(self.missing),
            "extra": len(self.extra),
            "mislabelled": len(self.mislabelled),
            "unfinished": len(self.unfinished),
        }


def run(tools: Tools, tenant: str, run_id: str, *, repair: bool) -> tuple[dict[str, int], int | None]:
    """Verify a tenant, and mend it if `repair` says so: what differed, and how many texts were embedded (None: nothing done)."""
    with reading(tools.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        collection = live_collection(read)
        sources = {row.id: row.name for row in list_sources(read, tenant_id)}
    check_embedder(collection, tools.embedder)
    target = Target(tools.catalog, tools.index, collection, tools.embedder, tenant_id, SourceId(0))
    found = verify(target)
    counts = Counter[str]()
    for differences in found.values():
        counts.update(differences.as_json())
    return dict(counts), mend(target, found, sources, run_id) if repair and any(counts.values()) else None


def verify(target: Target) -> dict[Shelf, Differences]:
    """Compare each shelf. The catalog is read before and after the index: what a run changes meanwhile is no difference."""
    found = {}
    for shelf in target.collection.shelves:
        before = _known(target, shelf)
        try:
            points = {p.chunk_id: p for p in target.index.scan(shelf.name, target.tenant_id)}
        except CollectionMissing:
            points = {}
        found[shelf] = differences(before, points, _known(target, shelf))
    return found


def differences(
    before: Mapping[ChunkId, KnownPoint], points: Mapping[ChunkId, StoredPoint], after: Mapping[ChunkId, KnownPoint]
) -> Differences:
    """What differs between the index and a catalog that said the same before and after the index was read."""
    steady = {id_: known for id_, known in after.items() if before.get(id_) == known}
    served = {id_: known for id_, known in steady.items() if known.served}
    return Differences(
        missing={id_: known for id_, known in served.items() if known.state != "live" or id_ not in points},
        extra=frozenset(points.keys() - before.keys() - after.keys()),
        mislabelled={id_: known for id_, known in served.items() if id_ in points and _disagree(points[id_], known)},
        unfinished={id_: known for id_, known in steady.items() if not known.served},
    )


def _disagree(point: StoredPoint, known: KnownPoint) -> bool:
    return (point.label, point.document_id) != (known.label, known.document_id)


def mend(target: Target, found: Mapping[Shelf, Differences], sources: Mapping[SourceId, str], run: str) -> int:
    """Make the index what the catalog says, a source at a time under its lease. Returns how many texts went through the model.

    Raises `SourceBusy` while a run is writing a source. It can be repeated, and finished by another call.
    """
    for shelf, here in found.items():
        target.index.ensure(shelf.name, target.collection.dimensions)
        if here.extra:
            target.index.delete(shelf.name, target.tenant_id, sorted(here.extra))
    touched = {p.source_id for d in found.values() for kind in (d.missing, d.mislabelled, d.unfinished) for p in kind.values()}
    embedded = sum(_repair_source(replace(target, source_id=source), found, sources[source], run) for source in sorted(touched))
    for shelf in found:
        target.index.flush(shelf.name)
    with transaction(target.catalog) as write:
        bump_corpus(write, target.tenant_id)  # answers from before may lack what was missing
    return embedded


def _repair_source(target: Target, found: Mapping[Shelf, Differences], name: str, run: str) -> int:
    owner = owner_name(run)
    mine = {shelf: here.of(target.source_id) for shelf, here in found.items()}

    def hold(write: WriteSession) -> None:
        lease(write, target.tenant_id, target.source_id, owner, name)

    with transaction(target.catalog) as write:
        hold(write)
        for shelf, here in mine.items():
            note_lost(write, target.tenant_id, shelf.id, here.missing)
            note_unserved(write, target.tenant_id, shelf.id, here.unfinished)
    try:
        lost = [point for here in mine.values() for point in here.missing.values()]
        embedded = publish(target, _keys(target, lost), hold, lambda _: None).embedded
        for shelf, here in mine.items():
            for key in _keys(target, here.mislabelled.values()):
                with reading(target.catalog) as read:
                    label = read_document(read, key).indexed_label
                if label is not None:
                    target.index.set_label(shelf.name, key.tenant_id, [key.document_id], label)
        relabel(target)
        sweep(target)
    finally:
        with transaction(target.catalog) as write:
            release(write, target.tenant_id, target.source_id, owner)
    return embedded


def _keys(target: Target, points: Iterable[KnownPoint]) -> list[DocumentKey]:
    return [DocumentKey(target.tenant_id, document) for document in sorted({point.document_id for point in points})]


def _known(target: Target, shelf: Shelf) -> dict[ChunkId, KnownPoint]:
    with reading(target.catalog) as read:
        return known_points(read, target.tenant_id, shelf)
