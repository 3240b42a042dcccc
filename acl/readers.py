"""Who may read a list, seen from the list: the same law as every query, for operators who ask `who`."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CTE, ColumnElement, Select, or_, select
from sqlalchemy.orm import aliased

from acl.principal import Name
from catalog.ids import EVERYONE, Label, TenantId
from catalog.session import ReadSession
from catalog.tables import AccessEntry, Membership, Principal


def readers_of(session: ReadSession, tenant_id: TenantId, labels: Collection[Label]) -> tuple[Name, ...]:
    """The active people who may read all of these lists, sorted by name; nobody where there is no list."""
    found: set[str] | None = None
    for label in labels:
        person = (Principal.tenant_id == tenant_id, Principal.kind == "user", Principal.alias_of.is_(None), *_there(Principal))
        allowed, denied = _reached(tenant_id, label, 0), _reached(tenant_id, label, 1)
        may = set(session.sql.scalars(select(Principal.name).where(*person, _among(allowed), ~_among(denied))))
        found = may if found is None else found & may
    return tuple(Name("user", name) for name in sorted(found or ()))


def _among(reached: CTE) -> ColumnElement[bool]:
    """Whether a person is reached: himself, by another name, as everyone."""
    alias = aliased(Principal)
    owners = select(alias.alias_of).where(alias.id.in_(select(reached.c.id)), alias.alias_of.is_not(None))
    everyone = select(reached.c.id).where(reached.c.kind == EVERYONE).exists()
    return or_(Principal.id.in_(select(reached.c.id)), Principal.id.in_(owners), everyone)


def _reached(tenant_id: TenantId, label: Label, deny: int) -> CTE:
    """Ids and kinds of those whom the entries of a list name, and of all members below them. Cycles end.

    A denial also names whoever has the name of somebody who was removed.
    """
    start, member, group = aliased(Principal), aliased(Principal), aliased(Principal)
    listed: Select[int] = select(AccessEntry.principal_id).where(
        AccessEntry.tenant_id == tenant_id, AccessEntry.label == label, AccessEntry.deny == deny
    )
    named: ColumnElement[bool] = start.id.in_(listed)
    if deny:
        former, heir = aliased(Principal), aliased(Principal)
        same = (heir.tenant_id == tenant_id) & (heir.kind == former.kind) & (heir.name == former.name)
        heirs = select(heir.id).select_from(former).join(heir, same).where(former.id.in_(listed), former.deleted_at.is_not(None))
        named = or_(named, start.id.in_(heirs))
    first = select(start.id, start.kind).where(start.tenant_id == tenant_id, named, start.deleted_at.is_(None))
    reached = first.cte(f"reached_{deny}", recursive=True)
    below = (
        select(member.id, member.kind)
        .select_from(reached)
        .join(group, (group.id == reached.c.id) & (group.kind == "group"))
        .join(Membership, (Membership.tenant_id == tenant_id) & (Membership.group_id == group.id))
        .join(member, member.id == Membership.member_id)
        .where(*_there(group), member.deleted_at.is_(None))
    )
    return reached.union(below)


def _there(who: type[Principal]) -> tuple[ColumnElement[bool], ...]:
    return (who.provider.is_not(None), who.active.is_(True), who.deleted_at.is_(None))
