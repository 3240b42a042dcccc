"""Which chunk of which version is where, and which points the index should hold.

A point goes `writing -> live -> deleting -> gone`. `writing` is noted before the index is written and `deleting` before it is
deleted from, so that whatever dies in between, the next run knows every point that may exist (law 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, select, update
from sqlalchemy.sql.dml import Update

from catalog.errors import NoLiveCollection
from catalog.ids import ChunkId, CollectionId, DocumentId, DocumentKey, SourceId, TenantId, VersionId, utc_now
from catalog.insert import BATCH as BATCH
from catalog.insert import batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Chunk, ChunkText, Collection, Document, LedgerEntry, VersionChunk


@dataclass(frozen=True, slots=True)
class LiveCollection:
    """The searchable copy that serves, and the fingerprint and width of the embedder that made it."""

    id: CollectionId
    name: str
    embedder: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Placement:
    """A chunk in a version: half-open code-point offsets into the version's text, pages from 1, headings outermost first."""

    chunk_id: ChunkId
    text_hash: str
    nth: int
    position: int
    char_start: int
    char_end: int
    body_start: int
    tokens: int
    pages: tuple[int, ...]
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A chunk of a version with its text as it is embedded, heading prefix included."""

    chunk_id: ChunkId
    text_hash: str
    text: str


def live_collection(session: ReadSession) -> LiveCollection:
    """The collection that serves. Raises `NoLiveCollection` before anything was indexed."""
    row = session.sql.scalar(select(Collection).where(Collection.live))
    if row is None:
        raise NoLiveCollection
    return LiveCollection(CollectionId(row.id), row.name, row.embedder, row.dimensions)


def open_collection(session: WriteSession, embedder: str, dimensions: int) -> LiveCollection:
    """The live collection, made for this embedder if there is none yet."""
    try:
        return live_collection(session)
    except NoLiveCollection:
        name = f"chunks-{embedder[:12]}"
        row = {"name": name, "embedder": embedder, "dimensions": dimensions, "live": True, "created_at": utc_now()}
        insert_ignore(session, Collection, [row])
        return live_collection(session)


def place(session: WriteSession, key: DocumentKey, version_id: VersionId, placements: Sequence[Placement]) -> None:
    """Store which chunks the version is made of, replacing what was stored for it."""
    session.sql.execute(
        delete(VersionChunk).where(VersionChunk.tenant_id == key.tenant_id, VersionChunk.version_id == version_id)
    )
    insert_ignore(
        session,
        Chunk,
        (
            {"id": p.chunk_id, "tenant_id": key.tenant_id, "document_id": key.document_id,
             "text_hash": p.text_hash, "nth": p.nth}
            for p in placements
        ),
    )  # fmt: skip
    insert_ignore(
        session,
        VersionChunk,
        (
            {"version_id": version_id, "position": p.position, "chunk_id": p.chunk_id, "tenant_id": key.tenant_id,
             "char_start": p.char_start, "char_end": p.char_end, "body_start": p.body_start, "tokens": p.tokens,
             "pages": list(p.pages), "headings": list(p.headings)}
            for p in placements
        ),
    )  # fmt: skip


def placed_texts(session: ReadSession, key: DocumentKey, version_id: VersionId) -> list[PlacedText]:
    """The chunks that a version is made of, in reading order, with the texts that are embedded."""
    rows = session.sql.execute(
        select(VersionChunk.chunk_id, Chunk.text_hash, ChunkText.text)
        .join(Chunk, Chunk.id == VersionChunk.chunk_id)
        .join(ChunkText, (ChunkText.tenant_id == Chunk.tenant_id) & (ChunkText.text_hash == Chunk.text_hash))
        .where(
            VersionChunk.tenant_id == key.tenant_id,
            VersionChunk.version_id == version_id,
            Chunk.tenant_id == key.tenant_id,
            Chunk.document_id == key.document_id,
        )
        .order_by(VersionChunk.position)
    )
    return [PlacedText(ChunkId(r.chunk_id), r.text_hash, r.text) for r in rows]


def note_writing(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are about to be written. One that is live stays live; one that was to go stays."""
    for batch in batches(chunk_ids):
        insert_ignore(
            session,
            LedgerEntry,
            ({"collection_id": collection_id, "chunk_id": c, "tenant_id": tenant_id, "state": "writing"} for c in batch),
        )
        session.sql.execute(_entries(tenant_id, collection_id, batch, state="deleting").values(state="writing"))


def note_live(
    session: WriteSession, collection_id: CollectionId, key: DocumentKey, version_id: VersionId | None
) -> list[ChunkId]:
    """The ledger's half of the flip: exactly the chunks of `version_id` (none if None) are live. Returns those that must go."""
    of_version = exists().where(
        VersionChunk.chunk_id == LedgerEntry.chunk_id,
        VersionChunk.version_id == version_id,
        VersionChunk.tenant_id == key.tenant_id,
    )
    of_document = exists().where(
        Chunk.id == LedgerEntry.chunk_id, Chunk.tenant_id == key.tenant_id, Chunk.document_id == key.document_id
    )
    mine = (LedgerEntry.tenant_id == key.tenant_id, LedgerEntry.collection_id == collection_id, of_document)
    session.sql.execute(
        update(LedgerEntry).where(*mine, of_version).values(state="live").execution_options(synchronize_session=False)
    )
    session.sql.execute(
        update(LedgerEntry).where(*mine, ~of_version).values(state="deleting").execution_options(synchronize_session=False)
    )
    return [ChunkId(c) for c in session.sql.scalars(select(LedgerEntry.chunk_id).where(*mine, ~of_version))]


def to_delete(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> list[ChunkId]:
    """Points of a source's documents that must go: what a flip left behind, and what was written and never flipped.

    A point that a served version holds is none of them, whatever its state: it wants writing again (`verify` tells of it).
    """
    served = exists().where(
        VersionChunk.chunk_id == LedgerEntry.chunk_id,
        VersionChunk.version_id == Document.current_version_id,
        VersionChunk.tenant_id == tenant_id,
    )
    rows = session.sql.scalars(
        select(LedgerEntry.chunk_id)
        .join(Chunk, Chunk.id == LedgerEntry.chunk_id)
        .join(Document, Document.id == Chunk.document_id)
        .where(
            LedgerEntry.tenant_id == tenant_id,
            LedgerEntry.state.in_(("deleting", "writing")),
            Document.tenant_id == tenant_id,
            Document.source_id == source_id,
            ~served,
        )
    )
    return [ChunkId(c) for c in rows]


def note_deleted(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are gone from the index. One that a later run made live again meanwhile is left alone."""
    for batch in batches(chunk_ids):
        session.sql.execute(
            delete(LedgerEntry).where(
                LedgerEntry.tenant_id == tenant_id,
                LedgerEntry.collection_id == collection_id,
                LedgerEntry.chunk_id.in_(batch),
                LedgerEntry.state != "live",
            )
        )


def live_chunks(
    session: ReadSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]
) -> set[ChunkId]:
    """Those of `chunk_ids` whose points are live: their vectors need no new writing."""
    found: set[ChunkId] = set()
    for batch in batches(chunk_ids):
        rows = session.sql.scalars(
            select(LedgerEntry.chunk_id).where(
                LedgerEntry.tenant_id == tenant_id,
                LedgerEntry.collection_id == collection_id,
                LedgerEntry.state == "live",
                LedgerEntry.chunk_id.in_(batch),
            )
        )
        found.update(ChunkId(c) for c in rows)
    return found


def chunks_with_text(
    session: ReadSession, tenant_id: TenantId, collection_id: CollectionId, text_hashes: Iterable[str]
) -> dict[str, ChunkId]:
    """For each text that some live point of the tenant already holds, one such point: its vector can be copied."""
    found: dict[str, ChunkId] = {}
    for batch in batches(text_hashes):
        rows = session.sql.execute(
            select(Chunk.text_hash, Chunk.id)
            .join(LedgerEntry, LedgerEntry.chunk_id == Chunk.id)
            .where(
                Chunk.tenant_id == tenant_id,
                Chunk.text_hash.in_(batch),
                LedgerEntry.tenant_id == tenant_id,
                LedgerEntry.collection_id == collection_id,
                LedgerEntry.state == "live",
            )
        )
        for row in rows:
            found.setdefault(row.text_hash, ChunkId(row.id))
    return found


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """A point that the catalog serves, the ledger knows, or both. `state` is None where the ledger has no word of it."""

    document_id: DocumentId
    source_id: SourceId
    label: int | None  # that its document's points carry, as we believe
    served: bool
    state: str | None


def known_points(session: ReadSession, tenant_id: TenantId, collection_id: CollectionId) -> dict[ChunkId, KnownPoint]:
    """Every point of the tenant that the current versions are made of, and every one that the ledger knows."""
    columns = (Chunk.id, Chunk.document_id, Document.source_id, Document.indexed_label)
    served = session.sql.execute(
        select(*columns)
        .join(Document, Document.id == Chunk.document_id)
        .join(VersionChunk, (VersionChunk.version_id == Document.current_version_id) & (VersionChunk.chunk_id == Chunk.id))
        .where(Chunk.tenant_id == tenant_id, Document.tenant_id == tenant_id, VersionChunk.tenant_id == tenant_id)
    ).all()
    ledger = session.sql.execute(
        select(*columns, LedgerEntry.state)
        .join(Document, Document.id == Chunk.document_id)
        .join(LedgerEntry, LedgerEntry.chunk_id == Chunk.id)
        .where(LedgerEntry.tenant_id == tenant_id, LedgerEntry.collection_id == collection_id)
    ).all()
    serves = {r.id for r in served}
    states = {r.id: r.state for r in ledger}
    return {
        ChunkId(r.id): KnownPoint(
            DocumentId(r.document_id), SourceId(r.source_id), r.indexed_label, r.id in serves, states.get(r.id)
        )
        for r in (*served, *ledger)
    }


def note_lost(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are live in the ledger and not in the index: until they are written again they are not live."""
    for batch in batches(chunk_ids):
        session.sql.execute(_entries(tenant_id, collection_id, batch, state="live").values(state="writing"))


def note_unserved(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are live in the ledger and no version that is served holds them: they must go."""
    for batch in batches(chunk_ids):
        session.sql.execute(_entries(tenant_id, collection_id, batch, state="live").values(state="deleting"))


def _entries(tenant_id: TenantId, collection_id: CollectionId, batch: Sequence[ChunkId], *, state: str) -> Update:
    return update(LedgerEntry).where(
        LedgerEntry.tenant_id == tenant_id,
        LedgerEntry.collection_id == collection_id,
        LedgerEntry.chunk_id.in_(batch),
        LedgerEntry.state == state,
    )
