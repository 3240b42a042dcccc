"""The service under more than it can do: who is not served is told so, in time, and nothing piles up behind."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from acl.scope import ReadScope
from catalog.session import reading
from index.errors import EmbedderFault
from index.memory import MemoryIndex
from index.model import Embedder
from index.point import Hit, SearchQuery, Vector, Vectors
from retrieval.audit_writer import AuditWriter, Note
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)


class Held(MemoryIndex):
    """An index whose searches wait for a sign, in their threads."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.now = self.most = 0

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        self.now += 1
        self.most = max(self.most, self.now)
        assert self.go.wait(30)
        self.now -= 1
        return super().search(collection, query, scope)


class Broken:
    """The model, whose questions meet an outage now and then."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.fault: Callable[[], Exception] | None = None
        self.fingerprint, self.dimensions = model.fingerprint, model.dimensions
        self.max_tokens, self.tokens, self.language = model.max_tokens, model.tokens, model.language

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._model.embed(texts)

    def embed_query(self, text: str) -> Vector:
        if self.fault is not None:
            raise self.fault()
        return self._model.embed_query(text)


@pytest.fixture
def index() -> Held:
    return Held()


@pytest.fixture
def model(embedder: Embedder) -> Broken:
    return Broken(embedder)


@pytest.fixture
def services(services: Services, index: Held, model: Broken) -> Iterator[Services]:
    writer = AuditWriter(services.catalog)
    yield replace(services, index=index, embedder=model, audit=writer)
    index.go.set()
    writer.close()


@pytest.fixture
def deadline_seconds() -> float:
    """Long, for who does not wait for its end."""
    return 60.0


@pytest.fixture
def settings(settings: RetrievalSettings, deadline_seconds: float) -> RetrievalSettings:
    return settings.model_copy(update={"concurrent": 2, "queue": 3, "deadline_seconds": deadline_seconds})


@pytest.fixture(autouse=True)
def _document(corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", "The canteen opens at noon.", allow=["everyone"])


def at_once(service: Service, count: int, answered: int, then: Callable[[], None]) -> list[httpx.Response]:
    """So many questions together; `then` happens when so many of them are `answered`."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(service.app)
        headers = {"Authorization": f"Bearer {service.key}", "X-On-Behalf-Of": "ana"}
        async with httpx.AsyncClient(transport=transport, base_url="http://portcullis.test", headers=headers) as client:
            sent = [asyncio.ensure_future(client.post("/v1/retrieve", json={"query": "boiler"})) for _ in range(count)]
            ends = asyncio.as_completed(sent, timeout=60)
            for _ in range(answered):
                await next(ends)
            then()
            return [await one for one in sent]

    return asyncio.run(ask())


def test_two_are_served_three_wait_and_the_others_are_told(service: Service, index: Held) -> None:
    index.go.clear()
    answers = at_once(service, 7, 2, index.go.set)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(refused) == 2
    for answer in refused:
        assert problem(answer, 503, "overloaded")["retryable"] is True
        assert answer.headers["retry-after"]
    assert index.most <= 2
    assert service.found("boiler")[0] == "handbook"


@pytest.mark.parametrize("deadline_seconds", [2.0])
def test_what_hangs_is_answered_in_time_and_holds_no_more_than_its_place(service: Service, index: Held, catalog: Engine) -> None:
    index.go.clear()
    answers = at_once(service, 5, 5, index.go.set)
    assert all(problem(answer, 504, "deadline_exceeded") for answer in answers)
    assert index.most == 2, "what waited never began"
    assert service.found("boiler")[0] == "handbook"
    with reading(catalog) as read:
        said = read.sql.execute(text("SELECT details FROM audit WHERE action = 'retrieve.failed'")).all()
    assert len(said) == 2
    assert "deadline_exceeded" in str(said[0].details)


def test_without_the_model_words_still_find_and_the_answer_says_so(service: Service, model: Broken) -> None:
    for fault in (lambda: EmbedderFault("/secret/path"), lambda: RuntimeError("boiler"), MemoryError):
        model.fault = fault
        body = service.retrieve("boiler", "ana").json()
        assert [result["document_id"] for result in body["results"]] == ["handbook"]
        assert [warning["code"] for warning in body["warnings"]] == ["embedder_down", "incomplete"]
        assert body["complete"] is False
        assert service.lines()[-1]["lost"] == ["embedder_down"]
        assert service.retrieve("boiler", "ana", top_k=1).json()["complete"] is True
    assert "/secret" not in service.retrieve("boiler").text
    model.fault = None
    assert service.retrieve("boiler").json()["warnings"] == []


def test_without_the_model_and_without_a_word_there_is_no_answer(service: Service, model: Broken) -> None:
    model.fault = lambda: EmbedderFault("gone")
    problem(service.retrieve("?!"), 503, "embedder_error")


def test_the_permissions_hold_without_the_model_too(service: Service, model: Broken, corpus: Corpus) -> None:
    corpus.publish("secret", "The boiler of the board is green.", allow=["group:leads"])
    model.fault = lambda: EmbedderFault("gone")
    assert set(service.found("boiler green", "ana")) == {"handbook", "secret"}
    assert service.found("boiler green", "ben") == ["handbook"]


def test_readiness_is_over_when_the_service_drains_and_questions_are_still_answered(service: Service) -> None:
    service.app.state.draining = True
    problem(service.raw("GET", "/readyz"), 503, "draining")
    assert service.raw("GET", "/healthz").status_code == 200
    assert service.found("boiler")[0] == "handbook"


def test_an_entry_that_nobody_waits_for_is_written_and_the_writer_lives(catalog: Engine, corpus: Corpus) -> None:
    writer = AuditWriter(catalog)
    for n in range(20):
        writer.put(Note(corpus.tenant_id, "test", "given_up", f"user:{n}")).cancel()
    writer.put(Note(corpus.tenant_id, "test", "waited_for", "user:ana")).result(10)
    writer.close()
    with reading(catalog) as read:
        counts: Any = read.sql.execute(text("SELECT action, count(*) FROM audit WHERE actor = 'test' GROUP BY action")).all()
    assert dict(map(tuple, counts)) == {"given_up": 20, "waited_for": 1}
