"""`POST /v1/reveal`: a key with the right, a person, a purpose; and nothing of a value anywhere but in the answer."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog.session import reading, transaction
from catalog.vault import store_sealed
from privacy.original import originals
from privacy.vault import Vault
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

MAIL = "ana.quay@example.com"
SAID = f"Ask {MAIL} about the boiler."
WHY = {"purpose": "Answering ticket 4711"}


@pytest.fixture
def services(services: Services) -> Services:
    return dataclasses.replace(services, vault=Vault([secrets.token_bytes(32)]))


@pytest.fixture
def name(services: Services, corpus: Corpus, catalog: Engine) -> str:
    """The pseudonym of a value that a document for leaders alone holds."""
    key = corpus.publish("plan", SAID, allow=["group:leads"])
    [redaction] = services.redactor.redact(corpus.tenant_id, [SAID])
    [original] = originals(redaction)
    assert services.vault is not None
    with transaction(catalog) as write:
        version = write.sql.scalars(text(f"SELECT current_version_id FROM documents WHERE id = {key.document_id}")).one()
        sealed = services.vault.seal(corpus.tenant_id, original)
        store_sealed(write, corpus.tenant_id, version, {original.pseudonym: sealed})
    return original.pseudonym


def ask(service: Service, corpus: Corpus, body: Any, person: str | None = "ana", scopes: tuple[str, ...] = ()) -> Any:
    _, key = corpus.key(*(scopes or ("reveal", "impersonate")))
    return service.send("POST", "/v1/reveal", person, key, json=body)


def test_a_reader_with_the_right_gets_the_value_and_another_gets_his_text_back(
    service: Service, corpus: Corpus, name: str, catalog: Engine
) -> None:
    written = f"The model says: write to {name}, or to [EMAIL_ADDRESS_AAAAAAAAAAAA]."
    done = ask(service, corpus, {"text": written, **WHY})
    assert done.status_code == 200, done.text
    body = done.json()
    assert body["text"] == f"The model says: write to {MAIL}, or to [EMAIL_ADDRESS_AAAAAAAAAAAA]."
    assert (body["revealed"], body["withheld"]) == ({"EMAIL_ADDRESS": 1}, 1)
    assert done.headers["cache-control"] == "no-store"
    other = ask(service, corpus, {"text": written, **WHY}, "ben").json()
    assert (other["text"], other["revealed"], other["withheld"]) == (written, {}, 2)
    with reading(catalog) as read:
        rows = read.sql.execute(
            text("SELECT action, object, details FROM audit WHERE action IN ('reveal', 'impersonate') ORDER BY id")
        ).all()
    assert [(r.action, r.object) for r in rows] == [
        (action, f"user:{who}") for who in ("ana", "ben") for action in ("impersonate", "reveal")
    ]
    assert WHY["purpose"] in str(rows[1].details)
    assert MAIL not in str(rows) + service.log.getvalue()
    assert [(line["revealed"], line["withheld"]) for line in service.lines()] == [(1, 1), (0, 2)]


@pytest.mark.parametrize("scopes", [("retrieve", "impersonate"), ("impersonate", "admin"), ("reveal",), ("reveal", "retrieve")])
def test_both_rights_are_needed(service: Service, corpus: Corpus, name: str, scopes: tuple[str, ...]) -> None:
    missing = "impersonate" if "reveal" in scopes else "reveal"
    refused = problem(ask(service, corpus, {"text": name, **WHY}, scopes=scopes), 403, "missing_scope")
    assert f"`{missing}`" in refused["detail"]


def test_a_key_for_revealing_does_not_search(service: Service, corpus: Corpus) -> None:
    _, key = corpus.key("reveal", "impersonate")
    problem(service.retrieve("boiler", key=key), 403, "missing_scope")


@pytest.mark.parametrize("more", [{}, {"purpose": ""}, {"purpose": " "}, {"purpose": "x" * 501}, {"purpose": 1}, WHY | {"x": 1}])
def test_a_purpose_is_needed(service: Service, corpus: Corpus, name: str, more: dict[str, Any]) -> None:
    answer = ask(service, corpus, {"text": name, **more})
    problem(answer, 422, "invalid_request")
    assert MAIL not in answer.text


def test_nobody_and_a_stranger_get_nothing(service: Service, corpus: Corpus, name: str) -> None:
    for person in (None, "nobody"):
        problem(ask(service, corpus, {"text": name, **WHY}, person), 403, "unknown_person")


def test_a_tenant_never_sees_anothers(service: Service, corpus: Corpus, name: str, services: Services) -> None:
    elsewhere = Corpus(services, "elsewhere")
    elsewhere.people("ana", groups={"leads": ["user:ana"]})
    assert ask(service, elsewhere, {"text": name, **WHY}).json()["text"] == name


def test_without_a_vault_it_says_so(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    plain = Service(dataclasses.replace(services, vault=None), settings, corpus.key()[1])
    problem(ask(plain, corpus, {"text": "x", **WHY}), 409, "not_kept")


def test_when_it_cannot_be_audited_or_trusted_nothing_is_shown(
    service: Service, corpus: Corpus, name: str, catalog: Engine
) -> None:
    with transaction(catalog) as write:
        write.sql.execute(text("UPDATE vault SET key_id = '0000000000000000'"))
    broken = ask(service, corpus, {"text": name, **WHY})
    problem(broken, 503, "vault_key_missing")
    assert MAIL not in broken.text + service.log.getvalue()
