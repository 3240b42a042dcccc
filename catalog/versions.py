"""The versions of documents: their order of arrival, when each held, who may read it, what it takes the place of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, null, select, update

from catalog.findings import Findings, read_findings
from catalog.ids import DocumentId, DocumentKey, Label, SourceId, TenantId, VersionId, utc_now
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Base, Document, File, Supersession, Version
from catalog.tenants import bump_corpus
from catalog.vault import drop_unused, uses_of


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

OutlineRow = tuple[str, int, int, int | None]
"""An element of a version's text: kind, length in code points, level of the heading or 0, page or None."""

Span = tuple[datetime, datetime | None]
"""From when to before when a version held; None while nothing follows it."""


UNREAD = "|unread"


def unfinished(fingerprint: str) -> str:
    """The fingerprint of a version with pages that nothing could read yet. It is no pipeline's."""
    return fingerprint[: -len(UNREAD)] + UNREAD


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A content of a document on its way in. Every text in it is redacted; `text` is what `location.chars` counts in."""

    version_label: str
    modified_at: datetime
    content_hash: str
    text_hash: str
    fingerprint: str
    cutting: str
    outline: tuple[OutlineRow, ...]
    label: Label
    path: str
    media_type: str
    title: str
    custom: Mapping[str, Any]
    text: str
    findings: Findings
    signature: bytes | None = None
    supersedes: tuple[str, ...] = ()  # names of documents whose place it takes
    stated_by: Mapping[str, Any] | None = None  # which files say who may read it


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as stored, without its text. It held from `held_from` to before `held_until`; None and None: never.

    `arrival` orders what came: it is the `id` under which this content was first stored, kept when it is read or cut anew.
    """

    id: VersionId
    document_id: DocumentId
    version_label: str
    modified_at: datetime
    content_hash: str
    text_hash: str
    fingerprint: str
    cutting: str
    arrival: int
    label: Label
    path: str
    custom: Mapping[str, Any]
    findings: Findings
    held_from: datetime | None
    held_until: datetime | None


def add_version(session: WriteSession, key: DocumentKey, new: NewVersion) -> VersionId:
    """Store `new`, not yet current. The same content, time, label and pipeline twice is one version.

    What its source says about it (access, title, metadata, what it supersedes) is what `new` says, the second time too.
    By another pipeline it is another row, which arrived when the first of them did.
    """
    same = session.sql.execute(
        select(Version.id, Version.fingerprint, Version.cutting, Version.arrival, Version.label, Version.stated_by).where(
            Version.tenant_id == key.tenant_id,
            Version.document_id == key.document_id,
            Version.content_hash == new.content_hash,
            Version.modified_at == new.modified_at,
            Version.version_label == new.version_label,
        )
    ).all()
    stated_by = new.stated_by or next((r.stated_by for r in same if r.label == new.label), None)
    found = next((r.id for r in same if (r.fingerprint, r.cutting) == (new.fingerprint, new.cutting)), None)
    if found is not None:
        told: dict[str, Any] = {"label": new.label, "path": new.path, "title": new.title, "custom": dict(new.custom)}
        told["stated_by"] = null() if stated_by is None else dict(stated_by)
        session.sql.execute(update(Version).where(Version.tenant_id == key.tenant_id, Version.id == found).values(**told))
        bump_corpus(session, key.tenant_id)
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
        cutting=new.cutting,
        outline=[list(row) for row in new.outline],
        arrival=min((r.arrival for r in same), default=0),
        label=new.label,
        stated_by=None if stated_by is None else dict(stated_by),
        path=new.path,
        media_type=new.media_type,
        title=new.title,
        custom=dict(new.custom),
        text=new.text,
        findings=new.findings.described(),
        signature=new.signature,
        created_at=utc_now(),
    )
    session.sql.add(version)
    session.sql.flush()
    version.arrival = version.arrival or version.id
    _note_supersedes(session, key, VersionId(version.id), new.supersedes)
    return VersionId(version.id)


def versions_of(session: ReadSession, key: DocumentKey) -> list[VersionRow]:
    """Every stored version of a document, in the order in which they were stored."""
    rows = session.sql.execute(
        select(
            Version.id,
            Version.document_id,
            Version.version_label,
            Version.modified_at,
            Version.content_hash,
            Version.text_hash,
            Version.fingerprint,
            Version.cutting,
            Version.arrival,
            Version.label,
            Version.path,
            Version.custom,
            Version.findings,
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
            cutting=r.cutting,
            arrival=r.arrival,
            label=Label(r.label),
            path=r.path,
            custom=r.custom,
            findings=read_findings(r.findings),
            held_from=r.held_from,
            held_until=r.held_until,
        )
        for r in rows
    ]


def stored_version(session: ReadSession, key: DocumentKey, version_id: VersionId) -> NewVersion | None:
    """A version as it was stored, to be stored again with other chunks; None where its outline is not known."""
    row = session.sql.execute(
        select(Version).where(
            Version.tenant_id == key.tenant_id, Version.document_id == key.document_id, Version.id == version_id
        )
    ).scalar_one()
    if row.outline is None:
        return None
    names = session.sql.scalars(
        select(Supersession.name)
        .where(Supersession.tenant_id == key.tenant_id, Supersession.version_id == version_id)
        .order_by(Supersession.name)
    )
    return NewVersion(
        version_label=row.version_label,
        modified_at=row.modified_at,
        content_hash=row.content_hash,
        text_hash=row.text_hash,
        fingerprint=row.fingerprint,
        cutting=row.cutting,
        outline=tuple((kind, length, level, page) for kind, length, level, page in row.outline),
        label=Label(row.label),
        path=row.path,
        media_type=row.media_type,
        title=row.title,
        custom=row.custom,
        text=row.text,
        findings=read_findings(row.findings),
        signature=row.signature,
        supersedes=tuple(names),
    )


def cut_otherwise(session: ReadSession, tenant_id: TenantId, source_id: SourceId, cutting: str) -> list[DocumentKey]:
    """The served documents of a source with a version that held and was cut by another stage than `cutting`, in order."""
    rows = session.sql.scalars(
        select(Version.document_id)
        .distinct()
        .join(Document, Document.id == Version.document_id)
        .where(
            Version.tenant_id == tenant_id,
            Version.cutting != cutting,
            Version.held_from.is_not(None),
            Version.outline.is_not(None),
            Document.tenant_id == tenant_id,
            Document.source_id == source_id,
            Document.current_version_id.is_not(None),
        )
        .order_by(Version.document_id)
    )
    return [DocumentKey(tenant_id, DocumentId(document)) for document in rows]


def stale_documents(
    session: ReadSession, tenant_id: TenantId, readings: Collection[str], source_id: SourceId | None = None
) -> list[str]:
    """Names of the documents that are served as other stages than those of `readings` read them."""
    statement = (
        select(Document.name)
        .join(Version, Version.id == Document.current_version_id)
        .where(
            Document.tenant_id == tenant_id,
            Version.tenant_id == tenant_id,
            Version.fingerprint.not_in(readings),
            Version.fingerprint.not_like(f"%{UNREAD}"),
        )
        .order_by(Document.name)
    )
    return list(session.sql.scalars(statement if source_id is None else statement.where(Document.source_id == source_id)))


def drop_replaced(session: WriteSession, key: DocumentKey) -> None:
    """Of each content of the document only the last reading stays. What referred to another one refers to it."""
    newest: dict[int, VersionId] = {}
    versions = versions_of(session, key)
    for version in versions:
        newest[version.arrival] = version.id
    replaced = {v.id: newest[v.arrival] for v in versions if newest[v.arrival] != v.id}
    for old, new in replaced.items():
        session.sql.execute(update(File).where(File.tenant_id == key.tenant_id, File.version_id == old).values(version_id=new))
        session.sql.execute(
            update(Document)
            .where(Document.tenant_id == key.tenant_id, Document.id == key.document_id, Document.pinned_version_id == old)
            .values(pinned_version_id=new)
        )
        _drop(session, key, old)


def drop_versions(session: WriteSession, key: DocumentKey) -> None:
    """Every version of the document, and what each is made of. Nothing may refer to them any more."""
    for version in versions_of(session, key):
        _drop(session, key, version.id)


def _drop(session: WriteSession, key: DocumentKey, version_id: VersionId) -> None:
    named = uses_of(session, key.tenant_id, version_id)
    for table in _PARTS:
        session.sql.execute(delete(table).where(table.c.tenant_id == key.tenant_id, table.c.version_id == version_id))
    session.sql.execute(
        delete(Version).where(
            Version.tenant_id == key.tenant_id, Version.document_id == key.document_id, Version.id == version_id
        )
    )
    drop_unused(session, key.tenant_id, named)


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


_PARTS = tuple(t for t in Base.metadata.sorted_tables if "version_id" in t.c and t is not File.__table__)
"""What a version is made of, in other tables."""


def _note_supersedes(session: WriteSession, key: DocumentKey, version_id: VersionId, names: tuple[str, ...]) -> None:
    session.sql.execute(
        delete(Supersession).where(Supersession.tenant_id == key.tenant_id, Supersession.version_id == version_id)
    )
    insert_ignore(
        session, Supersession, ({"version_id": version_id, "tenant_id": key.tenant_id, "name": n} for n in dict.fromkeys(names))
    )
