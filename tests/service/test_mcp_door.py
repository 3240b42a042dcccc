"""Who comes to the MCP server's tools at all: a person with his own token that is meant for it, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import anyio
import httpx
import pytest
from mcp.shared.auth import ProtectedResourceMetadata

from retrieval.app import create_app
from retrieval.errors import BadMcp
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import problem
from tests.service.corpus import Corpus
from tests.service.mcp_served import Running, bearer, call, served
from tests.unit.retrieval.provider import AUDIENCE, ISSUER, Provider, token, tokens_of

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

CANARY = "Zanzibarquokka"


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, tokens=tokens_of(Provider("rsa")))


@pytest.fixture
def running(services: Services, settings: RetrievalSettings, corpus: Corpus) -> Iterator[Running]:
    with served(services, settings, corpus) as made:
        yield made


def test_without_a_token_that_is_meant_for_it_the_door_is_shut(running: Running, corpus: Corpus) -> None:
    key = corpus.key("retrieve", "impersonate")[1]
    good = running.token()
    where = f'resource_metadata="{running.origin}/.well-known/oauth-protected-resource/mcp"'
    for headers, expected in (
        ([], "token_needed"),
        ([("Authorization", f"Basic {good}")], "token_needed"),
        ([bearer(key)], "token_needed"),
        ([bearer(key), ("X-On-Behalf-Of", "ana")], "token_needed"),
        ([bearer(key), ("X-User-Token", good)], "token_needed"),
        ([bearer(token(aud=AUDIENCE))], "bad_token"),
        ([bearer(running.token(aud=f"{running.url}/"))], "bad_token"),
        ([bearer(running.token(aud=running.origin))], "bad_token"),
        ([bearer(running.token(iss="https://other.example.org"))], "bad_token"),
        ([bearer(running.token(nonce=CANARY))], "bad_token"),
        ([bearer(token(key="rsa2", aud=running.url))], "bad_token"),
        ([bearer(running.token(exp=int(time.time()) - 60))], "token_expired"),
    ):
        for method in ("POST", "GET", "DELETE"):
            refused = running.say(*headers, method=method)
            problem(refused, 401, expected)
            challenge = refused.headers["www-authenticate"]
            assert challenge.startswith('Bearer realm="portcullis"')
            assert challenge.endswith(where)
            assert ("invalid_token" in challenge) == (bool(headers) and headers[0][1].startswith("Bearer"))
            assert good not in refused.text
    problem(running.say(bearer(good), ("X-On-Behalf-Of", "ben")), 400, "ambiguous_person")
    problem(running.say(bearer(good), bearer(running.token("ben"))), 422, "ambiguous_header")
    assert CANARY not in running.log.getvalue()


def test_its_token_is_none_for_the_http_api_and_the_other_way_round(running: Running) -> None:
    def ask(value: str) -> httpx.Response:
        return httpx.post(f"{running.origin}/v1/retrieve", headers=[bearer(value)], json={"query": "boiler"}, timeout=30)

    problem(ask(running.token()), 401, "bad_token")
    assert ask(token()).status_code == 200
    problem(running.say(bearer(token())), 401, "bad_token")
    assert running.say(bearer(running.token())).status_code == 200


def test_the_metadata_say_where_tokens_are_had(running: Running) -> None:
    for path in ("", "/mcp"):
        told = httpx.get(f"{running.origin}/.well-known/oauth-protected-resource{path}", timeout=30)
        assert told.status_code == 200
        read = ProtectedResourceMetadata.model_validate(told.json())
        assert str(read.resource) == running.url
        assert [str(one).rstrip("/") for one in read.authorization_servers] == [ISSUER]
        assert read.bearer_methods_supported == ["header"]


def test_other_hosts_other_origins_and_streams_are_refused(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    good = bearer(running.token())
    assert running.say(good, ("Origin", running.origin)).status_code == 200
    assert running.say(good, ("Origin", "https://evil.example.org")).status_code == 403
    assert running.say(good, ("Host", "evil.example.org")).status_code == 421
    for method in ("GET", "DELETE", "PUT"):
        refused = running.say(good, method=method)
        problem(refused, 405, "method_not_allowed")
        assert refused.headers["allow"] == "POST"
    assert not [record for record in caplog.records if record.name.startswith("mcp.server")]  # the SDK's own log quotes headers


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
def test_what_breaks_a_reader_of_json_breaks_nothing_and_tells_nothing(running: Running, version: str) -> None:
    good, named = bearer(running.token()), ("MCP-Protocol-Version", version)
    deep = f'{{"not":{"[" * 3000}{"]" * 3000}}}'
    nested = '{"not":' * 1500 + '{"field":"title","eq":"x"}' + "}" * 1500
    said = f'"params":{{"name":"{CANARY}"}}'
    odd = [f'{{"jsonrpc":"2.0",{said}{more}}}' for more in ("", ',"method":5', ',"id":null,"method":"x"', ',"id":1,"result":{}')]
    for bad in (CANARY, "[]", "{", *odd, f'["{CANARY}"]', call(deep), call(nested), call('"\\ud800"'), call("[1]")):
        answer = running.say(good, named, ("Mcp-Method", "tools/call"), ("Mcp-Name", "search"), body=bad)
        assert answer.status_code < 500, (bad[:80], answer.text)
        assert CANARY not in answer.text
        assert "Traceback" not in answer.text + running.log.getvalue()
    assert running.say(good).status_code == 200


def test_a_token_without_the_scope_is_told_which_and_where(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    provider = Provider("rsa")
    scoped = replace(services, tokens=tokens_of(provider, required_scope="documents"))
    with served(scoped, settings, corpus) as running:
        refused = running.say(bearer(running.token(scope="other")))
        assert "`documents`" in problem(refused, 403, "insufficient_scope")["detail"]
        assert 'error="insufficient_scope", resource_metadata="' in refused.headers["www-authenticate"]
        assert running.say(bearer(running.token(scope="other documents"))).status_code == 200


def test_a_provider_that_is_down_is_no_wrong_token(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    provider = Provider("rsa")
    provider.down = True
    with served(replace(services, tokens=tokens_of(provider)), settings, corpus) as running:
        problem(running.say(bearer(running.token())), 503, "issuer_unavailable")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (None, "RETRIEVAL_MCP_URL is missing"),
        ("http://ask.example.org/mcp", "must be https"),
        ("https://ask.example.org/mcp?x=1", "no plain"),
        ("https://me@ask.example.org/mcp", "no plain"),
        ("https://ASK.example.org:443/mcp/", "Write https://ask.example.org/mcp"),
        (AUDIENCE, "no plain"),
    ],
)
def test_what_is_not_safe_is_said_at_start(services: Services, settings: RetrievalSettings, url: str | None, fault: str) -> None:
    with pytest.raises(BadMcp, match=fault):
        create_app(settings.model_copy(update={"mcp": True, "mcp_url": url}), services)


def test_it_needs_issuers_and_an_audience_of_its_own(services: Services, settings: RetrievalSettings) -> None:
    url = "https://ask.example.org/mcp"
    on = settings.model_copy(update={"mcp": True, "mcp_url": url})
    with pytest.raises(BadMcp, match="RETRIEVAL_ISSUERS"):
        create_app(on, replace(services, tokens=None))
    for changes in ({"audience": frozenset((url,))}, {"mcp_audience": frozenset((AUDIENCE, "x"))}):
        with pytest.raises(BadMcp, match="each needs its own"):
            create_app(on, replace(services, tokens=tokens_of(Provider("rsa"), **changes)))


def test_it_is_off_unless_it_is_switched_on(services: Services, settings: RetrievalSettings) -> None:
    async def call() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(settings, services)), base_url="http://x"
        ) as client:
            return [(await client.get(path)).status_code for path in ("/mcp", "/.well-known/oauth-protected-resource")]

    assert anyio.run(call) == [404, 404]
