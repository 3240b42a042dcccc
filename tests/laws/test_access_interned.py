"""Law 3: equal lists of a tenant share one label, labels come from one sequence over all tenants and are never used again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from acl.snapshot import apply_snapshot, parse_snapshot
from acl.store import Person, access_of, find_person, find_scope, intern, intern_all, names_of, unknown_names
from catalog.ids import Label
from catalog.session import reading, transaction
from catalog.tables import AccessEntry, AccessList, Principal
from catalog.tenants import create_tenant, policy_epoch
from tests.laws.directory import ALL, GROUPS, USERS, List, Name

drawn = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
names = st.frozensets(st.sampled_from([*USERS, *GROUPS, ALL]), max_size=5)
lists = st.lists(st.tuples(names, names), max_size=12)
LEADS = Name("group", "leads")


@drawn
@given(given_lists=lists, seed=st.randoms(use_true_random=False))
def test_equal_lists_are_one_label_and_different_ones_two(catalog: Engine, given_lists: list[List], seed) -> None:  # type: ignore[no-untyped-def]
    with transaction(catalog) as session:
        tenants = [create_tenant(session, f"{n}-{seed.random()}") for n in "ab"]
        seen: dict[tuple[int, List], Label] = {}
        for pair in given_lists:
            for tenant in tenants:
                allow, deny = list(pair[0]), list(pair[1])
                seed.shuffle(allow)
                epoch = policy_epoch(session, tenant)
                label = intern(session, tenant, [*allow, *allow], deny)
                assert seen.setdefault((tenant, pair), label) == label
                assert intern(session, tenant, iter(allow), iter(deny)) == label
        assert len(set(seen.values())) == len(seen)
        for (tenant, (allowed, denied)), label in seen.items():
            access = access_of(session, tenant, label)
            called = names_of(session, tenant, access.allow | access.deny)
            assert ({called[i] for i in access.allow}, {called[i] for i in access.deny}) == (allowed, denied)
        epoch = [policy_epoch(session, tenant) for tenant in tenants]
        for tenant in tenants:
            assert intern_all(session, tenant, given_lists) == [seen[tenant, pair] for pair in given_lists]
        assert [policy_epoch(session, tenant) for tenant in tenants] == epoch


def test_the_epoch_moves_with_a_new_label_only(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        before = policy_epoch(session, tenant)
        intern(session, tenant, [], [])
        assert policy_epoch(session, tenant) == before + 1
        intern(session, tenant, [], [])
        assert policy_epoch(session, tenant) == before + 1
        intern_all(session, tenant, [([ALL], []), ([LEADS], []), ([], [])])
        assert policy_epoch(session, tenant) == before + 2


def test_a_label_or_a_person_that_is_gone_never_comes_back_as_another(catalog: Engine) -> None:
    """One sequence over tenants; even where rows are deleted, the numbers of the last ones are not given again."""
    with transaction(catalog) as session:
        a, b = create_tenant(session, "a"), create_tenant(session, "b")
        first, second = intern(session, a, [LEADS], []), intern(session, b, [LEADS], [])
        assert second > first
        highest = max(names_of(session, b, access_of(session, b, second).allow))
    with transaction(catalog) as session:
        session.sql.execute(delete(AccessEntry))
        session.sql.execute(delete(AccessList))
        session.sql.execute(delete(Principal).where(Principal.kind != "everyone"))
    with transaction(catalog) as session:
        third = intern(session, a, [LEADS], [])
        assert third > second
        assert min(access_of(session, a, third).allow) > highest


def test_interning_the_same_at_once_gives_one_label(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")

    def once(_: int) -> list[Label]:
        with transaction(catalog) as session:
            return intern_all(session, tenant, [([LEADS, USERS[0]], [USERS[1]]), ([ALL], [LEADS])])

    with ThreadPoolExecutor(4) as pool:
        labels = list(pool.map(once, range(12)))
    assert all(each == labels[0] for each in labels)
    with reading(catalog) as session:
        assert policy_epoch(session, tenant) == 1
        assert len(access_of(session, tenant, labels[0][0]).allow) == 2


def test_a_name_that_comes_later_is_bound_to_the_lists_that_named_it(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        label = intern(session, tenant, [LEADS], [USERS[1]])
        assert unknown_names(session, tenant) == [LEADS, USERS[1]]
        both = '"groups": [{"id": "leads", "members": ["user:u0", "user:u1"]}]}'
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 1, "users": [{"id": "u0"}, {"id": "u1"}], ' + both))
        assert unknown_names(session, tenant) == []
        assert find_scope(session, tenant, find_person(session, tenant, "u0")).labels == {label}
        assert not find_scope(session, tenant, find_person(session, tenant, "u1")).labels
        assert intern(session, tenant, [LEADS], [USERS[1]]) == label


def test_a_group_made_again_gets_nothing_until_it_is_bound_anew(catalog: Engine) -> None:
    with_leads = '"users": [{"id": "u0"}], "groups": [{"id": "leads", "members": ["user:u0"]}]}'
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 1, ' + with_leads))
        label = intern(session, tenant, [LEADS], [])
        u0: Person = find_person(session, tenant, "u0")
        assert find_scope(session, tenant, u0).labels == {label}
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 2, "users": [{"id": "u0"}], "groups": []}'))
        assert not find_scope(session, tenant, u0).labels
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 3, ' + with_leads))
        assert not find_scope(session, tenant, u0).labels
        again = intern(session, tenant, [LEADS], [])
        assert again != label
        assert find_scope(session, tenant, u0).labels == {again}
