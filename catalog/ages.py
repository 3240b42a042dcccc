"""How old documents and their versions are, and by what retention rules may tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from catalog.ids import SourceId, TenantId
from catalog.session import ReadSession
from catalog.tables import Document, File, Source, Version
from catalog.traces import INSIDE


@dataclass(frozen=True, slots=True)
class AgedVersion:
    """`stays`: it is served, pinned or the latest."""

    modified_at: datetime
    held_until: datetime | None
    held: bool
    stays: bool


@dataclass(frozen=True, slots=True)
class AgedDocument:
    """A document that is no part of another, with its newest version's metadata."""

    name: str
    source_id: SourceId
    source: str
    custom: Mapping[str, Any]
    versions: tuple[AgedVersion, ...]

    @property
    def newest_at(self) -> datetime:
        return max(version.modified_at for version in self.versions)


def aged_documents(session: ReadSession, tenant_id: TenantId) -> list[AgedDocument]:
    """Every document that has a version, by name. What lies inside another has no age of its own."""
    inside = set(
        session.sql.scalars(
            select(File.document_id).where(File.tenant_id == tenant_id, File.parent.is_not(None), File.document_id.is_not(None))
        )
    )
    columns = (Version.modified_at, Version.held_from, Version.held_until, Version.id.label("version_id"), Version.custom)
    rows = session.sql.execute(
        select(
            Document.id, Document.name, Document.source_id, Source.name.label("source"),
            Document.current_version_id, Document.pinned_version_id, *columns,
        )
        .join(Version, Version.document_id == Document.id)
        .join(Source, Source.id == Document.source_id)
        .where(Document.tenant_id == tenant_id, Version.tenant_id == tenant_id, Source.tenant_id == tenant_id)
        .order_by(Document.name, Version.modified_at, Version.id)
    ).all()  # fmt: skip
    names = {row.name for row in rows}
    found: dict[int, list[Any]] = {}
    for row in rows:
        if row.id not in inside and not any(container in names for container in _containers(row.name)):
            found.setdefault(row.id, []).append(row)
    return [
        AgedDocument(mine[0].name, SourceId(mine[0].source_id), mine[0].source, mine[-1].custom, tuple(map(_version, mine)))
        for mine in found.values()
    ]


def _version(row: Any) -> AgedVersion:
    held = row.held_from is not None
    stays = row.version_id in (row.current_version_id, row.pinned_version_id) or (held and row.held_until is None)
    return AgedVersion(row.modified_at, row.held_until, held, stays)


def _containers(name: str) -> list[str]:
    parts = name.split(INSIDE)
    return [INSIDE.join(parts[:count]) for count in range(1, len(parts))]
