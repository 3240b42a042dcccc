"""Who may read a list, asked of the list, is who may read it, asked of the people."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from acl import members
from acl.principal import Name
from acl.readers import readers_of
from acl.store import Person, find_scope, intern_all
from catalog.session import transaction
from tests.laws.directory import USERS, Tenancy, store, tenancies


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tenancy=tenancies, back=st.frozensets(st.sampled_from(USERS)), other=st.sampled_from([None, *USERS]))
def test_both_ways_say_the_same(catalog: Engine, tenancy: Tenancy, back: frozenset[Name], other: Name | None) -> None:
    """Also where somebody came back under a removed one's name, and where somebody has another name that a list knows."""
    alias = Name("user", "alias")
    with transaction(catalog) as session:
        stored = store(session, tenancy)
        people = {name: stored.ids[name] for name, state in tenancy.states.items() if name in USERS and state == "active"}
        for name in sorted(back):
            if tenancy.states[name] == "removed":
                people[name] = members.bind(session, stored.tenant_id, name, "test")
        extra = intern_all(session, stored.tenant_id, [([alias], []), ([Name("everyone", "everyone")], [alias]), ([*USERS], [])])
        if other in people:
            members.set_aliases(session, stored.tenant_id, people[other], [alias])
        labels = [*stored.labels, *extra]
        scopes = {name: find_scope(session, stored.tenant_id, Person(id_, name.name)).labels for name, id_ in people.items()}
        for label in labels:
            assert set(readers_of(session, stored.tenant_id, [label])) == {name for name in people if label in scopes[name]}
        both = labels[:2]
        assert set(readers_of(session, stored.tenant_id, both)) == {n for n in people if both and set(both) <= scopes[n]}
        assert readers_of(session, stored.tenant_id, []) == ()
