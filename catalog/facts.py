"""What is known of versions besides their text, for a whole tenant at once: what a filter chooses documents by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from catalog.ids import TenantId
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


def version_facts(session: ReadSession, tenant_id: TenantId, names: Sequence[str], *, past: bool) -> Iterator[tuple[Any, ...]]:
    """For each served version (`past`: each that ever held, of a served document): its document's number, the document's label,
    the version's own, then the columns `names`. Says nothing about who may read it: whoever asks compares both labels."""
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
        .order_by(Document.id)
    )
    for row in session.sql.execute(statement, execution_options={"yield_per": 1000}):
        yield tuple(row)
