"""The versions of documents: their order of arrival, when each held, who may read it, what it takes the place of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from catalog.ids import DocumentId, DocumentKey, Label, SourceId, TenantId, VersionId, utc_now
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document, Supersession, Version


@dataclass(frozen=True, slots=True)
class When:
    """Which versions a question is about: the current ones; those that held `at`; with `every` all that ever held, until `at`."""

    at: datetime | None = None
    every: bool = False

    @property
    def past(self) -> bool:
        """Whether versions other than the current ones may be meant."""
        return self.every or self.at is not None


NOW = When()

Span = tuple[datetime, datetime | None]
"""From when to before when a version held; None while nothing follows it."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A content of a document on its way in. Every text in it is redacted; `text` is what `location.chars` counts in."""

    version_label: str
    modified_at: datetime
    content_hash: str
    text_hash: str
    fingerprint: str
    label: Label
    path: str
    media_type: str
    title: str
    custom: Mapping[str, Any]
    text: str
    findings: Mapping[str, int]
    supersedes: tuple[str, ...] = ()  # names of documents whose place it takes


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as stored, without its text. `id` is also its order of arrival. It held from `held_from` to
    before `held_until`; None and None: never."""

    id: VersionId
    document_id: DocumentId
    version_label: str
    modified_at: datetime
    content_hash: str
    text_hash: str
    fingerprint: str
    label: Label
    path: str
    held_from: datetime | None
    held_until: datetime | None


def add_version(session: WriteSession, key: DocumentKey, new: NewVersion) -> VersionId:
    """Store `new`, not yet current. The same content, time, label and pipeline twice is one version.

    What its source says about it (access, title, metadata, what it supersedes) is what `new` says, the second time too.
    """
    found = session.sql.scalar(
        select(Version.id).where(
            Version.tenant_id == key.tenant_id,
            Version.document_id == key.document_id,
            Version.content_hash == new.content_hash,
            Version.modified_at == new.modified_at,
            Version.version_label == new.version_label,
            Version.fingerprint == new.fingerprint,
        )
    )
    if found is not None:
        told = {"label": new.label, "path": new.path, "title": new.title, "custom": dict(new.custom)}
        session.sql.execute(update(Version).where(Version.tenant_id == key.tenant_id, Version.id == found).values(**told))
        _note_supersedes(session, key, VersionId(found), new.supersedes)
        return VersionId(found)
    version = Version(
        tenant_id=key.tenant_id,
        document_id=key.document_id,
        version_label=new.version_label,
        modified_at=new.modified_at,
        content_hash=new.content_hash,
        text_hash=new.text_hash,
        fingerprint=new.fingerprint,
        label=new.label,
        path=new.path,
        media_type=new.media_type,
        title=new.title,
        custom=dict(new.custom),
        text=new.text,
        findings=dict(new.findings),
        created_at=utc_now(),
    )
    session.sql.add(version)
    session.sql.flush()
    _note_supersedes(session, key, VersionId(version.id), new.supersedes)
    return VersionId(version.id)


def versions_of(session: ReadSession, key: DocumentKey) -> list[VersionRow]:
    """Every stored version of a document, in order of arrival."""
    rows = session.sql.execute(
        select(
            Version.id,
            Version.document_id,
            Version.version_label,
            Version.modified_at,
            Version.content_hash,
            Version.text_hash,
            Version.fingerprint,
            Version.label,
            Version.path,
            Version.held_from,
            Version.held_until,
        )
        .where(Version.tenant_id == key.tenant_id, Version.document_id == key.document_id)
        .order_by(Version.id)
    )
    return [
        VersionRow(
            id=VersionId(r.id),
            document_id=DocumentId(r.document_id),
            version_label=r.version_label,
            modified_at=r.modified_at,
            content_hash=r.content_hash,
            text_hash=r.text_hash,
            fingerprint=r.fingerprint,
            label=Label(r.label),
            path=r.path,
            held_from=r.held_from,
            held_until=r.held_until,
        )
        for r in rows
    ]


def note_held(session: WriteSession, key: DocumentKey, spans: Mapping[VersionId, Span]) -> None:
    """When each version of the document held. One without a span never did."""
    for row in versions_of(session, key):
        span = spans.get(row.id, (None, None))
        if (row.held_from, row.held_until) != span:
            session.sql.execute(
                update(Version)
                .where(Version.tenant_id == key.tenant_id, Version.document_id == key.document_id, Version.id == row.id)
                .values(held_from=span[0], held_until=span[1])
            )


def set_version_access(session: WriteSession, key: DocumentKey, version_id: VersionId, label: Label) -> None:
    """Who may read this version, as its manifest line or folder says today."""
    session.sql.execute(
        update(Version)
        .where(Version.tenant_id == key.tenant_id, Version.document_id == key.document_id, Version.id == version_id)
        .values(label=label)
    )


def version_labels(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> dict[VersionId, tuple[DocumentId, Label]]:
    """Every version of a source's documents, with its document and its own label."""
    rows = session.sql.execute(
        select(Version.id, Version.document_id, Version.label)
        .join(Document, Document.id == Version.document_id)
        .where(Version.tenant_id == tenant_id, Document.tenant_id == tenant_id, Document.source_id == source_id)
    )
    return {VersionId(r.id): (DocumentId(r.document_id), Label(r.label)) for r in rows}


def _note_supersedes(session: WriteSession, key: DocumentKey, version_id: VersionId, names: tuple[str, ...]) -> None:
    session.sql.execute(
        delete(Supersession).where(Supersession.tenant_id == key.tenant_id, Supersession.version_id == version_id)
    )
    insert_ignore(
        session, Supersession, ({"version_id": version_id, "tenant_id": key.tenant_id, "name": n} for n in dict.fromkeys(names))
    )
