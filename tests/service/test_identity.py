"""Who asks: a key that is in force names a person of its own tenant, and each use of a name leaves an audit entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog.ids import utc_now
from catalog.keys import revoke_key
from catalog.session import reading, transaction
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

PATHS = [("POST", "/v1/retrieve", {"json": {"query": "boiler"}}), ("GET", "/v1/documents/handbook", {})]


def entries(catalog: Engine) -> list[tuple[Any, ...]]:
    with reading(catalog) as session:
        query = "SELECT actor, action, object FROM audit WHERE action NOT LIKE 'groups%' AND action NOT LIKE 'key.%' ORDER BY id"
        return [tuple(row) for row in session.sql.execute(text(query))]


@pytest.fixture(autouse=True)
def _document(corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])


@pytest.mark.parametrize(("method", "path", "more"), PATHS)
def test_no_key_or_a_wrong_one_is_401(service: Service, method: str, path: str, more: dict[str, Any]) -> None:
    on_behalf_of = {"X-On-Behalf-Of": "ana"}
    missing = service.raw(method, path, headers=on_behalf_of, **more)
    problem(missing, 401, "not_authenticated")
    assert missing.headers["www-authenticate"] == 'Bearer realm="portcullis"'
    wrong = ["Bearer pck_000000000000_no", "Bearer nonsense", f"Bearer {service.key}x", "Bearer pck_", "Bearer eyJhbGciOi.e30.x"]
    for value in wrong:
        refused = service.raw(method, path, headers={**on_behalf_of, "Authorization": value}, **more)
        problem(refused, 401, "not_authenticated")
        assert refused.headers["www-authenticate"].endswith('error="invalid_token"')
    for value in ("Basic " + service.key, service.key, "Bearer", ""):
        problem(service.raw(method, path, headers={**on_behalf_of, "Authorization": value}, **more), 401, "not_authenticated")


def test_a_key_is_refused_as_soon_as_it_is_revoked(service: Service, corpus: Corpus, catalog: Engine) -> None:
    key_id, key = corpus.key()
    assert service.retrieve("boiler", key=key).status_code == 200
    with transaction(catalog) as session:
        assert revoke_key(session, corpus.tenant_id, key_id)
    problem(service.retrieve("boiler", key=key), 401, "not_authenticated")


def test_an_expired_key_is_refused(service: Service, corpus: Corpus) -> None:
    _, key = corpus.key("retrieve", "impersonate", expires_at=utc_now() - timedelta(seconds=1))
    problem(service.retrieve("boiler", key=key), 401, "not_authenticated")


def test_each_scope_is_needed(service: Service, corpus: Corpus, catalog: Engine) -> None:
    for scopes, missing in ((("impersonate",), "retrieve"), (("retrieve",), "impersonate"), (("admin",), "retrieve")):
        _, key = corpus.key(*scopes)
        body = problem(service.retrieve("boiler", key=key), 403, "missing_scope")
        assert f"`{missing}`" in body["detail"]
    assert entries(catalog) == []


def test_a_key_alone_is_nobody(service: Service, corpus: Corpus) -> None:
    problem(service.retrieve("boiler", None), 403, "unknown_person")
    problem(service.retrieve("boiler", None, corpus.key("retrieve")[1]), 403, "unknown_person")


@pytest.mark.parametrize(
    "name", ["", " ", "carl", "group:leads", "everyone", "user:", "user:everyone", "ana\x00", "x" * 5000, "ana,ben"]
)
def test_what_names_no_active_person_is_unknown(service: Service, name: str) -> None:
    body = problem(service.retrieve("boiler", name), 403, "unknown_person")
    assert len(name.strip()) < 3 or name not in body["detail"]


def test_a_name_in_bytes_that_are_no_text_is_unknown(service: Service) -> None:
    problem(
        service.send("POST", "/v1/retrieve", None, headers={"X-On-Behalf-Of": b"\xff\xfe"}, json={"query": "x"}),
        403,
        "unknown_person",
    )  # type: ignore[dict-item]


def test_a_name_beyond_ascii_is_read_as_utf8(service: Service, corpus: Corpus) -> None:
    corpus.people("josé")
    response = service.send(
        "POST", "/v1/retrieve", None, headers=[(b"X-On-Behalf-Of", "José".encode())], json={"query": "boiler"}
    )
    assert [r["document_id"] for r in response.json()["results"]] == ["handbook"]


def test_a_persons_token_is_refused_not_ignored(service: Service) -> None:
    for person in ("ana", None):
        response = service.send("POST", "/v1/retrieve", person, headers={"X-User-Token": "eyJ"}, json={"query": "x"})
        problem(response, 400, "user_token_unsupported")


def test_two_names_or_two_keys_are_ambiguous(service: Service, corpus: Corpus) -> None:
    for name, value in (("X-On-Behalf-Of", "ben"), ("Authorization", f"Bearer {corpus.key()[1]}")):
        headers = [("Authorization", f"Bearer {service.key}"), ("X-On-Behalf-Of", "ana"), (name, value)]
        problem(service.raw("POST", "/v1/retrieve", headers=headers, json={"query": "x"}), 422, "ambiguous_header")


def test_each_use_of_a_name_is_audited_refused_or_not(service: Service, corpus: Corpus, catalog: Engine) -> None:
    key_id, key = corpus.key()
    request_id = service.retrieve("boiler", "User:ANA", key).json()["request_id"]
    service.send("GET", "/v1/documents/handbook", "ana", key)
    service.send("GET", "/v1/documents/absent", "ana", key)
    service.retrieve("boiler", "carl", key)
    service.retrieve("boiler", "not a\tname", key)
    actor = f"key:{key_id}"
    assert entries(catalog) == [
        (actor, "retrieve", "user:ana"),
        (actor, "read", "user:ana"),
        (actor, "read", "user:ana"),
        (actor, "impersonate.refused", "user:carl"),
        (actor, "impersonate.refused", "user:?"),
    ]
    with reading(catalog) as session:
        details = str(session.sql.scalars(text("SELECT details FROM audit WHERE action = 'retrieve' ORDER BY id")).first())
    assert request_id in details
    assert "boiler" not in details


def test_what_cannot_be_audited_is_not_answered(service: Service, catalog: Engine) -> None:
    with transaction(catalog) as session:
        session.sql.execute(text("ALTER TABLE audit RENAME TO audit_away"))
    try:
        response = service.retrieve("boiler")
        problem(response, 500, "internal_error")
        assert "cellar" not in response.text
        assert "no such table" not in service.log.getvalue()
    finally:
        with transaction(catalog) as session:
            session.sql.execute(text("ALTER TABLE audit_away RENAME TO audit"))
    assert service.retrieve("boiler").status_code == 200
