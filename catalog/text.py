"""The redacted text of chunks: written before the index is, read only for chunks that the recheck confirms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import BindParameter, Select, bindparam, func, select

from catalog.ids import ChunkId, DocumentId, DocumentKey, Label, TenantId, VersionId
from catalog.insert import BATCH, batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Chunk, ChunkText, Document, Source, Version, VersionChunk
from catalog.version_access import own_list
from catalog.versions import NOW, When

Part = Literal["chunks", "document", "stretch"]

TEXTS_LOCK = 0x74657874 << 32  # "text", any number that all processes agree on


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a version, with the document's label and the version's own: whoever reads it must hold both (law 10)."""

    chunk_id: ChunkId
    key: DocumentKey
    document_name: str
    label: Label
    version_access: Label
    version_id: VersionId
    arrival: int  # the version's own number, whatever pipeline made it
    current: bool
    version_label: str
    modified_at: datetime
    title: str
    source: str
    custom: Mapping[str, Any]
    position: int
    char_start: int
    char_end: int
    tokens: int
    pages: tuple[int, ...]
    headings: tuple[str, ...]
    text_hash: str
    text: str
    media_type: str = ""


def store_texts(session: WriteSession, tenant_id: TenantId, texts: Mapping[str, str]) -> None:
    """Keep these texts (by their hash) for the tenant; one that is there already stays."""
    hold_texts(session, tenant_id)
    insert_ignore(session, ChunkText, ({"tenant_id": tenant_id, "text_hash": h, "text": t} for h, t in texts.items()))


def unknown_texts(session: ReadSession, tenant_id: TenantId, text_hashes: Iterable[str]) -> frozenset[str]:
    """Those that the tenant holds no text of."""
    asked = frozenset(text_hashes)
    known: set[str] = set()
    for batch in batches(asked):
        mine = (ChunkText.tenant_id == tenant_id, ChunkText.text_hash.in_(batch))
        known.update(session.sql.scalars(select(ChunkText.text_hash).where(*mine)))
    return asked - known


def hold_texts(session: WriteSession, tenant_id: TenantId, *, alone: bool = False) -> None:
    """Until the transaction ends no text of the tenant is erased; `alone`: none is stored either. SQLite has one writer anyway.

    Else a text that is there already could be erased between finding it and storing the chunk that holds it from then on.
    """
    if session.dialect == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        session.sql.execute(select(lock(TEXTS_LOCK + tenant_id)))


def hold_chunks(session: WriteSession, tenant_id: TenantId, chunk_ids: Iterable[ChunkId]) -> frozenset[ChunkId]:
    """Those of the chunks that are there: until the transaction ends none of them is erased.

    For whoever writes down the ids of what was found a moment ago: an erasure that came in between must find nothing afterwards.
    """
    hold_texts(session, tenant_id)
    there = (select(Chunk.id).where(Chunk.tenant_id == tenant_id, Chunk.id.in_(batch)) for batch in batches(chunk_ids))
    return frozenset(ChunkId(id_) for statement in there for id_ in session.sql.scalars(statement))


def current_chunks(session: ReadSession, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, StoredChunk]:
    """Those of `chunk_ids` that belong to the version that is served now. Retired, replaced, foreign: simply absent."""
    return held_chunks(session, tenant_id, chunk_ids, NOW, frozenset())


def held_chunks(
    session: ReadSession,
    tenant_id: TenantId,
    chunk_ids: Sequence[ChunkId],
    when: When,
    labels: Collection[Label],
    suits: Callable[[StoredChunk], bool] = lambda _: True,
) -> dict[ChunkId, StoredChunk]:
    """Those of `chunk_ids` that belong to a version that `when` means, of a document that is served now.

    Where several do, the latest whose own label is among `labels` and that `suits`, else the latest of those labels, else the
    latest.
    """

    def fits(chunk: StoredChunk) -> int:
        return 0 if chunk.version_access not in labels else 2 if suits(chunk) else 1

    found: dict[ChunkId, StoredChunk] = {}
    for start in range(0, len(chunk_ids), BATCH):
        these = list(chunk_ids[start : start + BATCH])
        for chunk in _stored(session, tenant_id, when, chunks=these):  # the latest comes first
            before = found.get(chunk.chunk_id)
            if before is None or fits(before) < fits(chunk):
                found[chunk.chunk_id] = chunk
    return found


def document_chunks(session: ReadSession, key: DocumentKey, when: When = NOW) -> list[StoredChunk]:
    """Every chunk of the version that `when` means, in reading order; empty when there was none, or the document is retired."""
    chunks = _stored(session, key.tenant_id, when, document=key.document_id)
    return sorted(chunks, key=lambda c: c.position)


def chunks_between(
    session: ReadSession, key: DocumentKey, version_id: VersionId, first: int, last: int, when: When
) -> list[StoredChunk]:
    """The chunks of that version from position `first` to `last`, both included; empty where `when` does not mean it."""
    chunks = _stored(session, key.tenant_id, when, document=key.document_id, version=version_id, first=first, last=last)
    return sorted(chunks, key=lambda c: c.position)


def _stored(
    session: ReadSession,
    tenant_id: TenantId,
    when: When,
    *,
    chunks: Sequence[ChunkId] = (),
    document: DocumentId | None = None,
    version: VersionId | None = None,
    first: int = 0,
    last: int = 0,
) -> Iterable[StoredChunk]:
    """Of `document`, of positions of its `version`, or those of `chunks`."""
    given: dict[str, object] = {"tenant": tenant_id, "at": when.at, "chunks": chunks, "document": document}
    given |= {"version": version, "first": first, "last": last}
    part: Part = "chunks" if document is None else "document" if version is None else "stretch"
    statement = _statement(when.past, when.every, when.at is not None, part)
    rows = session.plain.execute(statement, given)
    for r in rows:
        yield StoredChunk(
            chunk_id=ChunkId(r.id),
            key=DocumentKey(tenant_id, DocumentId(r.document_id)),
            document_name=r.name,
            label=Label(r.label),
            version_access=Label(r.version_access),
            version_id=VersionId(r.version_id),
            arrival=r.arrival,
            current=r.version_id == r.current_version_id,
            version_label=r.version_label,
            modified_at=r.modified_at,
            title=r.title,
            source=r.source,
            custom=r.custom,
            position=r.position,
            char_start=r.char_start,
            char_end=r.char_end,
            tokens=r.tokens,
            pages=tuple(r.pages),
            headings=tuple(r.headings),
            text_hash=r.text_hash,
            text=r.text[r.body_start :],
            media_type=r.media_type,
        )


@cache
def _statement(past: bool, every: bool, dated: bool, part: Part) -> Select[*tuple[Any, ...]]:
    """Built once: to build it costs more than to run it."""
    tenant: BindParameter[int] = bindparam("tenant")
    at: BindParameter[datetime] = bindparam("at")
    began = Version.held_from <= at if dated else Version.held_from.is_not(None)
    held = began if every else began & (Version.held_until.is_(None) | (Version.held_until > at))
    meant = held if past else Version.id == Document.current_version_id
    condition = Chunk.id.in_(bindparam("chunks", expanding=True)) if part == "chunks" else Document.id == bindparam("document")
    if part == "stretch":
        placed = VersionChunk.position.between(bindparam("first"), bindparam("last"))
        condition &= (Version.id == bindparam("version")) & placed
    return (
        select(
            Chunk.id,
            Document.id.label("document_id"),
            Document.name,
            Document.label,
            Document.current_version_id,
            Version.id.label("version_id"),
            Version.arrival,
            own_list(Document, Version).label("version_access"),
            Version.version_label,
            Version.modified_at,
            Version.title,
            Version.media_type,
            Version.custom,
            Source.name.label("source"),
            VersionChunk.position,
            VersionChunk.char_start,
            VersionChunk.char_end,
            VersionChunk.body_start,
            VersionChunk.tokens,
            VersionChunk.pages,
            VersionChunk.headings,
            ChunkText.text_hash,
            ChunkText.text,
        )
        .join(Document, Document.id == Chunk.document_id)
        .join(Version, (Version.document_id == Document.id) & meant)
        .join(VersionChunk, (VersionChunk.version_id == Version.id) & (VersionChunk.chunk_id == Chunk.id))
        .join(Source, Source.id == Document.source_id)
        .join(ChunkText, (ChunkText.tenant_id == Chunk.tenant_id) & (ChunkText.text_hash == Chunk.text_hash))
        .where(
            Chunk.tenant_id == tenant,
            Document.tenant_id == tenant,
            Version.tenant_id == tenant,
            VersionChunk.tenant_id == tenant,
            Source.tenant_id == tenant,
            Document.retired_at.is_(None),
            Document.label.is_not(None),
            Document.current_version_id.is_not(None),
            condition,
        )
        .order_by(Version.held_from.desc(), Version.id.desc())
    )
