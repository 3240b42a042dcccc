"""What Okta's provisioning sends: it never deletes users, and changes them whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

from tests.service.scim.client import GROUP, USER, Scim, refused
from tests.service.scim.readers import Readers

PAGE = {"startIndex": 1, "count": 100}


def new_user(scim: Scim, name: str = "ana@people.example", external_id: str = "00ujl29u0le5T6Aj10h7") -> dict[str, Any]:
    body = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ana", "familyName": "Lind"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Ana Lind",
        "locale": "en-US",
        "externalId": external_id,
        "groups": [],
        "password": "1mz050nq-never-kept",
        "active": True,
    }
    made = scim.send("POST", "/Users", body)
    assert made.status_code == 201, made.text
    whole: dict[str, Any] = made.json()
    return whole


def test_the_integration_is_tested_by_two_lists(scim: Scim) -> None:
    for path, query in (("/Users", {"startIndex": 1, "count": 2}), ("/Groups", PAGE)):
        answer = scim.send("GET", path, params=query).json()
        assert (answer["totalResults"], answer["startIndex"], answer["itemsPerPage"]) == (0, 1, 0)


def test_a_user_is_looked_for_made_and_read(scim: Scim) -> None:
    assert scim.found("Users", filter='userName eq "ana@people.example"', **PAGE) == []
    made = new_user(scim)
    assert scim.found("Users", filter='userName eq "ana@people.example"', **PAGE) == [made]
    assert scim.send("GET", f"/Users/{made['id']}").json() == made
    refused(scim.send("POST", "/Users", {"schemas": [USER], "userName": "ana@people.example"}), 409, "uniqueness")


def test_the_password_is_kept_nowhere(scim: Scim, catalog: Engine) -> None:
    made = new_user(scim)
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"password": "2mz050nq-never-kept"}})
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "password", "value": "3mz050nq-never-kept"})
    scim.send("PUT", f"/Users/{made['id']}", {**made, "password": "4mz050nq-never-kept"})
    assert "never-kept" not in scim.send("GET", f"/Users/{made['id']}").text
    assert "never-kept" not in scim.log.getvalue()
    with catalog.connect() as connection:
        for table in ("scim_resources", "scim_lookups", "principals", "audit"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()
            assert "never-kept" not in str(rows), table
            assert rows, table


def test_a_profile_is_changed_by_a_put_of_all_of_it(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    made = new_user(scim)
    mine = readers.label("user:ana@people.example")
    changed = {**made, "userName": "lind@people.example", "name": {"givenName": "Ana", "familyName": "Berg"}, "groups": []}
    answer = scim.send("PUT", f"/Users/{made['id']}", changed)
    assert answer.status_code == 200
    assert answer.json()["name"]["familyName"] == "Berg"
    assert answer.json()["id"] == made["id"]
    assert readers.may_read("lind@people.example", mine)


def test_a_user_is_deactivated_by_a_patch_without_a_path_and_by_a_put(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    made = new_user(scim)
    mine = readers.label("user:ana@people.example")
    answer = scim.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": False}})
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert not readers.may_read("ana@people.example", mine)
    assert scim.found("Users", filter='userName eq "ana@people.example"', **PAGE)[0]["active"] is False
    answer = scim.send("PUT", f"/Users/{made['id']}", {**made, "active": True})
    assert answer.json()["active"] is True
    assert readers.may_read("ana@people.example", mine)
    assert scim.send("PUT", f"/Users/{made['id']}", {**made, "active": False}).json()["active"] is False
    assert not readers.may_read("ana@people.example", mine)


def test_its_number_of_a_person_names_him(scim: Scim) -> None:
    """`externalId` is an alias by default: a list, a token and a snapshot may name him by it."""
    readers = Readers(scim.catalog)
    label = readers.label("user:00ujl29u0le5T6Aj10h7")
    new_user(scim)
    assert readers.may_read("ana@people.example", label)
    assert readers.may_read("00ujl29u0le5T6Aj10h7", label)


def test_groups_are_pushed_with_names_of_members(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana, ben = new_user(scim), new_user(scim, "ben@people.example", "00u2")
    label = readers.label("group:leads")
    told = [{"value": ana["id"], "display": "ana@people.example"}]
    made = scim.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "Leads", "members": told})
    assert made.status_code == 201, made.text
    group = made.json()["id"]
    assert readers.may_read("ana@people.example", label)
    answer = scim.patch(
        f"/Groups/{group}",
        {"op": "remove", "path": f'members[value eq "{ana["id"]}"]'},
        {"op": "add", "path": "members", "value": [{"value": ben["id"], "display": "ben@people.example"}]},
    )
    assert answer.status_code == 204
    assert scim.members(group) == {ben["id"]}
    assert not readers.may_read("ana@people.example", label)
    assert scim.patch(f"/Groups/{group}", {"op": "replace", "path": "members", "value": told}).status_code == 204
    assert scim.members(group) == {ana["id"]}


def test_a_group_is_renamed_with_its_own_id_in_the_value(scim: Scim) -> None:
    group = scim.group("leads", new_user(scim)["id"])
    other = scim.group("others")
    answer = scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Chairs"}})
    assert answer.status_code == 204
    assert scim.send("GET", f"/Groups/{group}").json()["displayName"] == "Chairs"
    refused(scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": other, "displayName": "X"}}), 400, "mutability")
    assert len(scim.members(group)) == 1


def test_a_group_is_put_whole_and_deleted(scim: Scim) -> None:
    ana, ben = new_user(scim), new_user(scim, "ben@people.example", "00u2")
    group = scim.group("leads", ana["id"])
    body = {"schemas": [GROUP], "id": group, "displayName": "Leads", "members": [{"value": ben["id"], "display": "ben"}]}
    answer = scim.send("PUT", f"/Groups/{group}", body)
    assert answer.status_code == 200, answer.text
    assert scim.members(group) == {ben["id"]}
    assert scim.found("Groups", filter='displayName eq "Leads"', **PAGE)[0]["id"] == group
    assert scim.send("DELETE", f"/Groups/{group}").status_code == 204
    assert scim.found("Groups", **PAGE) == []
