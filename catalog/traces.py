"""What the catalog knows of documents that are to be erased: ids, hashes and paths, to find them by in every store. No text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from catalog.ids import ChunkId, DocumentId, DocumentKey, SourceId, TenantId, VersionId
from catalog.insert import batches
from catalog.session import ReadSession
from catalog.tables import Chunk, Collection, Document, File, Source, Version, VersionChunk

INSIDE = "!/"


@dataclass(frozen=True, slots=True)
class Traces:
    """`documents`: those of which nothing stays, by name. `versions`: of those, and earlier ones of documents that stay.

    `chunks` are in no version that stays, `text_hashes` are theirs (other documents may hold the same texts), `hashes` those of
    the versions' texts and files; `paths`: the files that became these versions, and no others.
    """

    tenant_id: TenantId
    source_id: SourceId
    names: tuple[str, ...]
    documents: Mapping[DocumentId, str]
    versions: tuple[VersionId, ...]
    chunks: tuple[ChunkId, ...]
    text_hashes: frozenset[str]
    hashes: frozenset[str]
    paths: frozenset[str]
    places: frozenset[str]  # the same files, as the source's own folder or URL says where they are

    @property
    def keys(self) -> list[DocumentKey]:
        return [DocumentKey(self.tenant_id, document) for document in self.documents]


@dataclass(frozen=True, slots=True)
class Extent:
    """A document by name, and up to which time its versions go; None: all of it."""

    name: str
    until: datetime | None = None


def find_traces(session: ReadSession, tenant_id: TenantId, source_id: SourceId, extents: Iterable[Extent]) -> Traces:
    """All traces of these documents of a source. What lies inside a document goes with it; unknown names leave none.

    An earlier version goes when it is not newer than its extent and neither served, pinned nor the latest. A document all of
    whose versions would go (then its latest, too) goes whole.
    """
    extents = list(extents)
    whole: dict[DocumentId, str] = {}
    versions: set[VersionId] = set()
    for extent in extents:
        stays = False
        for id_, name in _with_inside(session, tenant_id, source_id, extent.name).items():
            ends = _ending(session, tenant_id, id_, extent.until, whole=not stays)
            stays = stays or (ends is not None and name == extent.name)
            if ends is None:
                whole[id_] = name
            else:
                versions |= ends
    versions |= {VersionId(v) for v in _all(session, Version.id, Version.tenant_id == tenant_id, Version.document_id, whole)}
    chunks = _chunks(session, tenant_id, whole, versions)
    of_versions = [(Version.text_hash, Version.id), (Version.content_hash, Version.id), (File.content_hash, File.version_id)]
    hashes = {h for column, by in of_versions for h in _all(session, column, _tenant(column, tenant_id), by, versions)}
    paths = set(_all(session, File.path, File.tenant_id == tenant_id, File.version_id, versions))
    paths |= set(_all(session, File.path, File.tenant_id == tenant_id, File.document_id, whole))
    paths |= set(_all(session, Version.path, Version.tenant_id == tenant_id, Version.document_id, whole))
    for name in {extent.name for extent in extents} - set(whole.values()):
        paths |= {path for _, path in _without_document(session, tenant_id, source_id, name) if path is not None}
    root = session.sql.scalar(select(Source.root).where(Source.tenant_id == tenant_id, Source.id == source_id))
    places = {f"{root}/{path}" for path in paths if root} | ({root} if root and root.rpartition("/")[2] in paths else set())
    return Traces(
        tenant_id,
        source_id,
        tuple(extent.name for extent in extents),
        whole,
        tuple(sorted(versions)),
        tuple(chunks),
        frozenset(chunks.values()),
        frozenset(h for h in hashes if h),
        frozenset(paths),
        frozenset(places),
    )


def find_refused(session: ReadSession, tenant_id: TenantId, name: str) -> SourceId | None:
    """The source of a file that never became a document: it is known by the name that it would have got without a manifest."""
    for source, path in _without_document(session, tenant_id, None, name):
        if path is not None:
            return source
    return None


def all_collections(session: ReadSession) -> list[str]:
    """Every searchable copy that there is, live or not."""
    return list(session.sql.scalars(select(Collection.name).order_by(Collection.id)))


def _without_document(
    session: ReadSession, tenant_id: TenantId, source_id: SourceId | None, name: str
) -> Iterator[tuple[SourceId, str | None]]:
    """For each source (or this one) that could have given a document this name, the file's path if it is known and refused."""
    sources = session.sql.execute(select(Source.id, Source.name).where(Source.tenant_id == tenant_id)).all()
    for source in sources:
        path = name.removeprefix(f"{source.name}/")
        if path != name and source_id in (None, source.id):
            mine = (File.tenant_id == tenant_id, File.source_id == source.id, File.document_id.is_(None), File.path == path)
            yield SourceId(source.id), session.sql.scalar(select(File.path).where(*mine))


def _with_inside(session: ReadSession, tenant_id: TenantId, source_id: SourceId, name: str) -> dict[DocumentId, str]:
    """The document, and after it those of the files inside its files."""
    mine = (Document.tenant_id == tenant_id, Document.source_id == source_id)
    own = session.sql.execute(select(Document.id, Document.name).where(*mine, Document.name == name)).all()
    called = Document.name.startswith(name + INSIDE, autoescape=True)
    inside = session.sql.execute(select(Document.id, Document.name).where(*mine, called)).all()
    paths = _all(session, File.path, File.tenant_id == tenant_id, File.document_id, [r.id for r in own])
    came = _all(session, File.document_id, (File.tenant_id == tenant_id) & (File.source_id == source_id), File.parent, paths)
    held = _all(session, Document.id, Document.tenant_id == tenant_id, Document.id, [id_ for id_ in came if id_ is not None])
    names = {DocumentId(r.id): r.name for r in (*own, *inside)}
    for id_ in held:
        if DocumentId(id_) not in names:
            names[DocumentId(id_)] = session.sql.scalars(
                select(Document.name).where(Document.tenant_id == tenant_id, Document.id == id_)
            ).one()
    return names


def _ending(
    session: ReadSession, tenant_id: TenantId, document: DocumentId, until: datetime | None, *, whole: bool
) -> set[VersionId] | None:
    """The versions that end with this extent; None: the whole document does, if it may (its container does too)."""
    if until is None:
        return None
    columns = (Version.id, Version.modified_at, Version.held_from, Version.held_until)
    rows = session.sql.execute(
        select(*columns, Document.current_version_id, Document.pinned_version_id)
        .join(Document, Document.id == Version.document_id)
        .where(Version.tenant_id == tenant_id, Document.tenant_id == tenant_id, Document.id == document)
    ).all()
    old = [row for row in rows if row.modified_at <= until]
    if whole and len(old) == len(rows):
        return None
    if not rows:
        return set()
    stays = {rows[0].current_version_id, rows[0].pinned_version_id}
    latest = {row.id for row in rows if row.held_from is not None and row.held_until is None}
    return {VersionId(row.id) for row in old if row.id not in stays | latest}


def _chunks(
    session: ReadSession, tenant_id: TenantId, documents: Iterable[DocumentId], versions: set[VersionId]
) -> dict[ChunkId, str]:
    """Chunk to text hash: those of whole documents, and those that only these versions hold."""
    found: dict[ChunkId, str] = {}
    for batch in batches(documents):
        of_these = (Chunk.tenant_id == tenant_id, Chunk.document_id.in_(batch))
        found |= {ChunkId(r.id): r.text_hash for r in session.sql.execute(select(Chunk.id, Chunk.text_hash).where(*of_these))}
    placed = set(_all(session, VersionChunk.chunk_id, VersionChunk.tenant_id == tenant_id, VersionChunk.version_id, versions))
    for batch in batches(placed - found.keys()):
        mine = (VersionChunk.tenant_id == tenant_id, VersionChunk.chunk_id.in_(batch))
        holders = session.sql.execute(select(VersionChunk.chunk_id, VersionChunk.version_id).where(*mine)).all()
        kept = {r.chunk_id for r in holders if r.version_id not in versions}
        texts = session.sql.execute(select(Chunk.id, Chunk.text_hash).where(Chunk.tenant_id == tenant_id, Chunk.id.in_(batch)))
        found |= {ChunkId(r.id): r.text_hash for r in texts if r.id not in kept}
    return found


def _all(
    session: ReadSession,
    column: InstrumentedAttribute[Any],
    mine: ColumnElement[bool],
    by: InstrumentedAttribute[Any],
    values: Iterable[Any],
) -> Iterator[Any]:
    for batch in batches(sorted(values)):
        yield from session.sql.scalars(select(column).where(mine, by.in_(batch)))


def _tenant(column: InstrumentedAttribute[Any], tenant_id: TenantId) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.class_.tenant_id == tenant_id
    return condition
