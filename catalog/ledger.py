"""Which points the index should hold.

A point goes `writing -> live -> deleting -> gone`. `writing` is noted before the index is written and `deleting` before it is
deleted from, so that whatever dies in between, the next run knows every point that may exist (law 6). What the catalog wants on a
shelf is never stored: the current shelf holds the chunks of versions that are served, the past one those that earlier versions
alone are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, delete, exists, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import Update

from catalog.collections import Shelf
from catalog.ids import ChunkId, CollectionId, DocumentId, DocumentKey, SourceId, TenantId
from catalog.insert import BATCH as BATCH
from catalog.insert import batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Chunk, Document, LedgerEntry, Version, VersionChunk
from catalog.tenants import bump_corpus


def note_writing(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are about to be written. One that is live stays live; one that was to go stays."""
    for batch in batches(chunk_ids):
        insert_ignore(
            session,
            LedgerEntry,
            ({"collection_id": collection_id, "chunk_id": c, "tenant_id": tenant_id, "state": "writing"} for c in batch),
        )
        session.sql.execute(_entries(tenant_id, collection_id, batch, state="deleting").values(state="writing"))


def note_live(session: WriteSession, shelf: Shelf, key: DocumentKey) -> list[ChunkId]:
    """The ledger's half of the flip: exactly what the catalog now wants of the document on `shelf` is live.

    Returns the points that must go.
    """
    asked = {"tenant": key.tenant_id, "shelf": shelf.id, "document": key.document_id}
    rows = session.sql.execute(_entries_of_document(shelf.past), asked).all()
    for state, serves in (("live", True), ("deleting", False)):
        for batch in batches(ChunkId(r.chunk_id) for r in rows if r.wanted == serves and r.state != state):
            session.sql.execute(
                update(LedgerEntry)
                .where(
                    LedgerEntry.tenant_id == key.tenant_id,
                    LedgerEntry.collection_id == shelf.id,
                    LedgerEntry.chunk_id.in_(batch),
                )
                .values(state=state)
                .execution_options(synchronize_session=False)
            )
    return [ChunkId(r.chunk_id) for r in rows if not r.wanted]


@cache
def _entries_of_document(past: bool) -> Select[UUID, str, bool]:
    """Built once: each document of a run asks it of each shelf, and building it costs fifty times its answer."""
    tenant: BindParameter[Any] = bindparam("tenant")
    wanted = _wanted(past, tenant, LedgerEntry.chunk_id).label("wanted")
    chunks = select(Chunk.id).where(Chunk.tenant_id == tenant, Chunk.document_id == bindparam("document"))
    return select(LedgerEntry.chunk_id, LedgerEntry.state, wanted).where(
        LedgerEntry.tenant_id == tenant,
        LedgerEntry.collection_id == bindparam("shelf"),
        LedgerEntry.chunk_id.in_(chunks),  # EXISTS would make SQLite ask every entry of the shelf
    )


def to_delete(session: ReadSession, tenant_id: TenantId, source_id: SourceId, shelf: Shelf) -> list[ChunkId]:
    """Points of a source's documents that must go: what a flip left behind, and what was written and never flipped.

    A point that is wanted on the shelf is none of them, whatever its state: it wants writing again (`verify` tells of it).
    """
    rows = session.sql.scalars(
        select(LedgerEntry.chunk_id)
        .join(Chunk, Chunk.id == LedgerEntry.chunk_id)
        .join(Document, Document.id == Chunk.document_id)
        .where(
            LedgerEntry.tenant_id == tenant_id,
            LedgerEntry.collection_id == shelf.id,
            LedgerEntry.state.in_(("deleting", "writing")),
            Document.tenant_id == tenant_id,
            Document.source_id == source_id,
            ~_wanted(shelf.past, tenant_id, LedgerEntry.chunk_id),
        )
    )
    return [ChunkId(c) for c in rows]


def _wanted(past: bool, tenant_id: TenantId | BindParameter[Any], chunk_id: Any) -> ColumnElement[bool]:
    """Whether the catalog wants the chunk on the current shelf, or on the past one."""
    holder, version, placed = aliased(Document), aliased(Version), aliased(VersionChunk)
    mine = (  # by way of the version, though the document names it too: nothing leads from there to the document
        placed.chunk_id == chunk_id,
        placed.tenant_id == tenant_id,
        version.tenant_id == tenant_id,
        version.id == placed.version_id,
        holder.tenant_id == tenant_id,
        holder.id == version.document_id,
    )
    served = exists().where(*mine, holder.current_version_id == version.id)
    if not past:
        return served
    held = exists().where(
        *mine,
        version.held_from.is_not(None),
        holder.retired_at.is_(None),
        version.id.is_distinct_from(holder.current_version_id),
    )
    return held & ~served


def note_deleted(session: WriteSession, tenant_id: TenantId, collection_id: CollectionId, chunk_ids: Iterable[ChunkId]) -> None:
    """These points are gone from the index. One that a later run made live again meanwhile is left alone.

    Words are weighed by the points that are there, so answers from before may have another order: they are stale.
    """
    for batch in batches(chunk_ids):
        session.sql.execute(
            delete(LedgerEntry).where(
                LedgerEntry.tenant_id == tenant_id,
                LedgerEntry.collection_id == collection_id,
                LedgerEntry.chunk_id.in_(batch),
                LedgerEntry.state != "live",
            )
        )
    bump_corpus(session, tenant_id)


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
    """A point that the catalog wants (`served`), the ledger knows, or both. `state` None: the ledger has no word of it."""

    document_id: DocumentId
    source_id: SourceId
    label: int | None  # that its document's points carry, as we believe
    served: bool
    state: str | None


def known_points(session: ReadSession, tenant_id: TenantId, shelf: Shelf) -> dict[ChunkId, KnownPoint]:
    """Every point of the tenant that the catalog wants on the shelf, and every one that the ledger knows there."""
    columns = (Chunk.id, Chunk.document_id, Document.source_id, Document.indexed_label)
    served = session.sql.execute(
        select(*columns)
        .join(Document, Document.id == Chunk.document_id)
        .where(Chunk.tenant_id == tenant_id, Document.tenant_id == tenant_id, _wanted(shelf.past, tenant_id, Chunk.id))
    ).all()
    ledger = session.sql.execute(
        select(*columns, LedgerEntry.state)
        .join(Document, Document.id == Chunk.document_id)
        .join(LedgerEntry, LedgerEntry.chunk_id == Chunk.id)
        .where(LedgerEntry.tenant_id == tenant_id, LedgerEntry.collection_id == shelf.id)
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
