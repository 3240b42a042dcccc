"""Law 1, no unfiltered search: only `acl/scope.py` makes a `ReadScope`, and whoever or whatever is not known reads nothing."""

from __future__ import annotations

import ast
import copy
import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from acl.access import AccessList, may_read
from acl.errors import UnknownPerson
from acl.scope import ReadScope, scope_by_specification, scope_of_labels
from acl.snapshot import apply_snapshot, parse_snapshot
from acl.store import Person, access_of, find_person, find_scope, intern, principals_of
from catalog.ids import Label, PrincipalId, TenantId
from catalog.session import reading, transaction
from catalog.tenants import create_tenant, policy_epoch
from tests.laws.directory import ALL, GROUPS, USERS, Name, Tenancy, store, tenancies

ROOT = Path(__file__).parents[2]
PACKAGES = ("catalog", "acl", "index", "privacy", "ingest", "retrieval", "flows", "evals", "cli")
MAKERS = {
    "ReadScope": {"acl/scope.py"},
    "scope_of_labels": {"acl/scope.py", "acl/store.py"},
    "scope_by_specification": {"acl/scope.py"},
}

drawn = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def makers_called(source: str) -> set[str]:
    """The makers of scopes that this source calls, in whatever way it imported them."""
    tree = ast.parse(source)
    names = {maker: maker for maker in MAKERS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "acl.scope":
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {names.get(f.id) for f in called if isinstance(f, ast.Name)} | {
        f.attr for f in called if isinstance(f, ast.Attribute)
    }
    return found & MAKERS.keys()


def test_only_its_file_makes_a_scope() -> None:
    seen = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            where = file.relative_to(ROOT).as_posix()
            source = file.read_text()
            for maker in makers_called(source):
                assert where in MAKERS[maker], f"{where} calls {maker}"
                seen.add((where, maker))
            if where != "acl/scope.py":
                assert "_KEY" not in source or "acl.scope" not in source, f"{where} reaches for the key of acl/scope.py"
    assert ("acl/scope.py", "ReadScope") in seen
    assert ("acl/store.py", "scope_of_labels") in seen


def test_the_search_for_makers_finds_them() -> None:
    assert makers_called("from acl.scope import ReadScope as R\nR(1, 2, {3}, 4)") == {"ReadScope"}
    assert makers_called("import acl.scope\nacl.scope.scope_of_labels(1, 2, [3], 4)") == {"scope_of_labels"}
    assert makers_called("from acl.scope import ReadScope\ndef f(scope: ReadScope) -> None: ...") == set()


def test_nobody_else_can_make_or_change_one() -> None:
    tenant, person = TenantId(1), PrincipalId(2)
    for key in (None, object(), "key"):
        with pytest.raises(TypeError):
            ReadScope(tenant, person, frozenset({Label(3)}), 4, key)
    real = scope_of_labels(tenant, person, [Label(3)], 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        real.labels = frozenset({Label(9)})  # type: ignore[misc]
    with pytest.raises(TypeError):
        dataclasses.replace(real, labels=frozenset({Label(9)}))
    assert copy.copy(real) == real


@given(st.frozensets(st.integers(1, 9).map(PrincipalId)), st.frozensets(st.integers(1, 9).map(PrincipalId)))
def test_a_missing_or_empty_list_is_nobody(principals: frozenset[PrincipalId], deny: frozenset[PrincipalId]) -> None:
    assert not may_read(principals, None)
    assert not may_read(principals, AccessList())
    assert not may_read(principals, AccessList(deny=deny))
    assert not may_read(frozenset(), AccessList(allow=principals, deny=deny))


@drawn
@given(tenancy=tenancies)
def test_a_scope_is_what_the_specification_says(catalog: Engine, tenancy: Tenancy) -> None:
    with transaction(catalog) as session:
        stored = store(session, tenancy)
        epoch = policy_epoch(session, stored.tenant_id)
        for user in USERS:
            oracle = stored.principals(user)
            expected = scope_by_specification(stored.tenant_id, stored.ids[user], oracle, stored.lists(), epoch)
            assert principals_of(session, stored.tenant_id, stored.ids[user]) == oracle
            assert find_scope(session, stored.tenant_id, Person(stored.ids[user], user.name)) == expected
            if tenancy.states[user] == "active":
                assert find_person(session, stored.tenant_id, str(user)) == Person(stored.ids[user], user.name)
            else:
                assert not expected.labels
                with pytest.raises(UnknownPerson):
                    find_person(session, stored.tenant_id, user.name)
        for label, access in stored.lists():
            assert access_of(session, stored.tenant_id, label) == access


@pytest.mark.parametrize("kind", ["group", "everyone"])
def test_a_group_or_everyone_is_no_person(catalog: Engine, kind: str) -> None:
    """A `Person` that carries the number of a group, of everyone or of nobody reads nothing, though lists name them."""
    everything = Tenancy(
        dict.fromkeys([*USERS, *GROUPS], "active"), frozenset(), [(frozenset([*USERS, *GROUPS, ALL]), frozenset())]
    )
    with transaction(catalog) as session:
        stored = store(session, everything)
        wrong = stored.ids[GROUPS[0] if kind == "group" else ALL]
        assert not find_scope(session, stored.tenant_id, Person(wrong, "x")).labels
        assert not find_scope(session, stored.tenant_id, Person(PrincipalId(10**9), "x")).labels
        assert find_scope(session, stored.tenant_id, Person(stored.ids[USERS[0]], "u0")).labels == set(stored.labels)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "ben",
        "user:",
        "user:ben",
        "group:leads",
        "everyone",
        "user:everyone",
        "\0",
        "ana\0",
        "\ud800",
        "a" * 10_000_000,
        "user:user:ana",
    ],
)
def test_a_name_that_nobody_has_is_unknown_and_never_a_crash(catalog: Engine, name: str) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        one = parse_snapshot('{"sequence": 1, "users": [{"id": "ana"}], "groups": [{"id": "leads", "members": ["user:ana"]}]}')
        apply_snapshot(session, tenant, one)
        intern(session, tenant, [Name("user", "ben")], [])
    with reading(catalog) as session:
        with pytest.raises(UnknownPerson) as caught:
            find_person(session, tenant, name)
        assert len(str(caught.value)) < 400
        assert find_person(session, tenant, " ANA ") == find_person(session, tenant, "User:ana")


def test_somebody_disabled_after_he_was_looked_up_reads_nothing(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 1, "users": [{"id": "ana"}], "groups": []}'))
        label = intern(session, tenant, [Name("user", "ana"), ALL], [])
        ana = find_person(session, tenant, "ana")
        before = find_scope(session, tenant, ana)
        off = parse_snapshot('{"sequence": 2, "users": [{"id": "ana", "active": false}], "groups": []}')
        apply_snapshot(session, tenant, off)
        after = find_scope(session, tenant, ana)
    assert before.labels == {label}
    assert after.labels == frozenset()
    assert after.policy_epoch > before.policy_epoch
