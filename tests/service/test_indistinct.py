"""What is not there and what may not be read are answered alike: status, headers, body, stages, warnings, errors (law 9)."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from catalog.ids import VersionId
from catalog.session import transaction
from catalog.vault import store_sealed
from catalog.versions import note_held
from privacy.original import originals
from privacy.vault import Vault
from retrieval.services import Services
from tests.service.client import Service
from tests.service.corpus import Corpus

MAIL = "Ask ana.quay@example.com about the boiler."
OWN = {"x-request-id", "date", "content-length"}
"""Headers that are each answer's own."""
THEN = "2025-01-01T00:00:00Z"
ABSENT = "[EMAIL_ADDRESS_AAAAAAAAAAAA]"

Request = dict[str, Any]


@pytest.fixture
def services(services: Services) -> Services:
    return dataclasses.replace(services, vault=Vault([secrets.token_bytes(32)]))


@pytest.fixture
def hidden(services: Services, corpus: Corpus) -> str:
    """The pseudonym in a document of a source that Ben may not read; he may read another one."""
    corpus.publish("handbook/canteen", "The canteen serves soup.", allow=["everyone"])
    key = corpus.publish("board/plan", MAIL, "The quarry is sold in May.", allow=["group:leads"], source="board")
    corpus.publish("board/past", "The quarry was bought.", allow=["group:leads"], source="board")
    corpus.retire("board/past")
    corpus.publish("board/nobody", "The quarry is nobody's.", source="board")
    [original] = originals(services.redactor.redact(corpus.tenant_id, [MAIL])[0])
    assert services.vault is not None
    services.index.ensure(corpus.collection().history_name, services.embedder.dimensions)
    with transaction(services.catalog) as write:
        version = write.sql.scalars(text(f"SELECT current_version_id FROM documents WHERE id = {key.document_id}")).one()
        note_held(write, key, {VersionId(version): (datetime(2024, 5, 1, tzinfo=UTC), None)})
        store_sealed(write, corpus.tenant_id, version, {original.pseudonym: services.vault.seal(corpus.tenant_id, original)})
    return original.pseudonym


def retrieve(**fields: Any) -> Request:
    return {"method": "POST", "path": "/v1/retrieve", "json": {"query": "canteen soup", **fields}}


def get(path: str, **query: str) -> Request:
    return {"method": "GET", "path": f"/v1/documents/{path}", "params": query}


def reveal(pseudonym: str) -> Request:
    return {"method": "POST", "path": "/v1/reveal", "json": {"text": f"Write to {pseudonym}.", "purpose": "Ticket 4711"}}


PAIRS: dict[str, Callable[[str], tuple[Request, Request]]] = {
    "a document": lambda _: (get("board/plan"), get("board/none")),
    "a retired document": lambda _: (get("board/past"), get("board/none")),
    "a document that nobody may read": lambda _: (get("board/nobody"), get("board/none")),
    "a document's past": lambda _: (get("board/plan", as_of=THEN), get("board/none", as_of=THEN)),
    "a source": lambda _: (retrieve(sources=["board"]), retrieve(sources=["nowhere"])),
    "a source beside another": lambda _: (retrieve(sources=["docs", "board"]), retrieve(sources=["docs", "nowhere"])),
    "a source's past": lambda _: (
        retrieve(sources=["board"], versions="all"),
        retrieve(sources=["nowhere"], versions="all"),
    ),
    "a filter's document": lambda _: (
        retrieve(filter={"field": "document_id", "eq": "board/plan"}),
        retrieve(filter={"field": "document_id", "eq": "board/none"}),
    ),
    "a filter's document in the past": lambda _: (
        retrieve(filter={"field": "document_id", "eq": "board/plan"}, versions="all"),
        retrieve(filter={"field": "document_id", "eq": "board/none"}, versions="all"),
    ),
    "a filter's source": lambda _: (
        retrieve(filter={"not": {"field": "source", "in": ["board", "docs"]}}),
        retrieve(filter={"not": {"field": "source", "in": ["nowhere", "docs"]}}),
    ),
    "a word of a document": lambda _: (retrieve(query="the quarry"), retrieve(query="the quince")),
    "a value behind a pseudonym": lambda hidden: (reveal(hidden), reveal(ABSENT)),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_unreadable_looks_like_absent(
    service: Service, corpus: Corpus, hidden: str, pair: Callable[[str], tuple[Request, Request]]
) -> None:
    key = corpus.key("retrieve", "impersonate", "reveal")[1]
    unreadable, absent = (service.send(person="ben", key=key, **request) for request in pair(hidden))
    assert told(unreadable) == told(absent)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_comparison_sees_a_difference_where_one_may_read(
    service: Service, corpus: Corpus, hidden: str, pair: Callable[[str], tuple[Request, Request]]
) -> None:
    corpus.relabel("board/nobody", allow=["user:ana"])
    key = corpus.key("retrieve", "impersonate", "reveal")[1]
    readable, absent = (service.send(person="ana", key=key, **request) for request in pair(hidden))
    if readable.request.url.path.endswith("board/past"):
        assert told(readable) == told(absent)  # retired: absent for everybody
    else:
        assert told(readable) != told(absent)


def told(response: httpx.Response) -> dict[str, Any]:
    """All that an answer tells, less what is each answer's own: ids, moments, how long it took, and what was asked."""
    assert response.status_code < 500, response.text
    headers = sorted((name, value) for name, value in response.headers.items() if name not in OWN)
    body = response.json()
    assert body.pop("request_id") == response.headers["x-request-id"]
    body.pop("permissions_as_of", None)
    if "usage" in body:
        body["usage"] = sorted(body["usage"]["stages"])
    for pseudonym in {word for word in str(body.get("text", "")).split() if word.startswith("[EMAIL")}:
        body["text"] = body["text"].replace(pseudonym, "...")
    if "results" in body:
        scores = [result.pop("score") for result in body["results"]]  # ranks and weights of words, the questions differ
        body["scores"] = len(scores)
    return {"status": response.status_code, "headers": headers, "body": body}
