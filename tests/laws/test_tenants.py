"""Law 2, second half: tenants never meet. The same names, groups and lists in two tenants give nobody anything of the other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from acl.access import AccessList
from acl.errors import UnknownPerson
from acl.explain import explain
from acl.snapshot import apply_snapshot, parse_snapshot
from acl.store import Person, access_of, find_person, find_scope, groups_of, intern, names_of, unknown_names
from catalog.documents import find_document, find_sources, open_document, open_source
from catalog.errors import UnknownDocument
from catalog.keys import create_key, list_keys, revoke_key
from catalog.session import transaction
from catalog.tables import Base
from catalog.tenants import create_tenant, policy_epoch
from tests.laws.directory import ALL, GROUPS, USERS, Name, Tenancy, store, tenancies

DEPLOYMENT_WIDE = {"tenants", "collections"}


def test_every_table_names_its_tenant() -> None:
    for table in Base.metadata.sorted_tables:
        if table.name not in DEPLOYMENT_WIDE:
            assert not table.c.tenant_id.nullable
            of = {key.column.table.name for key in table.c.tenant_id.foreign_keys}
            assert "tenants" in of, "a key of two columns may name another table of tenants besides"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=tenancies, two=tenancies)
def test_a_person_of_one_tenant_reads_nothing_in_another(catalog: Engine, one: Tenancy, two: Tenancy) -> None:
    with transaction(catalog) as session:
        a, b = store(session, one), store(session, two)
        assert not set(a.labels) & set(b.labels)
        for user in USERS:
            person = Person(a.ids[user], user.name)
            assert find_scope(session, a.tenant_id, person).labels <= set(a.labels)
            assert not find_scope(session, b.tenant_id, person).labels
        for label in a.labels:
            assert access_of(session, b.tenant_id, label) == AccessList()
        assert names_of(session, b.tenant_id, a.ids.values()) == {}
        assert groups_of(session, b.tenant_id, list(a.ids.values())) == {}


def test_names_and_epochs_are_each_tenants_own(catalog: Engine) -> None:
    people = parse_snapshot('{"sequence": 5, "users": [{"id": "ana"}], "groups": [{"id": "leads", "members": ["user:ana"]}]}')
    with transaction(catalog) as session:
        a, b = create_tenant(session, "a"), create_tenant(session, "b")
        apply_snapshot(session, a, people)
        assert policy_epoch(session, b) == 0
        with pytest.raises(UnknownPerson):
            find_person(session, b, "ana")
        intern(session, a, [Name("user", "misspelt")], [])
        assert unknown_names(session, b) == []
        apply_snapshot(session, b, people)  # the same sequence: each tenant counts its own
        assert find_person(session, a, "ana").id != find_person(session, b, "ana").id
        apply_snapshot(session, b, parse_snapshot('{"sequence": 6, "users": [], "groups": []}'))
        assert find_person(session, a, "ana")


def test_documents_sources_and_keys_of_another_tenant_are_absent(catalog: Engine) -> None:
    with transaction(catalog) as session:
        a, b = create_tenant(session, "a"), create_tenant(session, "b")
        apply_snapshot(session, b, parse_snapshot('{"sequence": 1, "users": [{"id": "ana"}], "groups": []}'))
        source = open_source(session, a, "wiki", "/a")
        open_document(session, a, source, "wiki/one")
        key_id, _ = create_key(session, a, "k", ["retrieve"])
        assert find_document(session, b, "wiki/one") is None
        assert find_sources(session, b, ["wiki"]) == {}
        with pytest.raises(UnknownDocument):
            explain(session, b, "ana", "wiki/one")
        assert list_keys(session, b) == []
        assert not revoke_key(session, b, key_id)
        assert list_keys(session, a)[0].revoked_at is None


def test_everyone_is_everyone_of_one_tenant(catalog: Engine) -> None:
    active = dict.fromkeys([*USERS, *GROUPS], "active")
    tenancy = Tenancy(active, frozenset(), [(frozenset([ALL]), frozenset())])
    with transaction(catalog) as session:
        a, b = store(session, tenancy), store(session, tenancy)
        assert find_scope(session, a.tenant_id, Person(a.ids[USERS[0]], "u0")).labels == set(a.labels)
        assert find_scope(session, b.tenant_id, Person(b.ids[USERS[0]], "u0")).labels == set(b.labels)
