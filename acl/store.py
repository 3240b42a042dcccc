"""People, groups and interned access lists in the catalog: who somebody is, what he may read, what a list is called.

The epoch is read before the labels. So even where a transaction sees each statement's own moment (a write on PostgreSQL), a scope
can be newer than its epoch, never older: at worst it is computed once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from acl import climb, principal
from acl.access import AccessList
from acl.errors import BadPrincipal, UnknownPerson
from acl.principal import Name
from acl.scope import ReadScope, scope_of_labels
from catalog.ids import Label, PrincipalId, TenantId, digest, utc_now
from catalog.insert import batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import AccessEntry, Membership, Principal, Tenant
from catalog.tables import AccessList as ListRow
from catalog.tenants import bump_policy, policy_epoch


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was active when he was looked up. `name` is normalised, without `user:`.

    `groups` None: he is in those that the catalog says. Else in these alone, where the catalog has them, and in those that hold
    them: his tenant lets the issuer of his token say so. They are part of who he is: whatever is kept for one is not for another.
    """

    id: PrincipalId
    name: str
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PersonState:
    """What the catalog knows by a user's name; `active` is true only for one who may ask. `name` is his first, not an alias."""

    id: PrincipalId
    name: str
    bound: bool
    active: bool


# ---- who may read what ------------------------------------------------------------------------------------------------------


def find_person(session: ReadSession, tenant_id: TenantId, name: str) -> Person:
    """The active person called `name` (`ana` or `user:ana`), by any of his names. Raises `UnknownPerson`: missing, unbound,
    disabled, removed."""
    try:
        who = principal.user(name)
    except BadPrincipal:
        raise UnknownPerson(name) from None
    state = person_state(session, tenant_id, who)
    if state is None or not state.active:
        raise UnknownPerson(name)
    return Person(state.id, state.name)


def find_person_by_external_id(session: ReadSession, tenant_id: TenantId, external_id: str) -> Person:
    """The active person whom his provider calls `external_id`, letter by letter. Raises `UnknownPerson`: also when two are."""
    rows = session.sql.execute(
        select(Principal.id, Principal.name)
        .where(Principal.external_id == external_id, *climb.in_force(Principal, tenant_id, "user"))
        .limit(2)
    ).all()
    if len(rows) != 1:
        raise UnknownPerson(external_id)
    return Person(PrincipalId(rows[0].id), rows[0].name)


def find_person_by_id(session: ReadSession, tenant_id: TenantId, person_id: PrincipalId) -> Person | None:
    """The active person of this number; None for one who was disabled or removed."""
    row = session.sql.execute(
        select(Principal.id, Principal.name).where(Principal.id == person_id, *climb.in_force(Principal, tenant_id, "user"))
    ).one_or_none()
    return None if row is None else Person(PrincipalId(row.id), row.name)


def person_state(session: ReadSession, tenant_id: TenantId, who: Name) -> PersonState | None:
    """The user called `who` as he is now, disabled or not; None when there is none (any more)."""
    if who.kind != "user":
        return None
    row = session.plain.execute(_person_statement(), {"tenant": tenant_id, "name": who.name}).one_or_none()
    if row is None:
        return None
    bound = row.provider is not None
    return PersonState(PrincipalId(row.id), row.name, bound, bound and row.active)


def find_scope(session: ReadSession, tenant_id: TenantId, person: Person) -> ReadScope:
    """What `person` may read now. Empty, not an error, for one who was disabled or removed since he was looked up."""
    epoch = policy_epoch(session, tenant_id)
    given = {"tenant": tenant_id, "person": person.id, "groups": sorted(person.groups or ())}
    labels = session.plain.scalars(_scope_statement(by_token=person.groups is not None), given)
    return scope_of_labels(tenant_id, person.id, cast("Iterable[Label]", labels), epoch)


@cache
def _person_statement() -> Select[int, str, str | None, bool]:
    """Built once, as the next one: to build them costs several times as much as to run them."""
    named, person = Principal, aliased(Principal)
    tenant: BindParameter[int] = bindparam("tenant")
    return (
        select(person.id, person.name, person.provider, person.active)
        .select_from(named)
        .join(person, person.id == func.coalesce(named.alias_of, named.id))
        .where(
            named.tenant_id == tenant,
            named.kind == "user",
            named.name == bindparam("name"),
            named.deleted_at.is_(None),
            person.tenant_id == tenant,
            person.kind == "user",
            person.deleted_at.is_(None),
        )
    )


@cache
def _scope_statement(*, by_token: bool) -> CompoundSelect[int]:
    """The labels of a person: what any of his principals is allowed, but for what one is denied, or had been under its name."""
    tenant: BindParameter[int] = bindparam("tenant")
    groups: BindParameter[list[str]] | None = bindparam("groups", expanding=True) if by_token else None
    held = select(climb.held(tenant, bindparam("person"), groups).c.id)
    of_tenant = AccessEntry.tenant_id == tenant
    allowed = select(AccessEntry.label).where(of_tenant, AccessEntry.principal_id.in_(held), AccessEntry.deny == 0)
    denied = select(AccessEntry.label).where(of_tenant, AccessEntry.principal_id.in_(held), AccessEntry.deny == 1)
    by_name = select(AccessEntry.label).where(
        of_tenant, AccessEntry.principal_id.in_(climb.namesakes(tenant, held)), AccessEntry.deny == 1
    )
    return allowed.except_(denied, by_name)


def principals_of(session: ReadSession, tenant_id: TenantId, person_id: PrincipalId) -> frozenset[PrincipalId]:
    """All that an active person is: himself, the groups that hold him, everyone. Nothing for anybody else."""
    return frozenset(PrincipalId(id_) for id_ in session.sql.scalars(select(climb.held(tenant_id, person_id).c.id)))


def namesakes_of(session: ReadSession, tenant_id: TenantId, held: Collection[PrincipalId]) -> frozenset[PrincipalId]:
    """Those who were removed and had the name of one of `held`: what a list denies them holds for who has the name now."""
    found: set[PrincipalId] = set()
    for batch in batches(held):
        found.update(PrincipalId(id_) for id_ in session.sql.scalars(climb.namesakes(tenant_id, batch)))
    return frozenset(found)


def groups_of(
    session: ReadSession, tenant_id: TenantId, members: Collection[PrincipalId]
) -> dict[PrincipalId, list[PrincipalId]]:
    """For each of `members` the groups, still in being, that hold it directly."""
    groups: dict[PrincipalId, list[PrincipalId]] = {}
    for batch in batches(members):
        rows = session.sql.execute(
            select(Membership.member_id, Membership.group_id)
            .join(Principal, Principal.id == Membership.group_id)
            .where(
                Membership.tenant_id == tenant_id, Membership.member_id.in_(batch), *climb.in_force(Principal, tenant_id, "group")
            )
            .order_by(Membership.group_id)
        )
        for row in rows:
            groups.setdefault(PrincipalId(row.member_id), []).append(PrincipalId(row.group_id))
    return groups


def memberships(
    session: ReadSession, tenant_id: TenantId, pairs: Sequence[tuple[PrincipalId, PrincipalId]]
) -> dict[tuple[PrincipalId, PrincipalId], tuple[str | None, datetime | None]]:
    """Those of these pairs (member, group) that are memberships: which sync told them, and when."""
    found: dict[tuple[PrincipalId, PrincipalId], tuple[str | None, datetime | None]] = {}
    for member, group in pairs:
        row = session.sql.execute(
            select(Membership.origin, Membership.since).where(
                Membership.tenant_id == tenant_id, Membership.member_id == member, Membership.group_id == group
            )
        ).one_or_none()
        if row is not None:
            found[member, group] = (row.origin, row.since)
    return found


# ---- access lists -----------------------------------------------------------------------------------------------------------


def intern(session: WriteSession, tenant_id: TenantId, allow: Iterable[Name], deny: Iterable[Name]) -> Label:
    """The label of this access list: equal lists of a tenant share one. Names that nobody has yet are kept, and read nothing
    until a snapshot binds them."""
    return intern_all(session, tenant_id, [(allow, deny)])[0]


def intern_all(session: WriteSession, tenant_id: TenantId, lists: Sequence[tuple[Iterable[Name], Iterable[Name]]]) -> list[Label]:
    """As `intern`, for many lists at the cost of a few queries: their labels, in order."""
    named = [(frozenset(allow), frozenset(deny)) for allow, deny in lists]
    wanted = frozenset(name for allow, deny in named for name in allow | deny)
    ids = _ids(session, tenant_id, wanted)
    if len(ids) == len(wanted):
        given = [_access(ids, *pair) for pair in named]
        known = _labels(session, tenant_id, given)
        if known.keys() >= set(given):
            return [known[access] for access in given]
    lock_policy(session, tenant_id)
    ids = resolve(session, tenant_id, wanted)
    given = [_access(ids, *pair) for pair in named]
    known = _labels(session, tenant_id, given)
    if new := [access for access in dict.fromkeys(given) if access not in known]:
        known |= _store(session, tenant_id, new)
        bump_policy(session, tenant_id)
    return [known[access] for access in given]


def lock_policy(session: WriteSession, tenant_id: TenantId) -> None:
    """From here to the end of the transaction one writer of people, groups and lists at a time (on SQLite it is so anyway)."""
    session.sql.execute(select(Tenant.id).where(Tenant.id == tenant_id).with_for_update(key_share=True)).one()


def resolve(session: WriteSession, tenant_id: TenantId, names: Collection[Name]) -> dict[Name, PrincipalId]:
    """The number of each name; one that nobody has yet is kept without a provider. Call it under `lock_policy`."""
    ids = _ids(session, tenant_id, names)
    missing = sorted(set(names) - ids.keys())
    if missing:
        now = utc_now()
        rows = ({"tenant_id": tenant_id, "kind": n.kind, "name": n.name, "created_at": now} for n in missing)
        insert_ignore(session, Principal, rows)
        ids |= _ids(session, tenant_id, missing)
    return ids


def access_of(session: ReadSession, tenant_id: TenantId, label: Label) -> AccessList:
    """The list behind a label; nobody's, when the tenant has no such label."""
    rows = session.sql.execute(
        select(AccessEntry.principal_id, AccessEntry.deny).where(AccessEntry.tenant_id == tenant_id, AccessEntry.label == label)
    ).all()
    allow = frozenset(PrincipalId(r.principal_id) for r in rows if not r.deny)
    return AccessList(allow, frozenset(PrincipalId(r.principal_id) for r in rows if r.deny))


def names_of(session: ReadSession, tenant_id: TenantId, ids: Iterable[PrincipalId]) -> dict[PrincipalId, Name]:
    """What these principals are, or were, called."""
    names: dict[PrincipalId, Name] = {}
    for batch in batches(ids):
        rows = session.sql.execute(
            select(Principal.id, Principal.kind, Principal.name).where(Principal.tenant_id == tenant_id, Principal.id.in_(batch))
        )
        names |= {PrincipalId(r.id): Name(r.kind, r.name) for r in rows}
    return names


def removed_of(session: ReadSession, tenant_id: TenantId, ids: Iterable[PrincipalId]) -> frozenset[PrincipalId]:
    """Those of `ids` that were removed: whoever has their name now is somebody else."""
    removed: set[PrincipalId] = set()
    for batch in batches(ids):
        rows = select(Principal.id).where(
            Principal.tenant_id == tenant_id, Principal.id.in_(batch), Principal.deleted_at.is_not(None)
        )
        removed.update(PrincipalId(id_) for id_ in session.sql.scalars(rows))
    return frozenset(removed)


def unknown_names(session: ReadSession, tenant_id: TenantId) -> list[Name]:
    """The names on some access list that nobody has yet, sorted: misspelt, or not synced."""
    named = select(AccessEntry.principal_id).where(AccessEntry.tenant_id == tenant_id)
    rows = session.sql.execute(
        select(Principal.kind, Principal.name).where(
            Principal.tenant_id == tenant_id,
            Principal.provider.is_(None),
            Principal.deleted_at.is_(None),
            Principal.id.in_(named),
        )
    )
    return sorted(Name(r.kind, r.name) for r in rows)


def _ids(session: ReadSession, tenant_id: TenantId, names: Iterable[Name]) -> dict[Name, PrincipalId]:
    ids: dict[Name, PrincipalId] = {}
    by_kind: dict[str, list[str]] = {}
    for name in names:
        by_kind.setdefault(name.kind, []).append(name.name)
    for kind, of_kind in by_kind.items():
        for batch in batches(of_kind):
            rows = session.sql.execute(
                select(Principal.id, Principal.kind, Principal.name).where(
                    Principal.tenant_id == tenant_id,
                    Principal.kind == kind,
                    Principal.name.in_(batch),
                    Principal.deleted_at.is_(None),
                )
            )
            ids |= {Name(r.kind, r.name): PrincipalId(r.id) for r in rows}
    return ids


def _access(ids: Mapping[Name, PrincipalId], allow: Iterable[Name], deny: Iterable[Name]) -> AccessList:
    return AccessList(frozenset(ids[name] for name in allow), frozenset(ids[name] for name in deny))


def _digest(access: AccessList) -> str:
    return digest(f"allow {sorted(access.allow)} deny {sorted(access.deny)}")


def _labels(session: ReadSession, tenant_id: TenantId, lists: Iterable[AccessList]) -> dict[AccessList, Label]:
    by_digest = {_digest(access): access for access in lists}
    labels: dict[AccessList, Label] = {}
    for batch in batches(by_digest):
        rows = session.sql.execute(
            select(ListRow.digest, ListRow.label).where(ListRow.tenant_id == tenant_id, ListRow.digest.in_(batch))
        )
        labels |= {by_digest[r.digest]: Label(r.label) for r in rows}
    return labels


def _store(session: WriteSession, tenant_id: TenantId, lists: Sequence[AccessList]) -> dict[AccessList, Label]:
    insert_ignore(session, ListRow, ({"tenant_id": tenant_id, "digest": _digest(access)} for access in lists))
    labels = _labels(session, tenant_id, lists)
    entries = (
        {"label": labels[access], "principal_id": principal_id, "deny": deny, "tenant_id": tenant_id}
        for access in lists
        for deny, ids in ((0, access.allow), (1, access.deny))
        for principal_id in sorted(ids)
    )
    insert_ignore(session, AccessEntry, entries)
    return labels
