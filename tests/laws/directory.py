"""A tenant's people, groups and lists as Hypothesis draws them, and their rows in a catalog: shared by the laws on access."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from hypothesis import strategies as st

from acl.access import AccessList
from acl.groups import ancestors
from acl.principal import Name
from acl.store import intern_all, resolve
from catalog.ids import EVERYONE, Label, PrincipalId, TenantId, utc_now
from catalog.session import WriteSession
from catalog.tables import Membership, Principal
from catalog.tenants import create_tenant

USERS = [Name("user", f"u{n}") for n in range(5)]
GROUPS = [Name("group", f"g{n}") for n in range(5)]
ALL = Name("everyone", EVERYONE)
STATES = ("active", "active", "active", "disabled", "unbound", "removed")

List = tuple[frozenset[Name], frozenset[Name]]


@dataclass(frozen=True)
class Tenancy:
    """States of users and groups, memberships (group, member), lists (allow, deny)."""

    states: dict[Name, str]
    memberships: frozenset[tuple[Name, Name]]
    lists: list[List]


_named = st.frozensets(st.sampled_from([*USERS, *GROUPS, ALL]), max_size=4)

tenancies = st.builds(
    Tenancy,
    states=st.fixed_dictionaries({name: st.sampled_from(STATES) for name in [*USERS, *GROUPS]}),
    memberships=st.frozensets(st.tuples(st.sampled_from(GROUPS), st.sampled_from([*USERS, *GROUPS])), max_size=14),
    lists=st.lists(st.tuples(_named, _named), max_size=8),
)


@dataclass
class Stored:
    """A tenancy in the catalog, with what an oracle needs, kept apart from the catalog's own queries."""

    tenant_id: TenantId
    ids: dict[Name, PrincipalId]
    tenancy: Tenancy
    labels: list[Label] = field(default_factory=list)

    def principals(self, user: Name) -> frozenset[PrincipalId]:
        """All that `user` is: nothing unless he is active; groups count while they are in force."""
        if self.tenancy.states[user] != "active":
            return frozenset()
        member_of: dict[PrincipalId, list[PrincipalId]] = {}
        for group, member in self.tenancy.memberships:
            if self.tenancy.states[group] == "active":
                member_of.setdefault(self.ids[member], []).append(self.ids[group])
        return ancestors(self.ids[user], member_of) | {self.ids[ALL]}

    def lists(self) -> list[tuple[Label, AccessList]]:
        """Each label with its list, in ids, straight from the drawn names."""
        return [
            (label, AccessList(frozenset(self.ids[n] for n in allow), frozenset(self.ids[n] for n in deny)))
            for label, (allow, deny) in zip(self.labels, self.tenancy.lists, strict=True)
        ]


def store(session: WriteSession, tenancy: Tenancy) -> Stored:
    """Write it as a new tenant. Lists are interned while everybody is there; then people and groups change their states."""
    tenant_id = create_tenant(session, f"t-{secrets.token_hex(6)}")
    ids = resolve(session, tenant_id, [*USERS, *GROUPS, ALL])
    stored = Stored(tenant_id, ids, tenancy)
    stored.labels = intern_all(session, tenant_id, tenancy.lists)
    session.sql.add_all(
        Membership(tenant_id=tenant_id, group_id=ids[group], member_id=ids[member]) for group, member in tenancy.memberships
    )
    for name, state in tenancy.states.items():
        row = session.sql.get_one(Principal, ids[name])
        row.provider = None if state == "unbound" else "test"
        row.active = state != "disabled"
        row.deleted_at = utc_now() if state == "removed" else None
    session.sql.flush()
    return stored
