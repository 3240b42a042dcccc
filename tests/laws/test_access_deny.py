"""Law 2, first half: deny wins, over any mixture of users, groups nested to any depth, cycles and everyone."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from acl.access import AccessList, may_read
from acl.groups import ancestors, chain
from acl.store import Person, find_scope
from catalog.ids import PrincipalId
from catalog.session import transaction
from tests.laws.directory import ALL, GROUPS, USERS, Tenancy, store

ids = st.frozensets(st.integers(1, 9).map(PrincipalId))
graphs = st.dictionaries(st.integers(1, 12).map(PrincipalId), st.frozensets(st.integers(1, 12).map(PrincipalId), max_size=4))


@given(principals=ids, allow=ids, deny=ids)
def test_one_deny_outweighs_every_allow(
    principals: frozenset[PrincipalId], allow: frozenset[PrincipalId], deny: frozenset[PrincipalId]
) -> None:
    assert may_read(principals, AccessList(allow, deny)) == (bool(principals & allow) and not principals & deny)


@given(principals=ids, more=ids, allow=ids, deny=ids)
def test_a_longer_deny_list_lets_nobody_in(
    principals: frozenset[PrincipalId], more: frozenset[PrincipalId], allow: frozenset[PrincipalId], deny: frozenset[PrincipalId]
) -> None:
    assert may_read(principals, AccessList(allow, deny | more)) <= may_read(principals, AccessList(allow, deny))


@given(start=st.integers(1, 12).map(PrincipalId), member_of=graphs)
def test_ancestors_are_the_least_closed_set_and_each_has_a_chain(
    start: PrincipalId, member_of: dict[PrincipalId, frozenset[PrincipalId]]
) -> None:
    found = ancestors(start, member_of)
    closed = {start}
    for _ in range(13):  # longer than any path without a repeat
        closed |= {group for member in closed for group in member_of.get(member, ())}
    assert found == closed
    for goal in range(1, 13):
        way = chain(start, PrincipalId(goal), member_of)
        assert (way is not None) == (goal in found)
        if way is not None:
            assert way[0] == start
            assert way[-1] == goal
            assert all(above in member_of[below] for below, above in pairwise(way))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(GROUPS), depth=st.integers(1, 5), cycle=st.booleans())
def test_a_deny_reaches_through_every_depth(catalog: Engine, order: list, depth: int, cycle: bool) -> None:  # type: ignore[type-arg]
    """u0 is in the lowest of a chain of groups; a deny on the topmost keeps him out of what he, they and everyone may read."""
    way = order[:depth]
    memberships = {(way[0], USERS[0]), *zip(way[1:], way, strict=False)}
    if cycle:
        memberships.add((way[0], way[-1]))
    open_to_all = frozenset([USERS[0], USERS[1], *way, ALL])
    tenancy = Tenancy(
        dict.fromkeys([*USERS, *GROUPS], "active"),
        frozenset(memberships),
        [(open_to_all, frozenset()), (open_to_all, frozenset([way[-1]])), (frozenset([way[-1]]), frozenset())],
    )
    with transaction(catalog) as session:
        stored = store(session, tenancy)
        plain, denied, through_group = stored.labels
        u0 = find_scope(session, stored.tenant_id, Person(stored.ids[USERS[0]], "u0"))
        u1 = find_scope(session, stored.tenant_id, Person(stored.ids[USERS[1]], "u1"))
    assert u0.labels == {plain, through_group}
    assert u1.labels == {plain, denied}
