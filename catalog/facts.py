"""What is known of versions besides their text, for a whole tenant at once: what a filter chooses documents by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from catalog.ids import Label, TenantId
from catalog.insert import batches
from catalog.session import ReadSession
from catalog.tables import Document, Source, Version
from catalog.version_access import own_list

CUSTOM = "custom"
COLUMNS: dict[str, Any] = {
    "source": Source.name,
    "document_id": Document.name,
    "title": Version.title,
    "version": Version.version_label,
    "media_type": Version.media_type,
    "modified_at": Version.modified_at,
    CUSTOM: Version.custom,
}


def count_labelled(session: ReadSession, tenant_id: TenantId, labels: Iterable[Label], most: int) -> int:
    """How many documents have one of `labels`; past `most` it is not counted on."""
    found = 0
    for batch in batches(labels):
        some = (Document.tenant_id == tenant_id, Document.label.in_(batch))
        found += session.sql.scalars(select(func.count()).select_from(Document).where(*some)).one()
        if found > most:
            break
    return found


def version_facts(
    session: ReadSession, tenant_id: TenantId, names: Sequence[str], *, past: bool, labels: Iterable[Label] | None = None
) -> Iterator[tuple[Any, ...]]:
    """For each served version (`past`: each that ever held, of a served document): its document's number, the document's label,
    the version's own, then the columns `names`; of documents with one of `labels`, where they are given.

    Says nothing about who may read it: whoever asks compares both labels.
    """
    meant = Version.held_from.is_not(None) if past else Version.id == Document.current_version_id
    statement = (
        select(Document.id, Document.label, own_list(Document, Version), *(COLUMNS[name] for name in names))
        .join(Version, (Version.document_id == Document.id) & meant)
        .join(Source, Source.id == Document.source_id)
        .where(
            Document.tenant_id == tenant_id,
            Version.tenant_id == tenant_id,
            Source.tenant_id == tenant_id,
            Document.retired_at.is_(None),
            Document.label.is_not(None),
            Document.current_version_id.is_not(None),
        )
    )
    parts = [statement] if labels is None else [statement.where(Document.label.in_(batch)) for batch in batches(labels)]
    for part in parts:
        for row in session.sql.execute(part, execution_options={"yield_per": 1000}):
            yield tuple(row)
