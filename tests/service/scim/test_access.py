"""What SCIM's changes mean for who may read, and what is kept of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, select

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from catalog.session import reading, transaction
from catalog.tables import AuditEntry, Membership
from tests.service.scim.client import USER, Scim, new_key, refused
from tests.service.scim.readers import Readers


def snapshot(readers: Readers, sequence: int, *names: str) -> None:
    users = [{"id": name} for name in names]
    text = json.dumps({"sequence": sequence, "users": users, "groups": [{"id": "staff", "members": []}]})
    with transaction(readers.catalog) as session:
        apply_snapshot(session, readers.tenant_id, parse_snapshot(text))


def test_groups_hold_groups(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = scim.user("ana")
    inner = scim.group("inner", ana)
    outer = scim.group("outer", inner)
    label = readers.label("group:outer")
    assert readers.may_read("ana", label)
    members = scim.send("GET", f"/Groups/{outer}").json()["members"]
    assert [(m["type"], m["$ref"].rpartition("/scim/v2/")[2]) for m in members] == [("Group", f"Groups/{inner}")]
    assert scim.patch(f"/Groups/{inner}", {"op": "add", "path": "members", "value": [{"value": outer}]}).status_code == 204
    assert readers.may_read("ana", label), "circles are harmless"
    scim.patch(f"/Groups/{inner}", {"op": "remove", "path": f'members[value eq "{ana}"]'})
    assert not readers.may_read("ana", label)


def test_a_name_that_lists_waited_for_is_bound(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    label = readers.label("user:ana", "group:leads")
    assert not readers.may_read("ana", label)
    scim.user("ana")
    assert readers.may_read("ana", label)


def test_explaining_tells_which_key_put_somebody_into_a_group(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    group = scim.group("leads")
    scim.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": scim.user("ana")}]})
    with reading(scim.catalog) as session:
        origins = session.sql.scalars(select(Membership.origin).where(Membership.tenant_id == readers.tenant_id)).all()
    assert origins == [f"scim key:{scim.key.split('_')[1]}"]


def test_deny_holds_for_who_comes(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    label = readers.label("everyone", deny=("group:out",))
    ana = scim.user("ana")
    assert readers.may_read("ana", label)
    scim.group("out", ana)
    assert not readers.may_read("ana", label)


def test_people_of_a_snapshot_are_not_scims(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    snapshot(readers, 1, "ana")
    refused(scim.send("POST", "/Users", {"userName": "ANA"}), 409, "uniqueness")
    refused(scim.send("POST", "/Groups", {"displayName": "staff"}), 409, "uniqueness")
    assert scim.found("Users") == scim.found("Groups") == []
    ben = scim.user("ben")
    refused(scim.patch(f"/Users/{ben}", {"op": "replace", "path": "userName", "value": "ana"}), 409, "uniqueness")
    refused(scim.patch(f"/Users/{ben}", {"op": "replace", "path": "externalId", "value": "ana"}), 409, "uniqueness")
    assert scim.send("GET", f"/Users/{ben}").json()["userName"] == "ben"
    snapshot(readers, 2, "cid")
    assert [found["userName"] for found in scim.found("Users")] == ["ben"], "nor are SCIM's people the snapshot's"
    assert readers.may_read("ben", readers.label("user:ben"))


def test_every_change_moves_the_epoch_and_no_question_does(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    before = readers.epoch()

    def moved() -> bool:
        nonlocal before
        now = readers.epoch()
        before, then = now, before
        return now > then

    ana = scim.user("ana", active=True)
    assert moved()
    group = scim.group("leads")
    assert moved()
    member = {"value": [{"value": ana}], "path": "members"}
    for operation in ({"op": "add", **member}, {"op": "remove", **member}):
        scim.patch(f"/Groups/{group}", operation)
        assert moved()
    scim.patch(f"/Groups/{group}", {"op": "remove", **member})
    assert not moved(), "nothing changed"
    scim.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False})
    assert moved()
    scim.found("Users")
    scim.found("Groups", filter='displayName eq "leads"')
    assert not moved()
    scim.send("DELETE", f"/Users/{ana}")
    assert moved()
    scim.send("DELETE", f"/Groups/{group}")
    assert moved()


def test_every_change_is_audited_with_its_key_and_counts(scim: Scim) -> None:
    ana = scim.user("ana", displayName="Ana Lind", emails=[{"value": "lind@people.example"}])
    group = scim.group("leads", ana)
    scim.patch(f"/Groups/{group}", {"op": "remove", "path": "members", "value": [{"value": ana}]})
    scim.patch(f"/Groups/{group}", {"op": "remove", "path": "members", "value": [{"value": ana}]})
    scim.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False})
    scim.patch(f"/Users/{ana}", {"op": "replace", "path": "userName", "value": "eva"})
    refused(scim.send("POST", "/Users", {"userName": "eva"}), 409, "uniqueness")
    scim.send("DELETE", f"/Groups/{group}")
    scim.send("DELETE", f"/Users/{ana}")
    with reading(scim.catalog) as session:
        rows = session.sql.scalars(
            select(AuditEntry)
            .where(AuditEntry.action.startswith("scim."), AuditEntry.action != "scim.refused")
            .order_by(AuditEntry.id)
        ).all()
        told = [(row.action, row.object, row.details) for row in rows]
        assert {row.actor for row in rows} == {f"key:{scim.key.split('_')[1]}"}
    assert told == [
        ("scim.user.create", "user:ana", {"active": True}),
        ("scim.group.create", "group:leads", {"members_added": 1}),
        ("scim.group.members", "group:leads", {"members_removed": 1}),
        ("scim.user.update", "user:ana", {"active": False}),
        ("scim.user.update", "user:eva", {"active": False, "was": "user:ana"}),
        ("scim.group.delete", "group:leads", {}),
        ("scim.user.delete", "user:eva", {}),
    ]


def test_the_log_holds_ids_alone(scim: Scim) -> None:
    ana = scim.user("secret-name", displayName="Ana Lind")
    scim.found("Users", filter='displayName eq "Ana Lind"')
    scim.send("GET", "/Users/secret-name")
    scim.send("GET", "/secret-name")
    lines = scim.lines()
    assert not any(word in scim.log.getvalue() for word in ("secret-name", "Lind", scim.key))
    assert [line["route"] for line in lines] == ["Users", "Users", "Users/?", "?"]
    assert [line["status"] for line in lines] == [201, 200, 404, 404]
    assert lines[0]["key"] == scim.key.split("_")[1]
    scim.send("GET", f"/Users/{ana}")
    assert scim.lines()[-1]["route"] == f"Users/{ana}"


def test_names_may_be_bound_by_external_id(catalog: Engine) -> None:
    scim = Scim(catalog, scim_bind="external_id", scim_aliases=())
    readers = Readers(catalog)
    ana = scim.user("ana@people.example", externalId="A-17")
    group = scim.group("Leads of the north", ana, externalId="g-1")
    by_id, by_name = readers.label("group:g-1"), readers.label("group:leads of the north")
    assert readers.may_read("a-17", by_id)
    assert not readers.may_read("a-17", by_name)
    assert not readers.may_read("ana@people.example", by_id)
    scim.patch(f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": "Others"})
    assert readers.may_read("a-17", by_id)
    refused(scim.send("POST", "/Users", {"userName": "ben"}), 400, "invalidValue")
    refused(scim.send("POST", "/Users", {"userName": "ben", "externalId": "a-17"}), 409, "uniqueness")
    scim.user("ana@people.example", externalId="A-18")
    assert len(scim.found("Users", filter='userName eq "ana@people.example"')) == 2


def test_addresses_name_nobody_unless_they_are_told_to(catalog: Engine) -> None:
    readers = Readers(catalog)
    mine = readers.label("user:ana")
    mail = [{"value": "ana@people.example"}]
    plain = Scim(catalog)
    ana = plain.user("ana", emails=mail, externalId="17")
    assert readers.may_read("17", mine)
    assert not readers.may_read("ana@people.example", mine)
    named = Scim(catalog, plain.key, scim_aliases=("emails",))
    assert named.patch(f"/Users/{ana}", {"op": "replace", "path": "displayName", "value": "Ana"}).status_code == 200
    assert readers.may_read("ana@people.example", mine)
    assert not readers.may_read("17", mine), "what is no other name any more is nobody's"


def test_a_name_and_another_name_may_change_places(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = scim.user("ana", externalId="17")
    mine = readers.label("user:ana")
    answer = scim.send("PUT", f"/Users/{ana}", {"userName": "17", "externalId": "ana"})
    assert answer.status_code == 200, answer.text
    assert readers.may_read("17", mine)
    assert readers.may_read("ana", mine)


@pytest.mark.parametrize(
    "operation",
    [
        {"value": {USER: {"active": False}}},
        {"path": USER, "value": {"active": False}},
        {"value": {f"{USER}:active": "false"}},
        {"value": {"ACTIVE": False}},
        {"path": f"{USER}:active", "value": False},
        {"value": {"active.value": False}},
        {"value": [{"active": False}]},
        {"path": "active", "value": [False]},
        {"path": "active", "value": {"value": False}},
        {"path": "actve", "value": False},
    ],
)
def test_a_form_that_disables_nobody_is_refused(scim: Scim, operation: dict[str, Any]) -> None:
    readers = Readers(scim.catalog)
    label = readers.label("user:ana")
    ana = scim.user("ana", active=True)
    answer = scim.patch(f"/Users/{ana}", {"op": "replace", **operation})
    assert answer.status_code in (200, 400)
    assert readers.may_read("ana", label) == (answer.status_code == 400)


def test_a_disabled_user_may_be_made(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    label = readers.label("user:ana")
    ana = scim.user("ana", active=False)
    assert not readers.may_read("ana", label)
    answer = scim.patch(f"/Users/{ana}", {"op": "remove", "path": "active"})
    assert answer.status_code == 200
    assert not readers.may_read("ana", label), "what is removed says nothing, and silence lets nobody in"
    scim.patch(f"/Users/{ana}", {"op": "add", "path": "active", "value": True})
    assert readers.may_read("ana", label)


def test_a_revoked_key_changes_nothing_any_more(scim: Scim) -> None:
    from catalog.keys import revoke_key

    readers = Readers(scim.catalog)
    ana = scim.user("ana")
    with transaction(scim.catalog) as session:
        assert revoke_key(session, readers.tenant_id, scim.key.split("_")[1])
    refused(scim.send("DELETE", f"/Users/{ana}"), 401)
    scim.key = new_key(scim.catalog)
    assert scim.send("GET", f"/Users/{ana}").status_code == 200


def test_a_failed_request_changes_nothing(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = scim.user("ana")
    group = scim.group("leads", ana)
    before, epoch = scim.send("GET", f"/Groups/{group}"), readers.epoch()
    answer = scim.patch(
        f"/Groups/{group}",
        {"op": "replace", "path": "displayName", "value": "chairs"},
        {"op": "remove", "path": "members", "value": [{"value": ana}]},
        {"op": "add", "path": "members", "value": [{"value": "0f4ab1b0-3c3e-4d5c-9a55-5b1f0c1c8d11"}]},
    )
    refused(answer, 400, "invalidValue")
    after = scim.send("GET", f"/Groups/{group}")
    assert after.json() == before.json()
    assert after.headers["etag"] == before.headers["etag"]
    assert readers.epoch() == epoch


def test_every_use_of_the_key_is_audited_also_what_changes_nothing(scim: Scim) -> None:
    ana = scim.user("ana")
    scim.send("GET", f"/Users/{ana}")
    scim.found("Users", filter='userName eq "ana"')
    refused(scim.send("GET", "/Users/nobody-at-all"), 404)
    refused(scim.send("POST", "/Users", {"schemas": [USER], "userName": "ana"}), 409, "uniqueness")
    refused(scim.patch(f"/Users/{ana}", {"op": "replace", "path": "nonsense", "value": 1}), 400, "invalidPath")
    with reading(scim.catalog) as session:
        found = session.sql.execute(
            select(AuditEntry.actor, AuditEntry.action, AuditEntry.object, AuditEntry.details)
            .where(AuditEntry.action.in_(("scim.read", "scim.refused")))
            .order_by(AuditEntry.id)
        ).all()
    assert {row.actor for row in found} == {f"key:{scim.key.split('_')[1]}"}
    assert [(row.action, row.object, row.details["method"], row.details["status"]) for row in found] == [
        ("scim.read", f"Users/{ana}", "GET", 200),
        ("scim.read", "Users", "GET", 200),
        ("scim.refused", "Users/?", "GET", 404),
        ("scim.refused", "Users", "POST", 409),
        ("scim.refused", f"Users/{ana}", "PATCH", 400),
    ]
