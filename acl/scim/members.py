"""Members of a group, from the ids that clients know to the rows, at the cost of the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from scim2_models import InvalidValueException, Resource

from acl import members as people
from acl.scim import rows
from acl.scim.membership import MEMBERS, Change
from catalog.ids import PrincipalId, TenantId
from catalog.session import ReadSession, WriteSession


def change_members(
    session: WriteSession, tenant_id: TenantId, group_id: PrincipalId, changes: Sequence[Change], origin: str
) -> Counter[str]:
    """Make the changes in order; returns how many were added and removed. `origin` is told by `acl explain`.

    Whom `add` and `replace` name must be here (`InvalidValueException`); whom `remove` names need not: he is no member afterwards
    either way.
    """
    counts: Counter[str] = Counter()
    for change in changes:
        if change.kind == "remove":
            found = rows.principals_of(session, tenant_id, change.ids)
            counts["members_removed"] += people.remove_members(session, tenant_id, group_id, found.values())
            continue
        ids = known(session, tenant_id, change.ids)
        if change.kind == "replace":
            counts += replace_members(session, tenant_id, group_id, ids, origin)
        else:
            counts["members_added"] += people.add_members(session, tenant_id, group_id, ids, origin)
    return counts


def replace_members(
    session: WriteSession, tenant_id: TenantId, group_id: PrincipalId, ids: Collection[PrincipalId], origin: str
) -> Counter[str]:
    """Leave exactly these in the group; returns how many were added and removed."""
    leaving = rows.member_ids(session, tenant_id, group_id) - set(ids)
    removed = people.remove_members(session, tenant_id, group_id, leaving)
    added = people.add_members(session, tenant_id, group_id, ids, origin)
    return Counter({"members_added": added, "members_removed": removed})


def members_in(session: ReadSession, tenant_id: TenantId, resource: Resource[Any]) -> list[PrincipalId]:
    """Whom a group names as its members. Raises `InvalidValueException` for whoever is not here."""
    named = [entry.value for entry in getattr(resource, MEMBERS, None) or ()]
    if not all(isinstance(id_, str) and id_ for id_ in named):
        raise InvalidValueException(detail="A member is named by `value`, the id of a user or group.")
    return known(session, tenant_id, tuple(dict.fromkeys(named)))


def known(session: ReadSession, tenant_id: TenantId, ids: Collection[str]) -> list[PrincipalId]:
    """Whom these ids mean. Raises `InvalidValueException` unless all are here."""
    found = rows.principals_of(session, tenant_id, ids)
    if len(found) != len(ids):
        missing = len(ids) - len(found)
        raise InvalidValueException(detail=f"{missing} of the members are no users or groups here. Create them first.")
    return list(found.values())
