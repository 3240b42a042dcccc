"""A file's text into the catalog: version, chunks, texts. Nothing of it is served, and nothing of it is in the index, yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.documents import open_document
from catalog.ids import DocumentKey, Label, SourceId, TenantId, VersionId
from catalog.placements import Placement, place
from catalog.runs import FileState
from catalog.session import WriteSession
from catalog.text import store_texts
from catalog.versions import NewVersion, add_version, versions_of
from index.point import chunk_id
from index.sketch import signature
from ingest.documents import Chunk, RedactedDocument
from ingest.errors import Quarantine
from ingest.resolve import later
from ingest.seal import seal
from ingest.withhold import remedy, stands_over
from privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The stages that a version went through (see `ingest/stages.py`)."""

    reading: str
    cutting: str


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A file that became a version of a document."""

    key: DocumentKey
    version_id: VersionId
    text_hash: str
    chunks: int
    state: FileState


def absorb(
    write: WriteSession,
    tenant_id: TenantId,
    source_id: SourceId,
    document: RedactedDocument,
    chunks: tuple[Chunk, ...],
    label: Label,
    made_by: MadeBy,
    known: FileState | None,
    vault: Vault | None = None,
) -> Absorbed:
    """Store a document's version, and in the same transaction its originals, sealed; twice stores it once.

    Raises `Quarantine` when it was forgotten, another source owns it, or the vault refuses one of its values.
    """
    entry = document.source.entry
    row = open_document(write, tenant_id, source_id, entry.document)
    if row.source_id != source_id:
        raise Quarantine("conflict", f"the document {entry.document!r} belongs to another source; give it another name")
    modified_at = entry.modified_at if entry.dated else _undated(write, row.key, document, known)
    if (tombstone := stands_over(write, tenant_id, entry.document, modified_at)) is not None:
        raise Quarantine("forgotten", remedy(tombstone))
    version_id = keep(
        write,
        row.key,
        NewVersion(
            version_label=entry.version_label,
            modified_at=modified_at,
            content_hash=document.source.content_hash,
            text_hash=document.text_hash,
            fingerprint=made_by.reading,
            cutting=made_by.cutting,
            outline=tuple((e.kind, len(e.text), e.level, e.page) for e in document.elements),
            label=label,
            path=entry.path,
            media_type=document.source.media_type,
            title=document.title,
            custom=document.metadata,
            text=document.text,
            findings=document.findings,
            signature=signature(document.text),
            supersedes=entry.supersedes,
            stated_by=entry.access.stated_by,
        ),
        chunks,
    )
    seal(write, vault, tenant_id, version_id, document.originals)
    state = FileState(
        path=entry.path,
        document_id=row.key.document_id,
        version_id=version_id,
        size_bytes=entry.size_bytes,
        changed_mark=entry.changed_mark,
        content_hash=document.source.content_hash,
        line_hash=entry.line_hash,
        fingerprint=made_by.reading,
        reason=None,
        detail=None,
    )
    return Absorbed(row.key, version_id, document.text_hash, len(chunks), state)


def keep(write: WriteSession, key: DocumentKey, version: NewVersion, chunks: Sequence[Chunk]) -> VersionId:
    """Store a version with its chunks and their texts; twice stores it once."""
    version_id = add_version(write, key, version)
    store_texts(write, key.tenant_id, {chunk.text_hash: chunk.text for chunk in chunks})
    place(write, key, version_id, [_placement(key, position, chunk) for position, chunk in enumerate(chunks)])
    return version_id


def _undated(write: WriteSession, key: DocumentKey, document: RedactedDocument, known: FileState | None) -> datetime:
    """The time of a file that no manifest dates: not before that of the content which stood at the same path."""
    entry = document.source.entry
    before = [v for v in versions_of(write, key) if v.path == entry.path]
    same = [v for v in before if known is not None and v.id == known.version_id]
    if same and same[0].content_hash == document.source.content_hash:
        return same[0].modified_at
    return later(entry.modified_at, max((v.modified_at for v in before), default=None))


def _placement(key: DocumentKey, position: int, chunk: Chunk) -> Placement:
    return Placement(
        chunk_id=chunk_id(key, chunk.text_hash, chunk.nth),
        text_hash=chunk.text_hash,
        nth=chunk.nth,
        position=position,
        char_start=chunk.start,
        char_end=chunk.end,
        body_start=chunk.body_start,
        tokens=chunk.tokens,
        pages=chunk.pages,
        headings=chunk.headings,
    )
