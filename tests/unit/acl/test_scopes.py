"""A remembered scope is the one that would be found anew, whatever happened in between and wherever."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, event

from acl import members
from acl.principal import parse
from acl.scopes import Scopes
from acl.store import Person, find_person, find_scope, intern
from catalog.ids import TenantId
from catalog.session import reading, transaction
from catalog.tenants import create_tenant

LEADS = parse("group:leads")


@pytest.fixture
def tenant(catalog: Engine) -> TenantId:
    with transaction(catalog) as session:
        tenant = create_tenant(session, f"t-{secrets.token_hex(6)}")
        for n in range(8):
            intern(session, tenant, [LEADS if n % 2 else parse("everyone"), parse(f"user:u{n}")], [])
        leads = members.bind(session, tenant, LEADS, "test")
        for n in range(8):
            members.add_members(session, tenant, leads, [members.bind(session, tenant, parse(f"user:u{n}"), "test")], "test")
    return tenant


def people(catalog: Engine, tenant: TenantId) -> list[Person]:
    with reading(catalog) as session:
        return [find_person(session, tenant, f"u{n}") for n in range(8)]


def test_what_is_remembered_is_not_looked_up_again(catalog: Engine, tenant: TenantId) -> None:
    kept = Scopes()
    looked: list[str] = []
    event.listen(catalog, "before_cursor_execute", lambda *told: looked.append(told[2]))
    with reading(catalog) as session:
        for person in people(catalog, tenant) * 3:
            assert kept.find(session, tenant, person).labels
    assert sum("access_entries" in statement for statement in looked) == 8
    with reading(catalog) as session:
        for person in people(catalog, tenant):
            assert kept.find(session, tenant, person) == find_scope(session, tenant, person)


def test_a_change_by_anybody_is_seen_at_once(catalog: Engine, tenant: TenantId) -> None:
    """Another process has nothing but the catalog in common: here it is another object."""
    kept, everybody = Scopes(), people(catalog, tenant)
    for person in everybody:
        with reading(catalog) as session:
            before = kept.find(session, tenant, person)
        with transaction(catalog) as session:
            members.set_active(session, tenant, person.id, False)
        with reading(catalog) as session:
            assert before.labels
            assert kept.find(session, tenant, person).labels == frozenset()


def test_it_keeps_no_more_than_it_may_and_is_right_all_the_same(catalog: Engine, tenant: TenantId) -> None:
    kept, everybody = Scopes(most_labels=12), people(catalog, tenant)

    def ask(person: Person) -> bool:
        with reading(catalog) as session:
            return kept.find(session, tenant, person) == find_scope(session, tenant, person)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, everybody * 10))
    assert sum(len(scope.labels) + 1 for scope in kept._kept.values()) == kept._labels <= 12


def test_tenants_share_nothing(catalog: Engine, tenant: TenantId) -> None:
    kept = Scopes()
    (person, *_) = people(catalog, tenant)
    with transaction(catalog) as session:
        other = create_tenant(session, f"t-{secrets.token_hex(6)}")
    with reading(catalog) as session:
        assert kept.find(session, tenant, person).labels
        assert kept.find(session, other, person).labels == frozenset()
