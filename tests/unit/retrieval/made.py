"""Values for the pure files' tests."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from acl.scope import ReadScope, scope_of_labels
from catalog.ids import ChunkId, DocumentId, DocumentKey, Label, PrincipalId, TenantId, VersionId, digest
from catalog.text import StoredChunk
from index.point import Hit
from retrieval.query import Passage

TENANT = TenantId(1)


def chunk_id(number: int) -> ChunkId:
    return ChunkId(UUID(int=number))


def stored(
    number: int = 1,
    *,
    tenant: int = 1,
    document: int = 1,
    label: int = 1,
    text: str = "text",
    name: str | None = None,
    source: str = "docs",
    headings: tuple[str, ...] = (),
    pages: tuple[int, ...] = (),
    title: str = "Title",
) -> StoredChunk:
    return StoredChunk(
        chunk_id=chunk_id(number),
        key=DocumentKey(TenantId(tenant), DocumentId(document)),
        document_name=name or f"d{document}",
        label=Label(label),
        version_access=Label(label),
        arrival=1,
        version_id=VersionId(1),
        current=True,
        version_label="1",
        modified_at=datetime(2024, 5, 1, tzinfo=UTC),
        title=title,
        source=source,
        custom={},
        position=number,
        char_start=0,
        char_end=len(text),
        tokens=1,
        pages=pages,
        headings=headings,
        text_hash=digest(text),
        text=text,
    )


def hit(number: int = 1, *, document: int = 1, label: int = 1, score: float = 1.0) -> Hit:
    return Hit(chunk_id(number), DocumentId(document), Label(label), score)


def scope(*labels: int, tenant: int = 1) -> ReadScope:
    return scope_of_labels(TenantId(tenant), PrincipalId(7), map(Label, labels), 1)


def passage(ref: int, text: str = "text", **more: object) -> Passage:
    return Passage(ref, stored(ref, text=text, **more), 1.0, ())  # type: ignore[arg-type]
