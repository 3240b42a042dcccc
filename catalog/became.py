"""What became of documents that once answered a question: for operators, who may know of every document of their tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from catalog.ids import DocumentId, Label, TenantId, VersionId
from catalog.insert import batches
from catalog.session import ReadSession
from catalog.tables import Document, Source, Version
from catalog.versions import When


@dataclass(frozen=True, slots=True)
class Came:
    """A version: its number, its label, and when it came; None where only a later reading of it is known."""

    arrival: int
    label: str
    came_at: datetime | None


@dataclass(frozen=True, slots=True)
class Became:
    """A document as it is today. `meant`: the version that a question about `when` finds, None where there is none.

    `labels`: those of its versions, by their numbers.
    """

    name: str
    source: str
    label: Label | None
    served: bool
    meant: Came | None
    labels: Mapping[int, str]


def what_became(
    session: ReadSession, tenant_id: TenantId, documents: Iterable[DocumentId], when: When
) -> dict[DocumentId, Became]:
    """Those of the documents that are still known, by number."""
    found: dict[DocumentId, Became] = {}
    for batch in batches(sorted({*documents})):
        versions, labels = _meant(session, tenant_id, batch, when), _labels(session, tenant_id, batch)
        rows = session.sql.execute(
            select(Document.id, Document.name, Document.label, Document.current_version_id, Document.retired_at, Source.name)
            .join(Source, Source.id == Document.source_id)
            .where(Document.tenant_id == tenant_id, Source.tenant_id == tenant_id, Document.id.in_(batch))
        )
        for id_, name, label, current, retired_at, source in rows.tuples():
            number, served = DocumentId(id_), current is not None and retired_at is None
            access = None if label is None else Label(label)
            found[number] = Became(name, source, access, served, versions.get(number), labels.get(number, {}))
    return found


def came_at(session: ReadSession, tenant_id: TenantId, versions: Iterable[VersionId]) -> dict[VersionId, datetime]:
    """When versions came, of those that were not read anew since."""
    found: dict[VersionId, datetime] = {}
    for batch in batches(sorted({*versions})):
        rows = session.sql.execute(
            select(Version.id, Version.created_at).where(
                Version.tenant_id == tenant_id, Version.id.in_(batch), Version.arrival == Version.id
            )
        )
        found |= {VersionId(row.id): row.created_at for row in rows}
    return found


def _meant(session: ReadSession, tenant_id: TenantId, documents: list[DocumentId], when: When) -> dict[DocumentId, Came]:
    """The served version of each document, or the one that held at the moment."""
    row = Version
    meant = row.id == Document.current_version_id
    if when.at is not None:
        meant = (row.held_from <= when.at) & (row.held_until.is_(None) | (row.held_until > when.at))
    rows = session.sql.execute(
        select(row.id, row.document_id, row.arrival, row.version_label, row.created_at)
        .join(Document, Document.id == row.document_id)
        .where(row.tenant_id == tenant_id, Document.tenant_id == tenant_id, row.document_id.in_(documents), meant)
    )
    return {
        DocumentId(r.document_id): Came(r.arrival, r.version_label, r.created_at if r.arrival == r.id else None) for r in rows
    }


def _labels(session: ReadSession, tenant_id: TenantId, documents: list[DocumentId]) -> dict[DocumentId, dict[int, str]]:
    found: dict[DocumentId, dict[int, str]] = {}
    rows = session.sql.execute(
        select(Version.document_id, Version.arrival, Version.version_label).where(
            Version.tenant_id == tenant_id, Version.document_id.in_(documents)
        )
    )
    for document, arrival, label in rows.tuples():
        found.setdefault(DocumentId(document), {})[arrival] = label
    return found
