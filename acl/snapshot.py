"""Group snapshots: read strictly, compared purely, applied whole. A snapshot is whole for its provider, silent about others."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from acl.diff import Changes, Directory, Snapshot, diff
from acl.errors import StaleSnapshot
from acl.parse import parse_snapshot as parse_snapshot
from acl.principal import Name
from acl.store import lock_policy, resolve
from catalog import audit
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches, insert_ignore, upsert
from catalog.session import ReadSession, WriteSession
from catalog.tables import Membership, Principal, Sync
from catalog.tenants import bump_policy

PROVIDER = "snapshot"


def diff_snapshot(session: ReadSession, tenant_id: TenantId, snapshot: Snapshot, provider: str = PROVIDER) -> Changes:
    """What `apply_snapshot` would change. Raises `StaleSnapshot` as that would."""
    changes = diff(_directory(session, tenant_id, snapshot, provider), snapshot)
    applied = session.sql.scalar(select(Sync.sequence).where(Sync.tenant_id == tenant_id, Sync.provider == provider))
    if applied is not None and (snapshot.sequence < applied or (snapshot.sequence == applied and not changes.empty)):
        raise StaleSnapshot(snapshot.sequence, applied)
    return changes


def apply_snapshot(
    session: WriteSession, tenant_id: TenantId, snapshot: Snapshot, provider: str = PROVIDER, *, actor: str = "operator"
) -> Changes:
    """Make the catalog say what the snapshot says, for this provider's people and groups; it holds from the next query on.

    The same snapshot twice changes nothing. Raises `StaleSnapshot` for an older sequence, or the applied one with other content.
    """
    lock_policy(session, tenant_id)
    changes = diff_snapshot(session, tenant_id, snapshot, provider)
    upsert(
        session,
        Sync,
        ("tenant_id", "provider"),
        {"tenant_id": tenant_id, "provider": provider, "sequence": snapshot.sequence, "applied_at": utc_now()},
    )
    if changes.empty:
        return changes
    _apply(session, tenant_id, changes, snapshot, provider)
    bump_policy(session, tenant_id)
    audit.record(
        session,
        tenant_id,
        actor=actor,
        action="groups.apply",
        object_=f"provider:{provider}",
        details={"sequence": snapshot.sequence, **changes.counts},
    )
    return changes


def _directory(session: ReadSession, tenant_id: TenantId, snapshot: Snapshot, provider: str) -> Directory:
    held = (Principal.tenant_id == tenant_id, Principal.deleted_at.is_(None))
    people: dict[Name, bool] = {}
    groups: dict[Name, set[Name]] = {}
    rows = session.sql.execute(
        select(Principal.kind, Principal.name, Principal.active).where(*held, Principal.provider == provider)
    )
    for kind, name, active in rows:
        if kind == "user":
            people[Name("user", name)] = active
        else:
            groups[Name("group", name)] = set()
    group, member = aliased(Principal), aliased(Principal)
    memberships = session.sql.execute(
        select(group.name.label("group"), member.kind, member.name)
        .select_from(Membership)
        .join(group, group.id == Membership.group_id)
        .join(member, member.id == Membership.member_id)
        .where(
            Membership.tenant_id == tenant_id,
            group.tenant_id == tenant_id,
            group.provider == provider,
            group.deleted_at.is_(None),
            member.tenant_id == tenant_id,
            member.deleted_at.is_(None),
        )
    )
    for row in memberships:
        groups[Name("group", row.group)].add(Name(row.kind, row.name))
    others = session.sql.execute(
        select(Principal.kind, Principal.name).where(*held, Principal.provider.is_not(None), Principal.provider != provider)
    )
    foreign = frozenset(Name(row.kind, row.name) for row in others)
    return Directory(people, {name: frozenset(members) for name, members in groups.items()}, foreign)


def _apply(session: WriteSession, tenant_id: TenantId, changes: Changes, snapshot: Snapshot, provider: str) -> None:
    """Removals come first: whoever is named afterwards is somebody new."""
    leaving = [*changes.people_removed, *changes.groups_removed]
    staying = [*changes.people_enabled, *changes.people_disabled]
    before = resolve(session, tenant_id, {*leaving, *staying, *(n for pair in changes.memberships_removed for n in pair)})
    _leave(session, tenant_id, ((before[group], before[member]) for group, member in changes.memberships_removed))
    _remove(session, tenant_id, [before[name] for name in leaving])
    for active, names in ((True, changes.people_enabled), (False, changes.people_disabled)):
        _update(session, tenant_id, [before[name] for name in names], active=active)
    arriving = [*changes.people_added, *changes.groups_added]
    after = resolve(session, tenant_id, {*arriving, *(name for pair in changes.memberships_added for name in pair)})
    for active in (True, False):
        bound = [after[name] for name in arriving if snapshot.people.get(name, True) is active]
        _update(session, tenant_id, bound, active=active, provider=provider)
    insert_ignore(
        session,
        Membership,
        ({"group_id": after[g], "member_id": after[m], "tenant_id": tenant_id} for g, m in changes.memberships_added),
    )


def _leave(session: WriteSession, tenant_id: TenantId, memberships: Iterable[tuple[PrincipalId, PrincipalId]]) -> None:
    for batch in batches(memberships):
        pairs = tuple_(Membership.group_id, Membership.member_id)
        session.sql.execute(
            delete(Membership).where(Membership.tenant_id == tenant_id, pairs.in_(batch)),
            execution_options={"synchronize_session": False},
        )


def _remove(session: WriteSession, tenant_id: TenantId, ids: Collection[PrincipalId]) -> None:
    for batch in batches(ids):
        touched = or_(Membership.group_id.in_(batch), Membership.member_id.in_(batch))
        session.sql.execute(delete(Membership).where(Membership.tenant_id == tenant_id, touched))
    _update(session, tenant_id, ids, deleted_at=utc_now())


def _update(session: WriteSession, tenant_id: TenantId, ids: Collection[PrincipalId], **values: object) -> None:
    for batch in batches(ids):
        session.sql.execute(update(Principal).where(Principal.tenant_id == tenant_id, Principal.id.in_(batch)).values(**values))
