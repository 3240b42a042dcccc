"""What the catalog holds of a tenant's people, groups and lists, whole and by name: for comparing, not for answering."""

from __future__ import annotations

from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from acl.diff import Directory
from acl.effect import Lists
from acl.principal import Kind, Name
from catalog.ids import Label, TenantId
from catalog.session import ReadSession
from catalog.tables import AccessEntry, Document, Membership, Principal


def directory(session: ReadSession, tenant_id: TenantId, provider: str | None = None) -> Directory:
    """The people and groups of one provider, and the names that others hold; of all providers where none is named.

    Of all of them, a group that holds nobody now (it is not active) has no members here.
    """
    people: dict[Name, bool] = {}
    groups: dict[Name, set[Name]] = {}
    aliases: dict[Name, set[Name]] = {}
    foreign: set[Name] = set()
    owner = aliased(Principal)
    rows = session.sql.execute(
        select(Principal.kind, Principal.name, Principal.provider, Principal.active, owner.name.label("owner"))
        .join(owner, owner.id == Principal.alias_of, isouter=True)
        .where(
            Principal.tenant_id == tenant_id,
            Principal.kind.in_(("user", "group")),
            Principal.deleted_at.is_(None),
            Principal.provider.is_not(None),
        )
    )
    for row in rows:
        named = Name(row.kind, row.name)
        if provider is not None and row.provider != provider:
            foreign.add(named)
        elif row.owner is not None:
            aliases.setdefault(Name("user", row.owner), set()).add(named)
        elif row.kind == "user":
            people[named] = row.active
        elif provider is not None or row.active:
            groups[named] = set()
    group, member = aliased(Principal), aliased(Principal)
    memberships = (
        select(group.name.label("group"), member.kind, member.name)
        .select_from(Membership)
        .join(group, group.id == Membership.group_id)
        .join(member, member.id == Membership.member_id)
        .where(
            Membership.tenant_id == tenant_id,
            group.tenant_id == tenant_id,
            group.deleted_at.is_(None),
            member.tenant_id == tenant_id,
            member.deleted_at.is_(None),
        )
    )
    if provider is not None:
        memberships = memberships.where(group.provider == provider)
    for name, kind, of in session.sql.execute(memberships).tuples():
        if (held := groups.get(Name("group", name))) is not None:
            held.add(Name(cast(Kind, kind), of))
    return Directory(
        people,
        {name: frozenset(found) for name, found in groups.items()},
        frozenset(foreign),
        {name: frozenset(found) for name, found in aliases.items()},
    )


def lists(session: ReadSession, tenant_id: TenantId) -> Lists:
    """The lists of the tenant that some served document has, by the names on them. A removed bearer's denial goes by his name."""
    served = (Document.tenant_id == tenant_id, Document.current_version_id.is_not(None), Document.retired_at.is_(None))
    counted = select(Document.label, func.count()).where(*served, Document.label.is_not(None)).group_by(Document.label)
    documents = {Label(label): count for label, count in session.sql.execute(counted).tuples() if label is not None}
    found: tuple[dict[Name, set[Label]], dict[Name, set[Label]]] = ({}, {})
    entries = session.sql.execute(
        select(AccessEntry.label, AccessEntry.deny, Principal.kind, Principal.name, Principal.deleted_at)
        .join(Principal, Principal.id == AccessEntry.principal_id)
        .where(AccessEntry.tenant_id == tenant_id, Principal.tenant_id == tenant_id)
    )
    for row in entries:
        if row.label in documents and (row.deny or row.deleted_at is None):
            found[row.deny].setdefault(Name(row.kind, row.name), set()).add(Label(row.label))
    allow, deny = ({name: frozenset(labels) for name, labels in part.items()} for part in found)
    return Lists(allow, deny, documents)
