"""Bounds, each by its setting, and requests that nobody's provider sends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine

from acl.settings import AclSettings
from catalog.session import open_engine, transaction
from catalog.tenants import list_tenants
from tests.service.scim.client import GROUP, PATCH, USER, Scim, refused


def test_a_large_body_is_refused_before_it_is_read(catalog: Engine) -> None:
    scim = Scim(catalog, scim_max_body_bytes=2000)
    body = {"schemas": [USER], "userName": "ana", "title": "x" * 1500}
    assert scim.send("POST", "/Users", body).status_code == 201
    refused(scim.send("POST", "/Users", {**body, "userName": "ben", "title": "x" * 2500}), 413)
    refused(scim.send("POST", "/Users", b"x" * 500_000), 413)
    assert [found["userName"] for found in scim.found("Users")] == ["ana"]


def test_a_page_has_a_size(catalog: Engine) -> None:
    scim = Scim(catalog, scim_max_count=3)
    for n in range(5):
        scim.user(f"person-{n}")
    for query in ({}, {"count": 100}, {"count": 100, "filter": "userName pr"}):
        answer = scim.send("GET", "/Users", params=query).json()
        assert (answer["itemsPerPage"], answer["totalResults"]) == (3, 5)
    assert scim.send("GET", "/ServiceProviderConfig").json()["filter"] == {"supported": True, "maxResults": 3}


def test_a_filter_has_a_length_and_a_depth(catalog: Engine) -> None:
    scim = Scim(catalog, scim_max_filter_characters=200)
    assert scim.send("GET", "/Users", params={"filter": 'userName eq "' + "x" * 180 + '"'}).status_code == 200
    refused(scim.send("GET", "/Users", params={"filter": 'userName eq "' + "x" * 200 + '"'}), 400, "invalidFilter")
    refused(scim.send("POST", "/Users/.search", {"filter": 'userName eq "' + "x" * 200 + '"'}), 400, "invalidFilter")
    deep = Scim(catalog, scim_max_filter_characters=5000)
    refused(deep.send("GET", "/Users", params={"filter": "not (" * 100 + "userName pr" + ")" * 100}), 400, "invalidFilter")


def test_a_patch_has_a_number_of_operations(catalog: Engine) -> None:
    scim = Scim(catalog, scim_max_operations=2)
    group, user = scim.group("leads"), scim.user("ana")
    for path, operation in (
        (f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": user}]}),
        (f"/Users/{user}", {"op": "add", "path": "title", "value": "x"}),
    ):
        assert scim.patch(path, operation, operation).status_code in (200, 204)
        refused(scim.patch(path, operation, operation, operation), 400, "tooMany")
        refused(scim.patch(path), 400, "invalidSyntax")


def test_going_through_everything_has_a_bound_and_an_index_has_none(catalog: Engine) -> None:
    scim = Scim(catalog, scim_max_scanned=3)
    made = [scim.user(f"person-{n}", externalId=str(n)) for n in range(5)]
    refused(scim.send("GET", "/Users", params={"filter": 'userName co "person"'}), 400, "tooMany")
    refused(scim.send("GET", "/Users", params={"sortBy": "userName"}), 400, "tooMany")
    assert [found["id"] for found in scim.found("Users", filter='userName eq "person-3"')] == [made[3]]
    assert len(scim.found("Users")) == 5
    scim.group("leads")
    assert len(scim.found("Groups", filter='displayName co "lead"')) == 1


def test_a_filter_without_a_value_that_could_be_there_finds_nobody(scim: Scim) -> None:
    scim.user("ana")
    for asked in ('id eq "nobody"', 'externalId eq ""', 'members.value eq "x"'):
        assert scim.send("GET", "/Groups", params={"filter": asked}).json()["totalResults"] == 0
    refused(scim.send("GET", "/Users", params={"filter": 'nothing eq "x"'}), 400, "invalidFilter")
    refused(scim.send("GET", "/Users", params={"filter": "userName eq"}), 400, "invalidFilter")
    refused(scim.send("GET", "/Users", params={"filter": 'userName eq "a\0"'}), 400, "invalidSyntax")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"[" * 100_000, b'{"userName": NaN}', b'{"userName":"a","username":"b"}',
     b'{"userName":"a\\u0000"}', b'{"userName":"a\\ud800"}', b'{"displayName":"x"}', b'{"userName":""}', b'{"userName":5}',
     b'{"userName":"user:ana"}', b'{"userName":"a\\nb"}', b'{"userName":"ana","active":"perhaps"}',
     b'{"userName":"ana","actve":false}',
     json.dumps({"userName": "x" * 301}).encode(), json.dumps({"userName": "ana", "externalId": "x" * 301}).encode(),
     json.dumps({"schemas": ["urn:x:User"], "urn:x:User": {"a": 1}, "userName": "ana"}).encode()],
)  # fmt: skip
def test_a_body_that_is_no_user_makes_none(scim: Scim, body: bytes) -> None:
    answer = scim.send("POST", "/Users", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["scimType"] in ("invalidSyntax", "invalidValue")
    assert scim.found("Users") == []
    assert not [line for line in scim.lines() if line["event"] == "failed"]


@pytest.mark.parametrize(
    "members", [[{"value": "nobody"}], [{"value": None}], [{}], ["x"], "x", [{"value": ""}], [{"$ref": "Users/1"}], {"a": 1}]
)
def test_a_group_of_nobody_is_refused(scim: Scim, members: object) -> None:
    answer = scim.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "leads", "members": members})
    assert answer.status_code == 400, answer.text
    group = scim.group("leads")
    for op in ("add", "replace"):
        body = {"schemas": [PATCH], "Operations": [{"op": op, "path": "members", "value": members}]}
        assert scim.send("PATCH", f"/Groups/{group}", body).status_code == 400
    assert scim.members(group) == set()


def test_what_is_not_served_says_so(scim: Scim) -> None:
    refused(scim.send("GET", "/Me"), 501)
    refused(scim.send("POST", "/Bulk", {}), 501)
    refused(scim.send("GET", "/nothing"), 404)
    refused(scim.send("PUT", "/Users"), 405)
    refused(scim.send("POST", "/Users", b"<user/>", headers={"Content-Type": "text/xml"}), 415)
    refused(scim.send("GET", "/Users", params={"startIndex": "x"}), 400, "invalidValue")
    assert scim.send("GET", "/Users", params={"startIndex": str(10**30), "count": "-5"}).json()["itemsPerPage"] == 0


def test_a_catalog_that_does_not_answer_is_503_and_changes_nothing(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "catalog.db")
    catalog = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}", lock_timeout_seconds=0.2)
    scim = Scim(catalog)
    with transaction(catalog) as session:
        list_tenants(session)  # the first statement takes the lock
        answer = scim.send("POST", "/Users", {"userName": "ana"})
        assert "does not answer" in refused(answer, 503)
        assert answer.headers["retry-after"] == "2"
        refused(scim.send("GET", "/Users"), 503)  # no use of a key goes without its entry
    assert scim.found("Users") == []
    assert scim.send("POST", "/Users", {"userName": "ana"}).status_code == 201
    assert [line["code"] for line in scim.lines() if line["event"] == "unavailable"] == ["catalog_unavailable"] * 2
    catalog.dispose()


def test_the_process_says_how_it_is(scim: Scim) -> None:
    for path in ("/healthz", "/readyz"):
        assert scim.send("GET", path).status_code == 200
    scim.catalog.dispose()


@pytest.mark.parametrize(
    "url", ["people.example/scim/v2", "ftp://people.example", "https://", "https://a@people.example/x", "http://x/?y"]
)
def test_the_base_url_is_a_url(url: str) -> None:
    with pytest.raises(ValidationError, match="must be an http or https URL"):
        AclSettings(scim_base_url=url)


def test_no_port_and_path_of_the_base_url_is_lost() -> None:
    assert (
        AclSettings(scim_base_url="https://people.example:8443/a/scim/v2/").scim_base_url
        == "https://people.example:8443/a/scim/v2"
    )
