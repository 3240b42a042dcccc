"""What Microsoft Entra's provisioning sends, in its own spelling, from the test of the connection to the last deletion."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.scim.client import ENTERPRISE, GROUP, USER, Scim, refused
from tests.service.scim.readers import Readers

ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


def new_user(scim: Scim, name: str = "Ana@people.example", external_id: str = "7b1c0fd2") -> dict[str, Any]:
    body = {
        "schemas": [USER, ENTERPRISE],
        "externalId": external_id,
        "userName": name,
        "active": True,
        "displayName": "Ana Lind",
        "emails": [{"primary": True, "type": "work", "value": name}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Ana Lind", "familyName": "Lind", "givenName": "Ana"},
        "roles": [],
        ENTERPRISE: {"department": "Sales", "employeeNumber": "12"},
    }
    made = scim.send("POST", "/Users", body)
    assert made.status_code == 201, made.text
    whole: dict[str, Any] = made.json()
    return whole


def new_group(scim: Scim, name: str = "Leads") -> str:
    body = {"schemas": [GROUP, ADSCIM], "externalId": f"x-{name}", "displayName": name, "meta": {"resourceType": "Group"}}
    made = scim.send("POST", "/Groups", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_the_connection_is_tested_with_somebody_who_is_not_there(scim: Scim) -> None:
    answer = scim.send("GET", "/Users?filter=userName+eq+%22d3b07384-d113-4956-a5cc-9de5bbbd3b10%22")
    assert answer.status_code == 200
    assert answer.json()["totalResults"] == 0
    assert answer.json()["Resources"] == []
    flagged = scim.send("GET", "/Users?aadOptscim062020&filter=userName+eq+%22nobody%22")
    assert flagged.json()["totalResults"] == 0, "the switch behind the URL is none of ours"


def test_a_user_is_made_and_found_by_what_is_matched(scim: Scim) -> None:
    made = new_user(scim)
    assert made["userName"] == "Ana@people.example", "a name comes back as it was spelt"
    assert made[ENTERPRISE]["department"] == "Sales"
    matched = (
        'userName eq "ana@PEOPLE.example"',
        'externalId eq "7b1c0fd2"',
        'emails[type eq "work"].value eq "ana@people.example"',
    )
    for asked in matched:
        assert [found["id"] for found in scim.found("Users", filter=asked)] == [made["id"]], asked
    assert scim.send("GET", f"/Users/{made['id']}").json() == made
    refused(scim.send("POST", "/Users", {"schemas": [USER], "userName": "ANA@people.example"}), 409, "uniqueness")


def test_a_user_is_changed_by_many_operations_with_capitals(scim: Scim) -> None:
    made = new_user(scim)
    answer = scim.patch(
        f"/Users/{made['id']}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lind@people.example"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "12345"},
        {"op": "Replace", "path": "name.familyName", "value": "Berg"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Law"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "26118915"},
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "editor"},
        {"op": "Remove", "path": "displayName"},
    )
    assert answer.status_code == 200
    said = answer.json()
    assert said["emails"] == [{"primary": True, "type": "work", "value": "lind@people.example"}]
    assert said["phoneNumbers"] == [{"type": "mobile", "value": "12345"}]
    assert said["name"]["familyName"] == "Berg"
    assert said[ENTERPRISE] == {"department": "Law", "employeeNumber": "12", "manager": {"value": "26118915"}}
    assert said["roles"] == [{"primary": True, "value": "editor"}]
    assert "displayName" not in said
    assert scim.found("Users", filter='emails[type eq "work"].value eq "ana@people.example"') == []


def test_a_userprincipalname_changes_and_the_rights_stay(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    made = new_user(scim)
    mine = readers.label("user:ana@people.example")
    answer = scim.patch(f"/Users/{made['id']}", {"op": "Replace", "path": "userName", "value": "ana.berg@people.example"})
    assert answer.json()["userName"] == "ana.berg@people.example"
    assert readers.may_read("ana.berg@people.example", mine)
    assert not readers.may_read("ana@people.example", mine)


@pytest.mark.parametrize("value", ["False", "false", False])
def test_a_user_is_disabled_by_a_word_or_a_truth_value(scim: Scim, value: str | bool) -> None:
    readers = Readers(scim.catalog)
    made = new_user(scim)
    mine = readers.label("user:ana@people.example")
    answer = scim.patch(f"/Users/{made['id']}", {"op": "Replace", "path": "active", "value": value})
    assert answer.json()["active"] is False
    assert not readers.may_read("ana@people.example", mine)
    assert scim.send("GET", f"/Users/{made['id']}").json()["active"] is False
    assert scim.patch(f"/Users/{made['id']}", {"op": "Replace", "path": "active", "value": "True"}).json()["active"] is True
    assert readers.may_read("ana@people.example", mine)


def test_a_user_is_deleted_for_good(scim: Scim) -> None:
    made = new_user(scim)
    assert scim.send("DELETE", f"/Users/{made['id']}").status_code == 204
    refused(scim.send("GET", f"/Users/{made['id']}"), 404)
    refused(scim.send("DELETE", f"/Users/{made['id']}"), 404)
    assert new_user(scim)["id"] != made["id"]


def test_groups_are_asked_for_without_their_members(scim: Scim) -> None:
    ana = new_user(scim)
    group = new_group(scim)
    scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ana["id"]}]})
    (found,) = scim.found("Groups", filter='displayName eq "leads"', excludedAttributes="members")
    assert found["displayName"] == "Leads"
    alone = scim.send("GET", f"/Groups/{group}", params={"excludedAttributes": "members"}).json()
    assert "members" not in found
    assert "members" not in alone
    assert [m["value"] for m in scim.send("GET", f"/Groups/{group}").json()["members"]] == [ana["id"]]


def test_a_group_is_renamed_and_answers_204(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = new_user(scim)
    group = new_group(scim)
    label = readers.label("group:leads")
    added = scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]})
    assert (added.status_code, added.content) == (204, b"")
    renamed = scim.patch(f"/Groups/{group}", {"op": "Replace", "path": "displayName", "value": "Chairs"})
    assert (renamed.status_code, renamed.content) == (204, b"")
    assert scim.send("GET", f"/Groups/{group}").json()["displayName"] == "Chairs"
    assert scim.members(group) == {ana["id"]}
    assert readers.may_read("ana@people.example", label), "the group is the same under its new name"


def test_members_come_and_go_in_both_forms(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana, ben = new_user(scim), new_user(scim, "ben@people.example", "9c")
    group = new_group(scim)
    label = readers.label("group:leads")
    both = [{"$ref": None, "value": ana["id"]}, {"$ref": None, "value": ben["id"]}]
    assert scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": both}).status_code == 204
    assert readers.may_read("ben@people.example", label)
    for gone in (
        {"op": "Remove", "path": f'members[value eq "{ben["id"]}"]'},
        {"op": "Remove", "path": "members", "value": [both[1]]},
    ):
        assert scim.patch(f"/Groups/{group}", gone).status_code == 204
        assert scim.members(group) == {ana["id"]}
        assert not readers.may_read("ben@people.example", label)
        assert scim.patch(f"/Groups/{group}", gone).status_code == 204, "who is no member any more may be removed again"
        assert scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [both[1]]}).status_code == 204
    assert [f["id"] for f in scim.found("Groups", filter=f'id eq "{group}" and members eq "{ben["id"]}"')] == [group]


def test_somebody_deleted_may_still_be_taken_out_of_his_groups(scim: Scim) -> None:
    ana = new_user(scim)
    group = new_group(scim)
    scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]})
    scim.send("DELETE", f"/Users/{ana['id']}")
    gone = {"op": "Remove", "path": "members", "value": [{"value": ana["id"]}]}
    assert scim.patch(f"/Groups/{group}", gone).status_code == 204


def test_a_group_is_deleted_and_its_name_means_nobody(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = new_user(scim)
    group = new_group(scim)
    label = readers.label("group:leads")
    scim.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]})
    assert scim.send("DELETE", f"/Groups/{group}").status_code == 204
    assert not readers.may_read("ana@people.example", label)
    again = new_group(scim)
    scim.patch(f"/Groups/{again}", {"op": "Add", "path": "members", "value": [{"value": ana["id"]}]})
    assert not readers.may_read("ana@people.example", label), "a group made again under its old name gets nothing"


def test_paths_of_its_old_dialect_are_refused(scim: Scim) -> None:
    made = new_user(scim)
    refused(scim.patch(f"/Users/{made['id']}", {"op": "Add", "path": "manager", "value": "1"}), 400, "invalidPath")
