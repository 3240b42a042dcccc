"""Where each source of a tenant lies."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from catalog.ids import SourceId, TenantId
from catalog.session import ReadSession
from catalog.tables import Source


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source by its name; `root` is the folder or URL that it was made for."""

    id: SourceId
    name: str
    root: str


def list_sources(session: ReadSession, tenant_id: TenantId) -> list[SourceRow]:
    """Every source of the tenant, by name."""
    rows = session.sql.execute(
        select(Source.id, Source.name, Source.root).where(Source.tenant_id == tenant_id).order_by(Source.name)
    )
    return [SourceRow(SourceId(row.id), row.name, row.root) for row in rows]
