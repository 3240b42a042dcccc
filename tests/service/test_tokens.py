"""A person's token over HTTP: alone or beside a key, its issuer's tenant and no other, its groups where the tenant says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, update

from catalog.audit import links_of
from catalog.session import reading, transaction
from catalog.tables import Principal
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus
from tests.unit.retrieval.provider import Provider, token, tokens_of

SECRET = "Zanzibarquokka"


@pytest.fixture
def provider() -> Provider:
    return Provider("rsa")


@pytest.fixture
def services(services: Services, provider: Provider) -> Services:
    return replace(services, tokens=tokens_of(provider))


@pytest.fixture(autouse=True)
def _document(corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])
    corpus.publish("plans", "The boiler plans.", allow=["group:leads"])


def ask(service: Service, *headers: tuple[str, str], path: str = "/v1/retrieve") -> httpx.Response:
    if path == "/v1/retrieve":
        return service.raw("POST", path, headers=list(headers), json={"query": "boiler"})
    return service.raw("GET", path, headers=list(headers))


def bearer(value: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {value}"


def beside(value: str) -> tuple[str, str]:
    return "X-User-Token", value


def found(response: httpx.Response) -> set[str]:
    assert response.status_code == 200, response.text
    return {result["document_id"] for result in response.json()["results"]}


def test_a_token_alone_or_beside_a_key_is_the_person(service: Service, corpus: Corpus, catalog: Engine) -> None:
    key_id, key = corpus.key("retrieve")
    for who, readable in (("ana", {"handbook", "plans"}), ("ben", {"handbook"})):
        assert found(ask(service, bearer(token(sub=who)))) == readable
        assert found(ask(service, bearer(key), beside(token(sub=who)))) == readable
    assert ask(service, bearer(token()), path="/v1/documents/plans").status_code == 200
    problem(ask(service, bearer(token(sub="ben")), path="/v1/documents/plans"), 404, "unknown_document")
    with reading(catalog) as session:
        told = [link.entry for link in links_of(session, corpus.tenant_id) if link.entry.action == "retrieve"]
    assert [(entry.actor, entry.object_) for entry in told] == [
        ("user:ana", "user:ana"), (f"key:{key_id}", "user:ana"), ("user:ben", "user:ben"), (f"key:{key_id}", "user:ben"),
    ]  # fmt: skip
    assert {entry.details["issuer"] for entry in told} == {"https://id.example.org"}


def test_what_is_not_taken_is_401_and_tells_nothing(service: Service, corpus: Corpus) -> None:
    key = corpus.key("retrieve")[1]
    for bad, code in ((token(aud="other"), "bad_token"), (token(nonce=SECRET), "bad_token"), (token(exp=1), "token_expired")):
        for headers in ([bearer(bad)], [bearer(key), beside(bad)]):
            refused = ask(service, *headers)
            problem(refused, 401, code)
            assert refused.headers["www-authenticate"] == 'Bearer realm="portcullis", error="invalid_token"'
            assert bad not in refused.text + service.log.getvalue()
    problem(ask(service, bearer(key), beside("")), 401, "bad_token")
    problem(ask(service, bearer(key), beside(f"{token()} x")), 401, "bad_token")
    assert SECRET not in service.log.getvalue()


@pytest.mark.parametrize("who", ["carl", "user:ana", "group:leads", "everyone", "ANA,BEN"])
def test_whom_the_catalog_does_not_know_is_nobody(service: Service, who: str) -> None:
    problem(ask(service, bearer(token(sub=who))), 403, "unknown_person")


def test_one_who_is_refused_is_noted_by_his_whole_name(service: Service, corpus: Corpus, catalog: Engine) -> None:
    for who in ("carl", "user:ana"):
        ask(service, bearer(token(sub=who)))
    with reading(catalog) as session:
        told = [link.entry for link in links_of(session, corpus.tenant_id) if link.entry.action == "token.refused"]
    assert [(entry.actor, entry.object_) for entry in told] == [("token", "user:carl"), ("token", "user:user:ana")]


def test_a_disabled_person_is_nobody_at_once(service: Service, corpus: Corpus) -> None:
    assert found(ask(service, bearer(token(sub="ben"))))
    corpus.people("ana", disabled=["ben"])
    problem(ask(service, bearer(token(sub="ben"))), 403, "unknown_person")


def test_more_than_one_word_on_who_asks_is_refused(service: Service, corpus: Corpus) -> None:
    key, person = corpus.key()[1], ("X-On-Behalf-Of", "ana")
    for headers in (
        [bearer(key), beside(token()), person], [bearer(token()), person], [bearer(token()), beside(token())],
        [bearer(token()), beside(token()), person],
    ):  # fmt: skip
        problem(ask(service, *headers), 400, "ambiguous_person")
    problem(ask(service, bearer(key), beside(token()), beside(token())), 422, "ambiguous_header")
    problem(ask(service, beside(token())), 401, "not_authenticated")
    problem(ask(service, bearer(f"{key}x"), beside(token())), 401, "not_authenticated")
    assert found(ask(service, bearer(key), person))


def test_a_key_needs_its_scope_beside_a_token_but_not_impersonate(service: Service, corpus: Corpus) -> None:
    problem(ask(service, bearer(corpus.key("impersonate")[1]), beside(token())), 403, "missing_scope")
    assert found(ask(service, bearer(corpus.key("retrieve")[1]), beside(token())))


def test_a_token_alone_reveals_nothing(service: Service, corpus: Corpus) -> None:
    body = {"text": "x", "purpose": "y"}
    refused = service.raw("POST", "/v1/reveal", headers=[bearer(token())], json=body)
    problem(refused, 403, "insufficient_scope")
    both = service.raw("POST", "/v1/reveal", headers=[bearer(corpus.key("reveal")[1]), beside(token())], json=body)
    problem(both, 409, "not_kept")


def test_a_token_of_one_tenant_never_reads_another(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    other = Corpus(services, "other")
    other.people("ana", groups={"leads": ["user:ana"]})
    other.publish("secret", "The boiler of others.", allow=["everyone"])
    service = Service(services, settings, "")
    assert found(ask(service, bearer(token()))) == {"handbook", "plans"}
    problem(ask(service, bearer(other.key()[1]), beside(token())), 403, "unknown_person")
    elsewhere = Service(replace(services, tokens=tokens_of(Provider("rsa"), tenant="other")), settings, "")
    assert found(ask(elsewhere, bearer(token()))) == {"secret"}
    problem(ask(elsewhere, bearer(corpus.key()[1]), beside(token())), 403, "unknown_person")
    nowhere = Service(replace(services, tokens=tokens_of(Provider("rsa"), tenant="absent")), settings, "")
    problem(ask(nowhere, bearer(token())), 403, "unknown_person")


def test_a_person_is_joined_by_the_providers_own_id_letter_by_letter(
    services: Services, settings: RetrievalSettings, corpus: Corpus, catalog: Engine
) -> None:
    with transaction(catalog) as session:
        session.sql.execute(update(Principal).where(Principal.name == "ben").values(external_id="0oAbC"))
    by_id = replace(services, tokens=tokens_of(Provider("rsa"), match="external_id", claim="oid"))
    service = Service(by_id, settings, "")
    assert found(ask(service, bearer(token(oid="0oAbC", sub="ana")))) == {"handbook"}
    for wrong in ("0oabc", "ben", "ana"):
        problem(ask(service, bearer(token(oid=wrong))), 403, "unknown_person")
    with transaction(catalog) as session:
        session.sql.execute(update(Principal).where(Principal.name == "ana").values(external_id="0oAbC"))
    problem(ask(service, bearer(token(oid="0oAbC"))), 403, "unknown_person")  # two have it: which one asks?


def test_while_the_provider_is_down_a_token_is_503(
    services: Services, settings: RetrievalSettings, corpus: Corpus, provider: Provider
) -> None:
    provider.down = True
    service = Service(services, settings, corpus.key()[1])
    refused = ask(service, bearer(token()))
    problem(refused, 503, "issuer_unavailable")
    assert service.retrieve("boiler").status_code == 200  # keys need no provider


# ---- groups of the token -----------------------------------------------------------------------------------------------------


@pytest.fixture
def by_token(services: Services, settings: RetrievalSettings, corpus: Corpus) -> Service:
    """A tenant that lets its provider say who is in which group."""
    corpus.people("ana", "ben", groups={"leads": ["user:ana"], "chairs": ["group:board"], "board": [], "temps": ["user:ben"]})
    corpus.publish("minutes", "The boiler minutes.", allow=["group:chairs"])
    corpus.publish("rota", "The boiler rota.", allow=["everyone"], deny=["group:temps"])
    corpus.publish("pay", "The boiler pay.", allow=["group:leads"], deny=["user:ben"])
    return Service(replace(services, tokens=tokens_of(Provider("rsa"), groups_claim="groups")), settings, "")


@pytest.mark.parametrize(
    ("who", "groups", "readable"),
    [
        ("ana", [], {"handbook", "rota"}),  # the catalog's own groups do not count
        ("ana", ["leads"], {"handbook", "rota", "plans", "pay"}),
        ("ana", ["LEADS "], {"handbook", "rota", "plans", "pay"}),
        ("ana", ["board"], {"handbook", "rota", "minutes"}),  # a group that another one holds
        ("ana", ["temps"], {"handbook"}),  # deny wins
        ("ben", ["leads"], {"handbook", "rota", "plans"}),  # denied by his own name
        ("ana", ["absent", "user:ana", "everyone", "group:leads"], {"handbook", "rota"}),
    ],
)
def test_groups_are_those_of_the_token_with_what_holds_them(
    by_token: Service, who: str, groups: list[str], readable: set[str]
) -> None:
    assert found(ask(by_token, bearer(token(sub=who, groups=groups)))) == readable


def test_one_person_by_two_tokens_is_two_readers(by_token: Service) -> None:
    """Whatever is remembered for a person: by one token for him it must not serve another."""
    for _ in range(2):
        assert "plans" in found(ask(by_token, bearer(token(groups=["leads"]))))
        assert "plans" not in found(ask(by_token, bearer(token(groups=[]))))


def test_the_tokens_groups_stay_when_the_policy_moves_during_the_search(
    services: Services, settings: RetrievalSettings, corpus: Corpus, by_token: Service
) -> None:
    from index.memory import MemoryIndex

    class Meddling(MemoryIndex):
        """An index during whose searches somebody changes who may read what."""

        def search(self, *given: Any) -> Any:
            hits = inner.search(*given)
            corpus.label("user:ana", f"group:new{len(hits)}", f"user:new{corpus.sequence}")
            corpus.sequence += 1
            return hits

        def count(self, collection: str) -> int:
            return inner.count(collection)

    inner = services.index
    meddled = replace(services, index=Meddling(), tokens=tokens_of(Provider("rsa"), groups_claim="groups"))
    service = Service(meddled, settings, "")
    assert found(ask(service, bearer(token(groups=[])))) == {"handbook", "rota"}
    assert found(ask(service, bearer(token(groups=["board"])))) == {"handbook", "rota", "minutes"}


def test_without_issuers_a_token_is_refused_not_ignored(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    service = Service(replace(services, tokens=None), settings, corpus.key()[1])
    problem(ask(service, bearer(service.key), beside(token())), 400, "user_token_unsupported")
    problem(ask(service, bearer(token())), 401, "not_authenticated")


def test_openapi_names_both_ways_to_say_who_asks(service: Service) -> None:
    api = service.raw("GET", "/openapi.json").json()
    schemes = api["components"]["securitySchemes"]
    assert schemes["person's token"] | {"description": ""} == {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "",
    }  # fmt: skip
    retrieve = api["paths"]["/v1/retrieve"]["post"]
    assert retrieve["security"] == [{"service key": []}, {"person's token": []}]
    assert {parameter["name"]: parameter["required"] for parameter in retrieve["parameters"]} == {
        "X-On-Behalf-Of": False, "X-User-Token": False,
    }  # fmt: skip
