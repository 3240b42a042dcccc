"""Who may read a version: what its source says of it today, unless an operator says otherwise of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, null, select, update

from catalog.ids import DocumentKey, Label, SourceId, TenantId, VersionId
from catalog.insert import batches
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document, Source, Version
from catalog.tenants import bump_corpus


def set_versions_access(
    session: WriteSession, tenant_id: TenantId, versions: Iterable[VersionId], label: Label, stated_by: Mapping[str, Any] | None
) -> None:
    """Who may read these versions, as their manifest lines or folders say today, and which of those say so."""
    for batch in batches(versions):
        session.sql.execute(
            update(Version)
            .where(Version.tenant_id == tenant_id, Version.id.in_(batch))
            .values(label=label, stated_by=null() if stated_by is None else dict(stated_by))
        )
        bump_corpus(session, tenant_id)


def version_labels(
    session: ReadSession, tenant_id: TenantId, source_id: SourceId
) -> dict[VersionId, tuple[Label, dict[str, Any] | None]]:
    """Every version of a source's documents, with its own label and the files that say so."""
    rows = session.sql.execute(
        select(Version.id, Version.label, Version.stated_by)
        .join(Document, Document.id == Version.document_id)
        .where(Version.tenant_id == tenant_id, Document.tenant_id == tenant_id, Document.source_id == source_id)
    )
    return {VersionId(r.id): (Label(r.label), r.stated_by) for r in rows}


def who_said(session: ReadSession, key: DocumentKey) -> tuple[str, dict[str, Any]] | None:
    """The path of a document's latest version, and the files that say who may read it; None where that is not known."""
    found = session.sql.execute(
        select(Version.path, Version.stated_by)
        .where(Version.tenant_id == key.tenant_id, Version.document_id == key.document_id, Version.held_until.is_(None))
        .order_by(Version.held_from.is_(None), Version.id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None or found.stated_by is None else (found.path, found.stated_by)


def served_list(session: ReadSession, key: DocumentKey) -> Label | None:
    """The list of the served version itself, which counts beside the document's; None where nothing is served."""
    found = session.sql.scalar(
        select(own_list(Document, Version))
        .join(Version, Version.id == Document.current_version_id)
        .where(Document.tenant_id == key.tenant_id, Document.id == key.document_id, Version.tenant_id == key.tenant_id)
    )
    return None if found is None else Label(found)


def served_lists(session: ReadSession, tenant_id: TenantId) -> Iterator[tuple[str, str, Label, Label]]:
    """Every served document of the tenant by name: its source, its list and that of the served version itself."""
    rows = session.sql.execute(
        select(Document.name, Source.name, Document.label, own_list(Document, Version))
        .join(Version, Version.id == Document.current_version_id)
        .join(Source, Source.id == Document.source_id)
        .where(
            Document.tenant_id == tenant_id,
            Version.tenant_id == tenant_id,
            Source.tenant_id == tenant_id,
            Document.retired_at.is_(None),
            Document.label.is_not(None),
        )
        .order_by(Document.name),
        execution_options={"yield_per": 1000},
    )
    for name, source, label, own in rows.tuples():
        yield name, source, Label(label or 0), Label(own)


def own_list(document: type[Document], version: type[Version]) -> ColumnElement[int]:
    """The list of a version itself. An operator's list of the document stands for that of the latest version, and only of it."""
    ours = document.set_label.is_not(None) & version.held_until.is_(None)
    return case((ours, document.set_label), else_=version.label)
