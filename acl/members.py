"""People, groups and memberships changed one by one, at the cost of the change and not of the group.

Call `lock_policy` first. Each of these moves the policy epoch when it changed something, so the next question already obeys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.sql.dml import Update

from acl.errors import NameTaken
from acl.principal import Name
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches, insert_ignore
from catalog.requests import drop_requests_of
from catalog.session import ReadSession, WriteSession
from catalog.tables import AccessEntry, Membership, Principal
from catalog.tenants import bump_policy
from catalog.turns import drop_turns_of


def bind(
    session: WriteSession,
    tenant_id: TenantId,
    name: Name,
    provider: str,
    *,
    active: bool = True,
    external_id: str | None = None,
) -> PrincipalId:
    """A new person or group. A name that only lists or groups named so far is theirs with all that was said of it.

    Raises `NameTaken` when somebody has it.
    """
    row = _holder(session, tenant_id, name)
    if row is None:
        new = {"tenant_id": tenant_id, "kind": name.kind, "name": name.name, "created_at": utc_now()}
        insert_ignore(session, Principal, [new])
        row = _holder(session, tenant_id, name)
        assert row is not None
    if row.provider is not None:
        raise NameTaken(name)
    session.sql.execute(_these(tenant_id, [row.id]).values(provider=provider, active=active, external_id=external_id))
    bump_policy(session, tenant_id)
    return PrincipalId(row.id)


def rename(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, name: Name) -> None:
    """The same principal under another name: what lists say of him stays his, and what they said of a bearer of the new name who
    had not come yet becomes his. Raises `NameTaken` when somebody has it."""
    row = _holder(session, tenant_id, name)
    if row is not None and row.id == principal_id:
        return
    if row is not None:
        if row.provider is not None:
            raise NameTaken(name)
        _give(session, tenant_id, PrincipalId(row.id), principal_id)
    session.sql.execute(_these(tenant_id, [principal_id]).values(name=name.name))
    bump_policy(session, tenant_id)


def set_active(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, active: bool) -> None:
    """A person who is not active reads nothing; a group that is not holds nobody."""
    changed = _these(tenant_id, [principal_id]).where(Principal.active.is_not(active)).values(active=active)
    if session.sql.execute(changed.returning(Principal.id)).first() is not None:
        bump_policy(session, tenant_id)


def set_external_id(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, external_id: str | None) -> None:
    """What the provider itself calls him."""
    session.sql.execute(_these(tenant_id, [principal_id]).values(external_id=external_id))


def set_aliases(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, names: Collection[Name]) -> None:
    """All other names of this person: an e-mail address, the number that a provider gives. One that is left out is nobody's.

    Raises `NameTaken` when somebody else has one of them.
    """
    held = session.sql.execute(
        select(Principal.id, Principal.name).where(
            Principal.tenant_id == tenant_id, Principal.alias_of == principal_id, Principal.deleted_at.is_(None)
        )
    ).all()
    own = select(Principal.name).where(Principal.tenant_id == tenant_id, Principal.id == principal_id)
    wanted = {name.name for name in names} - {session.sql.scalar(own)}
    gone = [PrincipalId(row.id) for row in held if row.name not in wanted]
    new = sorted(wanted - {row.name for row in held})
    if gone:
        remove(session, tenant_id, gone)
    add_aliases(session, tenant_id, principal_id, [Name("user", name) for name in new])


def add_aliases(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, names: Iterable[Name]) -> None:
    """More names of this person. Raises `NameTaken` when somebody, he himself included, has one of them."""
    mine = select(Principal.provider).where(Principal.tenant_id == tenant_id, Principal.id == principal_id)
    provider = session.sql.scalars(mine).one()
    for name in names:
        alias = bind(session, tenant_id, name, provider or "")
        session.sql.execute(_these(tenant_id, [alias]).values(alias_of=principal_id))


def remove(session: WriteSession, tenant_id: TenantId, ids: Collection[PrincipalId]) -> None:
    """They are gone, with other names, memberships and kept questions. Whoever gets such a name later is somebody else."""
    if not ids:
        return
    for batch in batches(ids):
        names = select(Principal.id).where(Principal.tenant_id == tenant_id, Principal.alias_of.in_(batch))
        everyone = [*batch, *session.sql.scalars(names)]
        for part in batches(everyone):
            touched = or_(Membership.group_id.in_(part), Membership.member_id.in_(part))
            session.sql.execute(delete(Membership).where(Membership.tenant_id == tenant_id, touched))
            session.sql.execute(_these(tenant_id, part).values(deleted_at=utc_now()))
            drop_requests_of(session, tenant_id, part)
            drop_turns_of(session, tenant_id, part)
    bump_policy(session, tenant_id)


def add_members(
    session: WriteSession, tenant_id: TenantId, group_id: PrincipalId, member_ids: Iterable[PrincipalId], origin: str
) -> int:
    """Put them into the group; returns how many were not in it. `origin` says which sync did it, for `acl explain`."""
    added = 0
    now = utc_now()
    for batch in batches(dict.fromkeys(member_ids)):
        there = set(session.sql.scalars(select(Membership.member_id).where(*_in(tenant_id, group_id, batch))))
        rows = [
            {"group_id": group_id, "member_id": m, "tenant_id": tenant_id, "since": now, "origin": origin}
            for m in batch
            if m not in there
        ]
        if rows:
            insert_ignore(session, Membership, rows)
            added += len(rows)
    if added:
        bump_policy(session, tenant_id)
    return added


def remove_members(session: WriteSession, tenant_id: TenantId, group_id: PrincipalId, member_ids: Iterable[PrincipalId]) -> int:
    """Take them out of the group; returns how many were in it."""
    removed = 0
    for batch in batches(dict.fromkeys(member_ids)):
        gone = delete(Membership).where(*_in(tenant_id, group_id, batch)).returning(Membership.member_id)
        removed += len(session.sql.execute(gone, execution_options={"synchronize_session": False}).all())
    if removed:
        bump_policy(session, tenant_id)
    return removed


def _holder(session: ReadSession, tenant_id: TenantId, name: Name) -> Principal | None:
    """The row of this name, whether somebody has it or only lists name it."""
    return session.sql.scalar(
        select(Principal).where(
            Principal.tenant_id == tenant_id,
            Principal.kind == name.kind,
            Principal.name == name.name,
            Principal.deleted_at.is_(None),
        )
    )


def _give(session: WriteSession, tenant_id: TenantId, unbound: PrincipalId, heir: PrincipalId) -> None:
    """What names `unbound`, whom nobody was yet, names `heir`. Labels stay as they are, and so does the index."""
    for deny in (0, 1):
        has = select(AccessEntry.label).where(
            AccessEntry.tenant_id == tenant_id, AccessEntry.principal_id == heir, AccessEntry.deny == deny
        )
        theirs = (AccessEntry.tenant_id == tenant_id, AccessEntry.principal_id == unbound, AccessEntry.deny == deny)
        for change in (
            update(AccessEntry).where(*theirs, AccessEntry.label.not_in(has)).values(principal_id=heir),
            delete(AccessEntry).where(*theirs),
        ):
            session.sql.execute(change, execution_options={"synchronize_session": False})
    groups = select(Membership.group_id).where(Membership.tenant_id == tenant_id, Membership.member_id == heir)
    mine = (Membership.tenant_id == tenant_id, Membership.member_id == unbound)
    for step in (
        update(Membership).where(*mine, Membership.group_id.not_in(groups)).values(member_id=heir),
        delete(Membership).where(*mine),
        delete(Principal).where(Principal.tenant_id == tenant_id, Principal.id == unbound),
    ):
        session.sql.execute(step, execution_options={"synchronize_session": False})


def _these(tenant_id: TenantId, ids: Iterable[int]) -> Update:
    return update(Principal).where(Principal.tenant_id == tenant_id, Principal.id.in_(list(ids)))


def _in(tenant_id: TenantId, group_id: PrincipalId, members: Iterable[PrincipalId]) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.tenant_id == tenant_id,
        Membership.group_id == group_id,
        Membership.member_id.in_(list(members)),
    )
