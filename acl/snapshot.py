"""Group snapshots: read strictly, compared purely, applied whole. A snapshot is whole for its provider, silent about others."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select, tuple_, update

from acl import members
from acl.diff import Changes, Snapshot, diff
from acl.effect import Effect, effect
from acl.errors import BrakeTripped, StaleSnapshot
from acl.held import directory, lists
from acl.parse import parse_snapshot as parse_snapshot
from acl.store import lock_policy, resolve
from catalog import audit
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches, insert_ignore, upsert
from catalog.session import ReadSession, WriteSession
from catalog.tables import Membership, Principal, Sync
from catalog.tenants import bump_policy

PROVIDER = "snapshot"


@dataclass(frozen=True, slots=True)
class Brake:
    """A snapshot that lets more than this share of the people, and not fewer than so many, read more or less is not applied."""

    share: float = 0.2
    at_least: int = 20


def diff_snapshot(session: ReadSession, tenant_id: TenantId, snapshot: Snapshot, provider: str = PROVIDER) -> Changes:
    """What `apply_snapshot` would change. Raises `StaleSnapshot` as that would."""
    changes = diff(directory(session, tenant_id, provider), snapshot)
    applied = _applied(session, tenant_id, provider)
    if applied is not None and (snapshot.sequence < applied or (snapshot.sequence == applied and not changes.empty)):
        raise StaleSnapshot(snapshot.sequence, applied)
    return changes


def foresee(session: ReadSession, tenant_id: TenantId, snapshot: Snapshot, changes: Changes) -> Effect:
    """Who would read more or less after these changes."""
    return effect(directory(session, tenant_id), snapshot, changes, lists(session, tenant_id))


def apply_snapshot(
    session: WriteSession,
    tenant_id: TenantId,
    snapshot: Snapshot,
    provider: str = PROVIDER,
    *,
    actor: str = "operator",
    brake: Brake | None = None,
) -> Changes:
    """Make the catalog say what the snapshot says, for this provider's people and groups; it holds from the next query on.

    The same snapshot twice changes nothing. Raises `StaleSnapshot` for an older sequence, or the applied one with other content,
    and `BrakeTripped` where there is a `brake` and this is not the provider's first.
    """
    lock_policy(session, tenant_id)
    changes = diff_snapshot(session, tenant_id, snapshot, provider)
    if brake is not None and not changes.empty and _applied(session, tenant_id, provider) is not None:
        told = foresee(session, tenant_id, snapshot, changes)
        if told.trips(brake.share, brake.at_least):
            raise BrakeTripped(told.touched, told.people)
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


def is_first(session: ReadSession, tenant_id: TenantId, provider: str = PROVIDER) -> bool:
    """Whether nothing of this provider was applied yet."""
    return _applied(session, tenant_id, provider) is None


def _applied(session: ReadSession, tenant_id: TenantId, provider: str) -> int | None:
    return session.sql.scalar(select(Sync.sequence).where(Sync.tenant_id == tenant_id, Sync.provider == provider))


def _apply(session: WriteSession, tenant_id: TenantId, changes: Changes, snapshot: Snapshot, provider: str) -> None:
    """Removals come first: whoever is named afterwards is somebody new."""
    leaving = [*changes.people_removed, *changes.groups_removed, *(alias for _, alias in changes.aliases_removed)]
    staying = [*changes.people_enabled, *changes.people_disabled]
    before = resolve(session, tenant_id, {*leaving, *staying, *(n for pair in changes.memberships_removed for n in pair)})
    _leave(session, tenant_id, ((before[group], before[member]) for group, member in changes.memberships_removed))
    members.remove(session, tenant_id, [before[name] for name in leaving])
    for active, names in ((True, changes.people_enabled), (False, changes.people_disabled)):
        _update(session, tenant_id, [before[name] for name in names], active=active)
    arriving = [*changes.people_added, *changes.groups_added]
    named = {name for pair in changes.memberships_added for name in pair} | {person for person, _ in changes.aliases_added}
    after = resolve(session, tenant_id, {*arriving, *named})
    for active in (True, False):
        bound = [after[name] for name in arriving if snapshot.people.get(name, True) is active]
        _update(session, tenant_id, bound, active=active, provider=provider)
    for person, alias in changes.aliases_added:
        members.add_aliases(session, tenant_id, after[person], [alias])
    told = {"tenant_id": tenant_id, "since": utc_now(), "origin": f"{provider} {snapshot.sequence}"}
    rows = ({"group_id": after[g], "member_id": after[m], **told} for g, m in changes.memberships_added)
    insert_ignore(session, Membership, rows)


def _leave(session: WriteSession, tenant_id: TenantId, memberships: Iterable[tuple[PrincipalId, PrincipalId]]) -> None:
    for batch in batches(memberships):
        pairs = tuple_(Membership.group_id, Membership.member_id)
        session.sql.execute(
            delete(Membership).where(Membership.tenant_id == tenant_id, pairs.in_(batch)),
            execution_options={"synchronize_session": False},
        )


def _update(session: WriteSession, tenant_id: TenantId, ids: Collection[PrincipalId], **values: object) -> None:
    for batch in batches(ids):
        session.sql.execute(update(Principal).where(Principal.tenant_id == tenant_id, Principal.id.in_(batch)).values(**values))
