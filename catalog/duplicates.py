"""The signatures of versions, by which near-duplicates are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, select

from catalog.ids import DocumentId, TenantId, VersionId
from catalog.insert import batches
from catalog.session import ReadSession
from catalog.tables import Document, Source, Version


@dataclass(frozen=True, slots=True)
class Signed:
    """A served version with its signature. Equal `text_hash`: equal words."""

    version_id: VersionId
    document_id: DocumentId
    name: str
    source: str
    text_hash: str
    signature: bytes


def signatures_of(session: ReadSession, tenant_id: TenantId, versions: Iterable[VersionId]) -> dict[VersionId, bytes]:
    """The signatures of those of the tenant's `versions` that have one."""
    found: dict[VersionId, bytes] = {}
    for batch in batches(versions):
        rows = session.plain.execute(_statement(), {"tenant": tenant_id, "versions": list(batch)})
        found.update({VersionId(id_): signature for id_, signature in rows if signature is not None})
    return found


@cache
def _statement() -> Select[int, bytes | None]:
    """Built once: every question asks it."""
    tenant: BindParameter[int] = bindparam("tenant")
    columns = select(Version.id, Version.signature)
    return columns.where(Version.tenant_id == tenant, Version.id.in_(bindparam("versions", expanding=True)))


def served_signatures(session: ReadSession, tenant_id: TenantId) -> list[Signed]:
    """Every document that is served, with the signature of its version, in order: about 700 bytes each."""
    rows = session.sql.execute(
        select(
            Version.id,
            Document.id.label("document_id"),
            Document.name,
            Source.name.label("source"),
            Version.text_hash,
            Version.signature,
        )
        .join(Document, Document.current_version_id == Version.id)
        .join(Source, Source.id == Document.source_id)
        .where(
            Version.tenant_id == tenant_id,
            Document.tenant_id == tenant_id,
            Source.tenant_id == tenant_id,
            Document.retired_at.is_(None),
            Version.signature.is_not(None),
        )
        .order_by(Document.id)
    )
    return [
        Signed(VersionId(r.id), DocumentId(r.document_id), r.name, r.source, r.text_hash, r.signature)
        for r in rows
        if r.signature is not None
    ]


def texts_of(session: ReadSession, tenant_id: TenantId, versions: Iterable[VersionId]) -> dict[VersionId, str]:
    """The redacted texts of these versions of the tenant."""
    found: dict[VersionId, str] = {}
    for batch in batches(versions):
        rows = session.sql.execute(select(Version.id, Version.text).where(Version.tenant_id == tenant_id, Version.id.in_(batch)))
        found.update({VersionId(r.id): r.text for r in rows})
    return found
