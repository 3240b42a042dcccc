"""Which chunks a version is made of, and where they stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from catalog.ids import ChunkId, DocumentKey, VersionId
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Chunk, ChunkText, VersionChunk


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
