"""The explanation says what the law says, and why."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine

from acl.access import may_read
from acl.explain import explain
from acl.principal import Name, parse
from acl.snapshot import apply_snapshot, parse_snapshot
from acl.store import Person, find_scope, intern
from catalog.documents import DocumentRow, open_document, open_source
from catalog.errors import UnknownDocument
from catalog.ids import Label, TenantId
from catalog.session import WriteSession, reading, transaction
from catalog.tenants import create_tenant
from tests.laws.directory import USERS, Tenancy, store, tenancies
from tests.unit.catalog.house import label as give

PEOPLE = """{"sequence": 1,
 "users": [{"id": "ana"}, {"id": "ben"}, {"id": "eve"}, {"id": "off", "active": false}],
 "groups": [{"id": "staff", "members": ["group:leads", "user:ben"]}, {"id": "leads", "members": ["group:chairs"]},
            {"id": "chairs", "members": ["user:ana", "group:staff"]}]}"""


def document(session: WriteSession, tenant: TenantId, name: str, label: Label | None) -> DocumentRow:
    row = open_document(session, tenant, open_source(session, tenant, "wiki", "/wiki"), name)
    if label is not None:
        give(session, row.key, label)
    return row


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tenancy=tenancies)
def test_it_agrees_with_the_law_and_with_the_search(catalog: Engine, tenancy: Tenancy) -> None:
    with transaction(catalog) as session:
        stored = store(session, tenancy)
        documents = {f"d{n}": label for n, label in enumerate(stored.labels)}
        for name, label in documents.items():
            document(session, stored.tenant_id, name, label)
        lists = dict(stored.lists())
        for user in USERS:
            held = stored.principals(user)
            scope = find_scope(session, stored.tenant_id, Person(stored.ids[user], user.name))
            for name, label in documents.items():
                why = explain(session, stored.tenant_id, str(user), name)
                assert why.allowed == may_read(held, lists[label]) == (label in scope.labels)
                assert bool(why.allowed_by) == bool(held & lists[label].allow)
                assert bool(why.denied_by) == bool(held & lists[label].deny)
                for way, entries in ((why.allowed_by, lists[label].allow), (why.denied_by, lists[label].deny)):
                    if way:
                        assert way[0] == user
                        assert stored.ids[way[-1]] in entries
                        steps = set(zip(way[1:], way[:-1], strict=True))
                        assert steps <= tenancy.memberships or way[1:] == (Name("everyone", "everyone"),)
                assert 1 <= len(why.lines()) - len(why.steps) <= 4


CASES = [
    ("ana", ["group:staff"], [], "allowed",
     "user:ana may read doc: group:staff (through group:chairs, group:leads) is on its allow list."),
    ("user:Ben", ["user:ben"], [], "allowed", "user:ben may read doc: user:ben is on its allow list."),
    ("eve", ["everyone"], [], "allowed", "user:eve may read doc: everyone is on its allow list."),
    ("ana", ["everyone"], ["group:leads"], "denied",
     "user:ana may not read doc: group:leads (through group:chairs) is on its deny list, and deny wins."),
    ("eve", ["group:staff", "user:zoe"], [], "not_listed",
     "user:eve may not read doc: its allow list holds group:staff, user:zoe, and he is none of them."),
    ("ana", [], ["user:eve"], "nobody_listed", "user:ana may not read doc: its access list allows nobody."),
    ("off", ["everyone"], [], "disabled_person", "user:off may not read doc: this person is disabled."),
    ("zoe", ["user:zoe"], [], "unknown_person", "user:zoe may not read doc: there is no such person here."),
    ("group:staff", ["group:staff"], [], "unknown_person", "user:group:staff may not read doc: there is no such person here."),
    ("a\0", ["everyone"], [], "unknown_person", "'a\\x00' may not read doc: there is no such person here."),
]  # fmt: skip


@pytest.mark.parametrize(("person", "allow", "deny", "reason", "line"), CASES)
def test_reasons(catalog: Engine, person: str, allow: list[str], deny: list[str], reason: str, line: str) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot(PEOPLE))
        document(session, tenant, "doc", intern(session, tenant, map(parse, allow), map(parse, deny)))
    with reading(catalog) as session:
        why = explain(session, tenant, person, "doc")
    assert (why.allowed, why.reason) == (reason == "allowed", reason)
    assert why.lines()[0].startswith(line)
    assert why.lines()[-1].startswith("Nothing of this document is served")


def test_a_document_without_a_list_is_nobodys_and_an_unknown_one_is_an_error(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot(PEOPLE))
        document(session, tenant, "doc", None)
        assert explain(session, tenant, "ana", "doc").reason == "nobody_listed"
        for name in ("other", "", "\0", secrets.token_hex(200_000)):
            with pytest.raises(UnknownDocument):
                explain(session, tenant, "ana", name)


def test_it_tells_of_a_group_that_was_made_again_and_of_what_deny_took(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot(PEOPLE))
        document(session, tenant, "old", intern(session, tenant, [parse("group:leads")], []))
        document(session, tenant, "denied", intern(session, tenant, [parse("group:staff")], [parse("user:ana")]))
        apply_snapshot(session, tenant, parse_snapshot('{"sequence": 2, "users": [{"id": "ana"}], "groups": []}'))
        again = '{"sequence": 3, "users": [{"id": "ana"}], "groups": [{"id": "leads", "members": ["user:ana"]}]}'
        apply_snapshot(session, tenant, parse_snapshot(again))
        why = explain(session, tenant, "ana", "old")
        assert (why.allowed, why.reason, why.removed) == (False, "not_listed", (parse("group:leads"),))
        assert "Removed since the list was made, and bound to nobody of that name now: group:leads." in why.lines()
        document(session, tenant, "both", intern(session, tenant, [parse("group:leads")], [parse("user:ana")]))
        assert (
            explain(session, tenant, "ana", "both").lines()[1]
            == "Without that he might read it: group:leads is on its allow list."
        )


def test_a_long_list_is_told_in_short(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, parse_snapshot(PEOPLE))
        document(session, tenant, "doc", intern(session, tenant, [parse(f"user:x{n:03}") for n in range(300)], []))
        first = explain(session, tenant, "ana", "doc").lines()[0]
    assert "user:x007 and 292 more, and he is none of them" in first
