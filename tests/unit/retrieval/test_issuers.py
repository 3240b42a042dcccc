"""The file of identity providers: what is unsafe, misspelt or said twice is refused before anything is served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import BadIssuers
from retrieval.issuers import read_issuers

GOOD: dict[str, Any] = {
    "issuer": "https://id.example.org", "tenant": "default", "audience": "api://portcullis", "jwks": "https://id.example.org/keys",
}  # fmt: skip


def read(tmp_path: Path, *entries: object) -> Any:
    (tmp_path / "issuers.json").write_text(json.dumps(list(entries)))
    return read_issuers(tmp_path / "issuers.json")


def test_what_is_not_said_is_safe(tmp_path: Path) -> None:
    (issuer,) = read(tmp_path, GOOD).values()
    assert (issuer.claim, issuer.match, issuer.groups_claim, issuer.audience) == ("sub", "name", None, {"api://portcullis"})
    assert issuer.algorithms == {"RS256", "ES256", "EdDSA"}


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithms": ["HS256"]}, {"algorithms": ["RS256", "none"]}, {"algorithms": []}, {"algorithms": "HS512"},
        {"algorithms": [None]},
        {"audience": None}, {"audience": ""}, {"audience": []}, {"audience": [" "]}, {"tenant": " "}, {"issuer": 7},
        {"claim": "email"}, {"claim": "preferred_username"}, {"claim": "upn", "allow_email": "yes"}, {"claim": ""},
        {"match": "email"}, {"jwks": "http://id.example.org/keys"}, {"jwks": "ftp://id.example.org/keys"}, {"jwks": "https://"},
        {"jwks": "https://u:p@id.example.org/keys"}, {"stale_minutes": -1}, {"stale_minutes": 10**6}, {"stale_minutes": True},
        {"audiance": "x"}, {"required_scope": []}, {"groups_claim": 1},
    ],
)  # fmt: skip
def test_what_is_unsafe_or_misspelt_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(BadIssuers, match="RETRIEVAL_ISSUERS is not taken: entry 1"):
        read(tmp_path, GOOD | changes)


@pytest.mark.parametrize("field", sorted(GOOD))
def test_no_field_is_guessed(tmp_path: Path, field: str) -> None:
    with pytest.raises(BadIssuers, match=f"`{field}` is missing"):
        read(tmp_path, {key: value for key, value in GOOD.items() if key != field})


def test_an_address_is_taken_by_who_states_it(tmp_path: Path) -> None:
    (issuer,) = read(tmp_path, GOOD | {"claim": "email", "allow_email": True}).values()
    assert issuer.claim == "email"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_http_will_do(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, GOOD | {"jwks": f"http://{host}:8080/keys"})


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadIssuers, match="twice"):
        read(tmp_path, GOOD, GOOD | {"tenant": "other"})


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[1]", "{", "- issuer: a\n  issuer: b\n", "- !!python/object:os.system x", "[[" * 5000]
)
def test_what_is_no_list_of_issuers_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "issuers.yaml").write_text(text)
    with pytest.raises(BadIssuers):
        read_issuers(tmp_path / "issuers.yaml")


def test_yaml_is_read_and_an_absent_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text("- issuer: https://id.example.org\n  tenant: a\n  audience: [b, c]\n  jwks: keys.json\n")
    assert list(read_issuers(tmp_path / "i.yaml")) == ["https://id.example.org"]
    with pytest.raises(BadIssuers, match="cannot be read"):
        read_issuers(tmp_path / "absent.yaml")
