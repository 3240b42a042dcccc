"""The rows behind SCIM's resources. Every query is of one tenant; a principal that was removed is nowhere in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, delete, func, select, update

from acl.scim.shape import Kind, Member, Stored
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Membership, Principal, ScimLookup, ScimResource

STREAMED = 500
"""Rows that are in memory at once when a filter has no index."""


def find(session: ReadSession, tenant_id: TenantId, kind: Kind, public_id: str) -> Stored | None:
    """The resource of this kind and id."""
    row = session.sql.execute(_resources(tenant_id, [kind]).where(ScimResource.public_id == public_id)).one_or_none()
    return None if row is None else _stored(row)


def find_all(session: ReadSession, tenant_id: TenantId, ids: Collection[PrincipalId]) -> list[Stored]:
    """The resources of these principals, in the order of `ids`."""
    found: dict[PrincipalId, Stored] = {}
    for batch in batches(ids):
        rows = session.sql.execute(_resources(tenant_id, ("user", "group")).where(ScimResource.principal_id.in_(batch)))
        found |= {stored.principal_id: stored for stored in map(_stored, rows)}
    return [found[id_] for id_ in ids if id_ in found]


def page(
    session: ReadSession, tenant_id: TenantId, kinds: Collection[Kind], offset: int, limit: int | None
) -> tuple[int, list[Stored]]:
    """How many there are, and those of one page, oldest first."""
    wanted = _resources(tenant_id, kinds)
    total = session.sql.execute(wanted.with_only_columns(func.count()).order_by(None)).scalar_one()
    if limit == 0 or offset >= total:
        return total, []
    return total, [_stored(row) for row in session.sql.execute(wanted.offset(offset).limit(limit))]


def count(session: ReadSession, tenant_id: TenantId, kinds: Collection[Kind]) -> int:
    """How many resources there are."""
    return page(session, tenant_id, kinds, 0, 0)[0]


def stream(session: ReadSession, tenant_id: TenantId, kinds: Collection[Kind]) -> Iterator[list[Stored]]:
    """All of them, oldest first, a batch at a time."""
    after = 0
    while rows := session.sql.execute(
        _resources(tenant_id, kinds).where(ScimResource.principal_id > after).limit(STREAMED)
    ).all():
        yield [_stored(row) for row in rows]
        after = rows[-1].principal_id


def with_value(
    session: ReadSession, tenant_id: TenantId, kind: Kind, attribute: str, digest: str, limit: int
) -> Sequence[PrincipalId]:
    """Those whose attribute has the value of this digest, at most `limit`, oldest first."""
    return _ids(
        session.sql.scalars(
            select(ScimLookup.principal_id)
            .join(Principal, Principal.id == ScimLookup.principal_id)
            .where(
                ScimLookup.tenant_id == tenant_id,
                ScimLookup.attribute == attribute,
                ScimLookup.digest == digest,
                *_there(tenant_id, [kind]),
            )
            .order_by(ScimLookup.principal_id)
            .limit(limit)
        )
    )


def holding(session: ReadSession, tenant_id: TenantId, member: str, limit: int) -> Sequence[PrincipalId]:
    """The groups that hold the member of this id directly, at most `limit`, oldest first."""
    who = select(ScimResource.principal_id).where(ScimResource.tenant_id == tenant_id, ScimResource.public_id == member)
    return _ids(
        session.sql.scalars(
            select(Membership.group_id)
            .where(Membership.tenant_id == tenant_id, Membership.member_id.in_(who))
            .order_by(Membership.group_id)
            .limit(limit)
        )
    )


def members_of(session: ReadSession, tenant_id: TenantId, groups: Collection[PrincipalId]) -> dict[PrincipalId, list[Member]]:
    """The members of each group, oldest first."""
    found: dict[PrincipalId, list[Member]] = {id_: [] for id_ in groups}
    for batch in batches(groups):
        rows = session.sql.execute(
            select(Membership.group_id, ScimResource.public_id, Principal.kind)
            .join(Principal, Principal.id == Membership.member_id)
            .join(ScimResource, ScimResource.principal_id == Membership.member_id)
            .where(
                Membership.tenant_id == tenant_id,
                Membership.group_id.in_(batch),
                ScimResource.tenant_id == tenant_id,
                *_there(tenant_id, ("user", "group")),
            )
            .order_by(Membership.group_id, Membership.member_id)
        )
        for row in rows:
            found[PrincipalId(row.group_id)].append(Member(row.public_id, row.kind))
    return found


def member_ids(session: ReadSession, tenant_id: TenantId, group_id: PrincipalId) -> set[PrincipalId]:
    """Who is directly in the group, whoever put him there."""
    rows = session.sql.scalars(
        select(Membership.member_id).where(Membership.tenant_id == tenant_id, Membership.group_id == group_id)
    )
    return {PrincipalId(id_) for id_ in rows}


def principals_of(session: ReadSession, tenant_id: TenantId, public_ids: Collection[str]) -> dict[str, PrincipalId]:
    """Whom these ids mean. One that means nobody is left out."""
    found: dict[str, PrincipalId] = {}
    for batch in batches(public_ids):
        rows = session.sql.execute(
            select(ScimResource.public_id, ScimResource.principal_id)
            .join(Principal, Principal.id == ScimResource.principal_id)
            .where(
                ScimResource.tenant_id == tenant_id,
                ScimResource.public_id.in_(batch),
                *_there(tenant_id, ("user", "group")),
            )
        )
        found |= {row.public_id: PrincipalId(row.principal_id) for row in rows}
    return found


def insert(
    session: WriteSession,
    tenant_id: TenantId,
    principal_id: PrincipalId,
    attributes: Mapping[str, Any],
    lookups: Collection[tuple[str, str]],
) -> str:
    """Keep a new resource; returns the id that its clients will know."""
    public_id, now = str(uuid4()), utc_now()
    session.sql.add(
        ScimResource(
            tenant_id=tenant_id, principal_id=principal_id, public_id=public_id, attributes=dict(attributes), revision=1,
            created_at=now, modified_at=now,
        )
    )  # fmt: skip
    session.sql.flush()
    _insert_lookups(session, tenant_id, principal_id, lookups)
    return public_id


def rewrite(
    session: WriteSession,
    tenant_id: TenantId,
    principal_id: PrincipalId,
    attributes: Mapping[str, Any],
    lookups: Collection[tuple[str, str]],
) -> None:
    """Keep what a resource says now. Its version moves."""
    session.sql.execute(
        _this(tenant_id, principal_id).values(
            attributes=dict(attributes), revision=ScimResource.revision + 1, modified_at=utc_now()
        )
    )
    session.sql.execute(_lookups(tenant_id, principal_id))
    _insert_lookups(session, tenant_id, principal_id, lookups)


def touch(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId) -> int:
    """The version of a group moves with its members. Returns the new revision."""
    moved = _this(tenant_id, principal_id).values(revision=ScimResource.revision + 1, modified_at=utc_now())
    return int(session.sql.execute(moved.returning(ScimResource.revision)).scalar_one())


def delete_resource(session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId) -> None:
    """Forget what was said of a resource; its principal is removed by `acl/members.py`."""
    session.sql.execute(_lookups(tenant_id, principal_id))
    session.sql.execute(
        delete(ScimResource).where(ScimResource.tenant_id == tenant_id, ScimResource.principal_id == principal_id),
        execution_options={"synchronize_session": False},
    )


def _resources(tenant_id: TenantId, kinds: Collection[Kind]) -> Select[Any]:
    columns = (ScimResource.principal_id, ScimResource.public_id, ScimResource.attributes, ScimResource.revision,
               ScimResource.created_at, ScimResource.modified_at, Principal.kind, Principal.name, Principal.active)  # fmt: skip
    return (
        select(*columns)
        .join(Principal, Principal.id == ScimResource.principal_id)
        .where(ScimResource.tenant_id == tenant_id, *_there(tenant_id, kinds))
        .order_by(ScimResource.principal_id)
    )


def _there(tenant_id: TenantId, kinds: Collection[Kind]) -> tuple[ColumnElement[bool], ...]:
    return (Principal.tenant_id == tenant_id, Principal.kind.in_(list(kinds)), Principal.deleted_at.is_(None))


def _this(tenant_id: TenantId, principal_id: PrincipalId) -> Any:
    return (
        update(ScimResource)
        .where(ScimResource.tenant_id == tenant_id, ScimResource.principal_id == principal_id)
        .execution_options(synchronize_session=False)
    )


def _lookups(tenant_id: TenantId, principal_id: PrincipalId) -> Any:
    return (
        delete(ScimLookup)
        .where(ScimLookup.tenant_id == tenant_id, ScimLookup.principal_id == principal_id)
        .execution_options(synchronize_session=False)
    )


def _insert_lookups(
    session: WriteSession, tenant_id: TenantId, principal_id: PrincipalId, lookups: Collection[tuple[str, str]]
) -> None:
    rows = [{"tenant_id": tenant_id, "attribute": a, "digest": d, "principal_id": principal_id} for a, d in sorted(lookups)]
    insert_ignore(session, ScimLookup, rows)


def _ids(numbers: Any) -> list[PrincipalId]:
    return [PrincipalId(number) for number in numbers]


def _stored(row: Any) -> Stored:
    return Stored(
        principal_id=PrincipalId(row.principal_id),
        id=row.public_id,
        kind=row.kind,
        name=row.name,
        active=row.active,
        attributes=row.attributes,
        revision=row.revision,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
