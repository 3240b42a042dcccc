"""Where each source of a tenant lies, and what its metadata says about the state of a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from catalog.errors import UnknownSource
from catalog.ids import SourceId, TenantId
from catalog.session import ReadSession, WriteSession
from catalog.tables import Source


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Which metadata field tells that a version is a draft, which yields to a final one, or that its document is withdrawn.

    Values are compared without case. Without a field, or with any other value, a version is final: by default there is no rule.
    """

    field: str | None = None
    draft: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()

    def is_draft(self, metadata: Mapping[str, Any]) -> bool:
        return self._value(metadata) in self.draft

    def withdraws(self, metadata: Mapping[str, Any]) -> bool:
        return self._value(metadata) in self.withdrawn

    def status(self, metadata: Mapping[str, Any]) -> str | None:
        """`draft`, `withdrawn`, or None for what counts in full."""
        return "draft" if self.is_draft(metadata) else "withdrawn" if self.withdraws(metadata) else None

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, "draft": sorted(self.draft), "withdrawn": sorted(self.withdrawn)}

    def _value(self, metadata: Mapping[str, Any]) -> str | None:
        value = None if self.field is None else metadata.get(self.field)
        return value.strip().casefold() if isinstance(value, str) else None


NO_RULE = StatusRule()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source by its name; `root` is the folder or URL that it was made for."""

    id: SourceId
    name: str
    root: str
    rule: StatusRule


def list_sources(session: ReadSession, tenant_id: TenantId) -> list[SourceRow]:
    """Every source of the tenant, by name."""
    rows = session.sql.execute(
        select(Source.id, Source.name, Source.root, Source.status_rule).where(Source.tenant_id == tenant_id).order_by(Source.name)
    )
    return [SourceRow(SourceId(row.id), row.name, row.root, _rule(row.status_rule)) for row in rows]


def get_source(session: ReadSession, tenant_id: TenantId, name: str) -> SourceRow:
    """The tenant's source of this name. Raises `UnknownSource`."""
    for source in list_sources(session, tenant_id):
        if source.name == name:
            return source
    raise UnknownSource(name)


def status_rule(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> StatusRule:
    """The source's rule of states; the empty one where it has none."""
    return _rule(session.sql.scalar(select(Source.status_rule).where(Source.tenant_id == tenant_id, Source.id == source_id)))


def set_status_rule(session: WriteSession, tenant_id: TenantId, source_id: SourceId, rule: StatusRule) -> None:
    """From the next publishing of each of its documents on, `rule` decides; the empty one: none does."""
    stored = None if rule.field is None else rule.as_json()
    session.sql.execute(update(Source).where(Source.tenant_id == tenant_id, Source.id == source_id).values(status_rule=stored))


def _rule(stored: Mapping[str, Any] | None) -> StatusRule:
    if stored is None:
        return NO_RULE
    return StatusRule(stored["field"], *(frozenset(map(str.casefold, stored[kind])) for kind in ("draft", "withdrawn")))
