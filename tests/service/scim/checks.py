"""What scim2-tester does not look at. Each check drives a server and asserts; `test_faults.py` shows that each can fail."""

from __future__ import annotations

import httpx

from catalog.keys import revoke_key
from catalog.session import transaction
from tests.service.scim.client import BASE, Scim, new_key, refused
from tests.service.scim.readers import Readers

PATHS = ("/Users", "/Groups", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Me", "/nothing", "/Users/.search", "")


def everything_needs_a_key(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    revoked = new_key(scim.catalog)
    with transaction(scim.catalog) as session:
        assert revoke_key(session, readers.tenant_id, revoked.split("_")[1])
    wrong = [None, "", "Bearer", "Basic abc", f"Bearer {scim.key}x", f"Bearer {revoked}", scim.key, "Bearer pck_0_0"]
    for path in PATHS:
        for header in wrong:
            headers = {} if header is None else {"Authorization": header}
            answer = Stranger(scim).send("POST" if path.endswith(".search") else "GET", path, headers)
            detail = refused(answer, 401)
            assert "scope `scim`" in detail
            assert answer.headers["www-authenticate"].startswith("Bearer")
        other = new_key(scim.catalog, "retrieve", "impersonate", "admin", "reveal")
        refused(Stranger(scim).send("GET", path, {"Authorization": f"Bearer {other}"}), 403)


class Stranger:
    """Sends exactly the headers that it is given."""

    def __init__(self, scim: Scim) -> None:
        self.scim = scim

    def send(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        own, self.scim.bare = self.scim.bare, True
        try:
            return self.scim.send(method, path, headers=headers)
        finally:
            self.scim.bare = own


def a_filter_limits_what_is_found(scim: Scim) -> None:
    ana, ben = scim.user("ana", externalId="1", displayName="Ana", emails=[{"value": "ana@x.example"}]), scim.user("ben")
    group = scim.group("leads", ana)
    scim.group("others", ben)
    for asked in (
        'userName eq "ANA"',
        f'id eq "{ana}"',
        'externalId eq "1"',
        'displayName eq "ana"',
        'emails.value eq "ANA@x.example"',
        'emails[value eq "ana@x.example"]',
        'userName sw "an"',
        'userName eq "ana" and externalId eq "1"',
        'not (userName eq "ben")',
    ):
        assert [found["id"] for found in scim.found("Users", filter=asked)] == [ana], asked
    for asked in ('userName eq "nobody"', 'userName eq "ana" and externalId eq "2"', 'externalId eq "1" and userName eq "ben"'):
        assert scim.found("Users", filter=asked) == [], asked
    for asked in (
        'displayName eq "Leads"',
        f'members eq "{ana}"',
        f'members.value eq "{ana}"',
        f'id eq "{group}" and members eq "{ana}"',
    ):
        assert [found["id"] for found in scim.found("Groups", filter=asked)] == [group], asked
    assert scim.found("Groups", filter=f'id eq "{group}" and members eq "{ben}"') == []


def pages_are_pages(scim: Scim) -> None:
    made = [scim.user(f"person-{n}") for n in range(5)]
    for query in ({}, {"filter": 'userName sw "person"'}, {"sortBy": "userName"}):
        read = []
        for start in (1, 3, 5, 7):
            answer = scim.send("GET", "/Users", params={"startIndex": start, "count": 2, **query}).json()
            assert answer["totalResults"] == 5, query
            assert answer["startIndex"] == start
            assert answer["itemsPerPage"] == len(answer["Resources"]) <= 2
            read += [found["id"] for found in answer["Resources"]]
        assert read == made, query
    assert scim.send("GET", "/Users", params={"count": 0}).json()["Resources"] == []


def who_is_removed_is_gone(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    label = readers.label("group:leads")
    for shape in (
        lambda id_: {"op": "Remove", "path": f'members[value eq "{id_}"]'},
        lambda id_: {"op": "remove", "path": "members", "value": [{"value": id_}]},
        lambda id_: {"op": "remove", "path": f'urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq "{id_}"]'},
    ):
        people = {name: scim.user(name) for name in ("ana", "ben")}
        group = scim.group("leads", *people.values())
        assert readers.may_read("ben", label)
        assert scim.patch(f"/Groups/{group}", shape(people["ben"])).status_code == 204
        assert scim.members(group) == {people["ana"]}
        assert not readers.may_read("ben", label)
        assert readers.may_read("ana", label)
        for path in (f"/Groups/{group}", *(f"/Users/{id_}" for id_ in people.values())):
            assert scim.send("DELETE", path).status_code == 204
        label = readers.label("group:leads")


def replaced_members_leave(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana, ben = scim.user("ana"), scim.user("ben")
    group = scim.group("leads", ana)
    label = readers.label("group:leads")
    assert scim.patch(f"/Groups/{group}", {"op": "Replace", "path": "members", "value": [{"value": ben}]}).status_code == 204
    assert scim.members(group) == {ben}
    assert not readers.may_read("ana", label)
    answer = scim.send("PUT", f"/Groups/{group}", {"displayName": "leads", "members": [{"value": ana}]})
    assert answer.status_code == 200
    assert scim.members(group) == {ana}
    assert not readers.may_read("ben", label)
    assert scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"members": []}}).status_code == 204
    assert scim.members(group) == set()
    assert not readers.may_read("ana", label)


def an_old_version_changes_nothing(scim: Scim) -> None:
    ana = scim.user("ana")
    group = scim.group("leads")
    for path, operation in (
        (f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": ana}]}),
        (f"/Groups/{group}", {"op": "replace", "path": "externalId", "value": "7"}),
        (f"/Users/{ana}", {"op": "replace", "path": "active", "value": False}),
    ):
        old = scim.send("GET", path).headers["etag"]
        first = scim.patch(path, operation, headers={"If-Match": old})
        assert first.status_code in (200, 204)
        assert first.headers["etag"] not in ("", old)
        refused(scim.patch(path, operation, headers={"If-Match": old}), 412)
        whole = {"displayName": "other"} if "Groups" in path else {"userName": "other"}
        refused(scim.send("PUT", path, whole, headers={"If-Match": old}), 412)
        refused(scim.send("DELETE", path, headers={"If-Match": old}), 412)
        assert scim.send("GET", path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert scim.members(group) == {ana}


def no_answer_repeats_the_host(scim: Scim) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    made = scim.send("POST", "/Users", {"userName": "ana"}, headers=headers)
    group = scim.send("POST", "/Groups", {"displayName": "g", "members": [{"value": made.json()["id"]}]}, headers=headers)
    answers = [
        made,
        group,
        *(scim.send("GET", path, headers=headers) for path in ("/Users", "/Groups", "/ServiceProviderConfig")),
    ]
    answers.append(scim.send("GET", f"/Groups/{group.json()['id']}", headers=headers))
    for answer in answers:
        assert "evil" not in answer.text + str(answer.headers)
    assert made.headers["location"] == f"{BASE}/Users/{made.json()['id']}" == made.json()["meta"]["location"]
    assert answers[-1].json()["members"][0]["$ref"] == f"{BASE}/Users/{made.json()['id']}"


def parallel_changes_are_all_kept(scim: Scim) -> None:
    people = [scim.user(f"person-{n}") for n in range(20)]
    group = scim.group("leads", *people[:10])

    def change(op: str, id_: str) -> tuple[str, str, dict[str, object]]:
        said = {"op": op, "path": "members", "value": [{"value": id_}]}
        return ("PATCH", f"/Groups/{group}", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [said]})

    adds, removals = [change("Add", id_) for id_ in people[10:]], [change("Remove", id_) for id_ in people[:10]]
    assert [answer.status_code for answer in scim.together(adds)] == [204] * 10
    assert scim.members(group) == set(people)
    assert [answer.status_code for answer in scim.together([*removals, *adds])] == [204] * 20
    assert scim.members(group) == set(people[10:])


def of_changes_to_one_version_one_wins(scim: Scim) -> None:
    people = [scim.user(f"person-{n}") for n in range(10)]
    group = scim.group("leads")
    version = scim.send("GET", f"/Groups/{group}").headers["etag"]
    said = [{"op": "Add", "path": "members", "value": [{"value": id_}]} for id_ in people]
    changes = [("PATCH", f"/Groups/{group}", {"Operations": [operation]}) for operation in said]
    answers = [answer.status_code for answer in scim.together(changes, headers={"If-Match": version})]
    assert sorted(answers) == [204] + [412] * 9
    assert scim.members(group) == {people[answers.index(204)]}


def of_equal_names_one_is_made(scim: Scim) -> None:
    made = scim.together([("POST", "/Users", {"userName": name}) for name in ("ana", "Ana", "ANA") * 3])
    assert sorted(answer.status_code for answer in made) == [201] + [409] * 8
    (id_,) = [found["id"] for found in scim.found("Users")]
    gone = scim.together([("DELETE", f"/Users/{id_}", None)] * 5)
    assert sorted(answer.status_code for answer in gone) == [204] + [404] * 4


def tenants_never_meet(scim: Scim) -> None:
    other = Scim(scim.catalog, new_key(scim.catalog, tenant="other"), scim.app)
    ana = scim.user("ana", externalId="1")
    group = scim.group("leads", ana)
    assert other.found("Users") == other.found("Groups") == other.found("Users", filter='externalId eq "1"') == []
    theirs = other.user("ana", externalId="1")
    for path in (f"/Users/{ana}", f"/Groups/{group}"):
        refused(other.send("GET", path), 404)
        refused(other.send("DELETE", path), 404)
    refused(other.patch(f"/Groups/{group}", {"op": "remove", "path": "members"}), 404)
    mine = other.group("leads", theirs)
    refused(other.patch(f"/Groups/{mine}", {"op": "add", "path": "members", "value": [{"value": ana}]}), 400, "invalidValue")
    assert other.patch(f"/Groups/{mine}", {"op": "remove", "path": "members", "value": [{"value": ana}]}).status_code == 204
    assert scim.members(group) == {ana}
    assert [found["id"] for found in scim.found("Users")] == [ana]
    assert [found["id"] for found in other.found("Users", filter='userName eq "ana"')] == [theirs]


def who_is_disabled_reads_nothing(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = scim.user("ana", active=True)
    scim.group("leads", ana)
    labels = [readers.label("user:ana"), readers.label("group:leads"), readers.label("everyone")]
    assert all(readers.may_read("ana", label) for label in labels)
    assert scim.patch(f"/Users/{ana}", {"op": "Replace", "path": "active", "value": "False"}).status_code == 200
    assert not any(readers.may_read("ana", label) for label in labels)
    answer = scim.send("PUT", f"/Users/{ana}", {"userName": "ana"})
    assert answer.status_code == 200
    assert not any(readers.may_read("ana", label) for label in labels), "silence about `active` must not let anybody in"


def who_is_disabled_can_still_be_managed(scim: Scim) -> None:
    ana = scim.user("ana", active=True)
    assert scim.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": False}}).status_code == 200
    answer = scim.send("GET", f"/Users/{ana}")
    assert answer.status_code == 200
    assert answer.json()["active"] is False
    assert [found["active"] for found in scim.found("Users", filter='userName eq "ana"')] == [False]
    assert scim.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": True}}).json()["active"] is True


def a_wrong_path_is_refused(scim: Scim) -> None:
    ana = scim.user("ana")
    group = scim.group("leads", ana)
    for operation, kind in (
        ({"op": "remove", "path": "member"}, "invalidPath"),
        ({"op": "Remove", "path": f'member[value eq "{ana}"]'}, "invalidPath"),
        ({"op": "add", "path": "nothing", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "urn:example:2.0:Group:members", "value": []}, "invalidPath"),
    ):
        refused(scim.patch(f"/Groups/{group}", operation), 400, kind)
    refused(scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"member": []}}), 400, "invalidValue")
    refused(scim.patch(f"/Users/{ana}", {"op": "replace", "path": "actve", "value": False}), 400, "invalidPath")
    refused(scim.patch(f"/Users/{ana}", {"op": "replace", "value": {"actve": False}}), 400, "invalidValue")
    assert scim.members(group) == {ana}


def a_member_path_that_is_not_understood_is_refused(scim: Scim) -> None:
    ana = scim.user("ana")
    group = scim.group("leads", ana)
    for operation in (
        {"op": "replace", "value": {f'members[value eq "{ana}"].type': "User"}},
        {"op": "replace", "value": {"urn:ietf:params:scim:schemas:core:2.0:Group": {"members": None}}},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group", "value": {"members": []}},
        {"op": "replace", "value": {"members.value": "x"}},
        {"op": "replace", "value": {"Members ": []}},
        {"op": "remove", "path": 'members[display eq "ana"]'},
        {"op": "remove", "path": f'members[not (value eq "{ana}")]'},
        {"op": "remove", "path": "members.value"},
        {"op": "remove", "path": "members", "value": []},
        {"op": "remove", "path": "members", "value": ana},
        {"op": "remove", "path": f'members[value eq "{ana}"', "value": None},
        {"op": "remove"},
        {"op": "delete", "path": "members"},
        {"op": "add", "path": f'members[value eq "{ana}"]', "value": {"value": ana}},
        {"op": "replace", "value": {f'members[value eq "{ana}"].display': "x"}},
    ):
        answer = scim.patch(f"/Groups/{group}", operation)
        assert answer.status_code == 400, operation
        assert answer.json()["scimType"] in ("invalidPath", "invalidFilter", "invalidValue", "noTarget", "mutability")
    assert scim.members(group) == {ana}


def a_name_that_comes_back_is_somebody_new(scim: Scim) -> None:
    readers = Readers(scim.catalog)
    ana = scim.user("ana")
    group = scim.group("leads", ana)
    personal, shared = readers.label("user:ana"), readers.label("group:leads")
    assert scim.send("DELETE", f"/Users/{ana}").status_code == 204
    assert scim.members(group) == set()
    assert scim.user("ana") != ana
    assert not readers.may_read("ana", personal)
    assert not readers.may_read("ana", shared)
    refused(scim.send("GET", f"/Users/{ana}"), 404)
