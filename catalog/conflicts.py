"""Contradictions that a person should look at. Each is read off what is stored, so none outlives its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from catalog.ids import DocumentId, TenantId
from catalog.session import ReadSession
from catalog.supersession import cycles, successions
from catalog.tables import Document, File, Source, Version

Kind = Literal["content", "supersession", "source"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """`content`: one document, time and label, but different contents. `supersession`: documents take each other's place in a
    circle. `source`: a file claims a document of another source. `meanwhile` says what is served until somebody decides."""

    kind: Kind
    documents: tuple[str, ...]
    detail: str
    meanwhile: str
    remedy: str
    settled: bool


def find_conflicts(session: ReadSession, tenant_id: TenantId) -> list[Conflict]:
    """Every conflict of the tenant, by kind, then by document."""
    return [*_contents(session, tenant_id), *_circles(session, tenant_id), *_claims(session, tenant_id)]


def _contents(session: ReadSession, tenant_id: TenantId) -> list[Conflict]:
    rows = session.sql.execute(
        select(
            Document.name,
            Document.pinned_version_id,
            Version.modified_at,
            Version.version_label,
            func.count(Version.content_hash.distinct()).label("contents"),
        )
        .join(Version, Version.document_id == Document.id)
        .where(
            Document.tenant_id == tenant_id,
            Version.tenant_id == tenant_id,
            Document.current_version_id.is_not(None),
        )
        .group_by(Document.id, Document.name, Document.pinned_version_id, Version.modified_at, Version.version_label)
        .having(func.count(Version.content_hash.distinct()) > 1)
        .order_by(Document.name, Version.modified_at)
    )
    return [
        Conflict(
            "content",
            (r.name,),
            f"{r.contents} different contents of {r.modified_at:%Y-%m-%d %H:%M} and version {r.version_label!r}",
            "what came last",
            f"correct the manifest, or `portcullis conflicts settle {r.name} VERSION` (`portcullis versions` lists them)",
            r.pinned_version_id is not None,
        )
        for r in rows
    ]


def _circles(session: ReadSession, tenant_id: TenantId) -> list[Conflict]:
    stated = successions(session, tenant_id)
    circles = cycles(stated)
    names = _names(session, tenant_id, [document for circle in circles for document in circle])
    preferred = {one.successor for one in stated if one.preferred is not None}
    told = sorted((tuple(sorted(names[document] for document in circle)), bool(circle & preferred)) for circle in circles)
    return [
        Conflict(
            "supersession",
            circle,
            "they take each other's place in a circle",
            "the document that said so last is served, the others give way",
            "take one `supersedes` out of the manifest, or `portcullis conflicts settle DOCUMENT` with the one that stays",
            settled,
        )
        for circle, settled in told
    ]


def _claims(session: ReadSession, tenant_id: TenantId) -> list[Conflict]:
    rows = session.sql.execute(
        select(File.path, File.detail, Source.name, Document.preferred_at)
        .join(Source, Source.id == File.source_id)
        .outerjoin(Document, (Document.id == File.document_id) & (Document.tenant_id == File.tenant_id))
        .where(File.tenant_id == tenant_id, Source.tenant_id == tenant_id, File.reason == "conflict")
        .order_by(Source.name, File.path)
    )
    return [
        Conflict(
            "source",
            (f"{r.name}: {r.path}",),
            r.detail or "",
            "the source that came first keeps the document; this file is quarantined",
            "give the document another name in a manifest, or `portcullis conflicts settle DOCUMENT --source SOURCE`",
            r.preferred_at is not None,
        )
        for r in rows
    ]


def _names(session: ReadSession, tenant_id: TenantId, documents: list[DocumentId]) -> Mapping[DocumentId, str]:
    rows = session.sql.execute(
        select(Document.id, Document.name).where(Document.tenant_id == tenant_id, Document.id.in_(documents))
    )
    return {DocumentId(r.id): r.name for r in rows}
