"""From a person up to all that he is, as one indexed statement: himself and his other names, the groups above them, everyone.

The tenant travels with the ids, and a group is checked by EXISTS: so SQLite can only climb from a member to his groups by the
index, and does not walk through all memberships or groups of the tenant at each step.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CTE, BindParameter, ColumnElement, Select, select
from sqlalchemy.orm import aliased

from catalog.ids import EVERYONE, PrincipalId, TenantId
from catalog.tables import Membership, Principal

Number = TenantId | PrincipalId | BindParameter[int]


def held(tenant_id: Number, person_id: Number, groups: BindParameter[list[str]] | None = None) -> CTE:
    """Ids (`id`) of all that an active person is; none of anybody else. UNION drops what was found before, so cycles end.

    `groups` names the groups that a token says he is in: these then stand for those that the catalog has him in.
    """
    named, owner, alias, group, everyone = (aliased(Principal) for _ in range(5))
    person = select(owner.id).where(owner.id == person_id, owner.alias_of.is_(None), *in_force(owner, tenant_id, "user"))
    aliases = select(alias.id).where(alias.tenant_id == tenant_id, alias.alias_of == person_id, alias.deleted_at.is_(None))
    himself = select(named.id, named.tenant_id).where(named.id.in_(person.union_all(aliases)), person.exists())
    if groups is None:
        first = himself
    else:
        told = aliased(Principal)
        first = select(told.id, told.tenant_id).where(*in_force(told, tenant_id, "group"), told.name.in_(groups), person.exists())
    climbed = first.cte("held", recursive=True)
    above = (
        select(Membership.group_id, Membership.tenant_id)
        .select_from(climbed)
        .join(Membership, (Membership.tenant_id == climbed.c.tenant_id) & (Membership.member_id == climbed.c.id))
        .where(select(group.id).where(group.id == Membership.group_id, *in_force(group, tenant_id, "group")).exists())
    )
    grown = climbed.union(above)
    all_people = select(everyone.id).where(*in_force(everyone, tenant_id, EVERYONE), everyone.name == EVERYONE, person.exists())
    parts = [all_people] if groups is None else [all_people, himself.with_only_columns(named.id)]
    return select(grown.c.id).union(*parts).cte("principals_held")


def namesakes(tenant_id: Number, bearers: Select[int] | Collection[PrincipalId]) -> Select[int]:
    """Ids of those who were removed and had the name of one of these."""
    bearer, former = aliased(Principal), aliased(Principal)
    same = (former.tenant_id == tenant_id) & (former.kind == bearer.kind) & (former.name == bearer.name)
    return select(former.id).select_from(bearer).join(former, same).where(bearer.id.in_(bearers), former.deleted_at.is_not(None))


def in_force(who: type[Principal], tenant_id: Number, kind: str) -> tuple[ColumnElement[bool], ...]:
    """Whether a principal of this kind counts: somebody is it, it is active and was not removed."""
    return (
        who.tenant_id == tenant_id,
        who.kind == kind,
        who.provider.is_not(None),
        who.active.is_(True),
        who.deleted_at.is_(None),
    )
