"""When a part is gone the answer is a problem, never a partial one; when it is back the next request works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from acl.errors import UnknownPerson
from acl.scope import ReadScope
from catalog.documents import make_current, read_document
from catalog.errors import UnknownTenant
from catalog.ids import ChunkId, DocumentId, DocumentKey, TenantId, VersionId
from catalog.session import open_engine, reading, transaction
from index.errors import IndexUnavailable
from index.memory import MemoryIndex
from index.point import Hit, SearchQuery
from privacy.redactor import Redactor
from privacy.span import Redaction
from retrieval.answer import ask
from retrieval.errors import EmptyQuestion
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)


class Failing(MemoryIndex):
    """An index whose next searches and counts meet an outage."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Callable[[], Exception] | None = None

    @contextmanager
    def down(self, fault: Callable[[], Exception]) -> Iterator[None]:
        self.fault = fault
        yield
        self.fault = None

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        if self.fault is not None:
            raise self.fault()
        return super().search(collection, query, scope)

    def count(self, collection: str) -> int:
        if self.fault is not None:
            raise self.fault()
        return super().count(collection)


class Haunted(MemoryIndex):
    """An index that holds nothing but points that nobody knows."""

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        label = min(scope.labels)
        return [Hit(ChunkId(uuid4()), DocumentId(1), label, 1 / (n + 1)) for n in range(query.limit)]


class Meddling(MemoryIndex):
    """An index during whose first search somebody changes who may read what."""

    def __init__(self, meddle: Callable[[], None]) -> None:
        super().__init__()
        self.meddle: Callable[[], None] | None = meddle

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        found = super().search(collection, query, scope)
        if self.meddle is not None:
            meddle, self.meddle = self.meddle, None
            meddle()
        return found


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, index=Failing())


@pytest.fixture(autouse=True)
def _document(corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])


def test_while_the_index_is_down_there_is_no_answer_and_then_there_is(service: Service, services: Services) -> None:
    assert isinstance(services.index, Failing)
    with services.index.down(lambda: IndexUnavailable("socket /secret/path is gone")):
        response = service.retrieve("boiler")
        body = problem(response, 503, "index_unavailable")
        assert body["retryable"] is True
        assert response.headers["retry-after"]
        assert "/secret/path" not in response.text
        problem(service.send("GET", "/readyz"), 503, "index_unavailable")
    assert "/secret/path" in service.log.getvalue()  # operators see why
    assert service.found("boiler") == ["handbook"]
    assert service.raw("GET", "/readyz").json() == {"status": "ready"}


def test_an_unexpected_fault_tells_the_client_nothing_and_the_log_no_text(service: Service, services: Services) -> None:
    assert isinstance(services.index, Failing)
    with services.index.down(lambda: RuntimeError("boiler kim.lee@example.org")):
        response = service.retrieve("boiler kim.lee@example.org")
        problem(response, 500, "internal_error")
        assert "kim" not in response.text
    failed = next(line for line in service.lines() if line["event"] == "failed")
    assert (failed["error"], failed["request_id"]) == ("RuntimeError", response.headers["x-request-id"])
    assert any("test_outages.py" in place for place in failed["at"])
    assert "kim" not in service.log.getvalue()


def test_an_index_of_ghosts_gives_nothing_and_says_that_more_may_exist(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    body = Service(replace(services, index=Haunted()), settings, corpus.key()[1]).retrieve("boiler").json()
    assert (body["results"], body["complete"]) == ([], False)
    assert [w["code"] for w in body["warnings"]] == ["incomplete"]


def test_what_changes_while_the_search_runs_holds_for_its_answer(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    index = Meddling(lambda: None)
    corpus = replace_services(corpus, replace(services, index=index))
    service = Service(corpus.services, settings, corpus.key()[1])
    corpus.publish("leads", "The boiler's key is with Kim.", allow=["group:leads"])
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])
    assert set(service.found("boiler", "ana")) == {"handbook", "leads"}
    index.meddle = lambda: corpus.people("ana", "ben", groups={"leads": ["user:ben"]})
    assert service.found("boiler", "ana", cache="bypass") == ["handbook"]
    index.meddle = lambda: corpus.people("ana", "ben", groups={"leads": ["user:ana"]})
    assert set(service.found("boiler", "ana", cache="bypass")) == {"handbook", "leads"}
    index.meddle = lambda: corpus.relabel("handbook", allow=["user:ben"])
    assert service.found("boiler", "ana", cache="bypass") == ["leads"]
    index.meddle = lambda: corpus.people("ben", disabled=["ana"])
    assert service.found("boiler", "ana", cache="bypass") == []


def test_a_version_that_is_flipped_between_two_rounds_of_a_search_is_found(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    """The first round refuses what is written and not flipped yet, the flip comes, the second refuses what it replaced."""
    index = Meddling(lambda: None)
    corpus = replace_services(corpus, replace(services, index=index))
    service = Service(corpus.services, settings, corpus.key()[1])
    key = corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])
    versions = [current_version(services, key)]
    corpus.publish("handbook", "The boiler is in the attic.", allow=["everyone"], version="2")
    versions.append(current_version(services, key))

    def serve(version: int) -> None:
        with transaction(services.catalog) as write:
            make_current(write, key, versions[version], corpus._label(write, ["everyone"], []))

    serve(0)
    index.meddle = lambda: setattr(index, "meddle", lambda: serve(1))
    assert "attic" in service.retrieve("boiler").json()["results"][0]["text"]


def current_version(services: Services, key: DocumentKey) -> VersionId:
    with reading(services.catalog) as read:
        found = read_document(read, key).current_version_id
    assert found is not None
    return found


def replace_services(corpus: Corpus, services: Services) -> Corpus:
    corpus.services = services
    return corpus


def test_a_catalog_out_of_reach(services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path) -> None:
    gone = open_engine("postgresql+psycopg://nobody:hidden@127.0.0.1:1/none", lock_timeout_seconds=2)
    service = Service(replace(services, catalog=gone), settings, corpus.key()[1])
    response = service.retrieve("boiler")
    problem(response, 503, "catalog_unavailable")
    problem(service.send("GET", "/v1/documents/handbook"), 503, "catalog_unavailable")
    problem(service.raw("GET", "/readyz"), 503, "catalog_unavailable")
    assert "127.0.0.1:1" not in response.text
    assert "hidden" not in service.log.getvalue()
    assert service.raw("GET", "/healthz").json() == {"status": "alive"}


def test_another_model_than_the_index_was_made_with(service: Service, services: Services, settings: RetrievalSettings) -> None:
    class Other:
        fingerprint = "other"
        dimensions = services.embedder.dimensions
        max_tokens = services.embedder.max_tokens
        tokens = services.embedder.tokens
        embed = services.embedder.embed
        embed_query = services.embedder.embed_query

    other = Service(replace(services, embedder=Other()), settings, service.key)
    problem(other.retrieve("boiler"), 503, "embedder_mismatch")
    problem(other.raw("GET", "/readyz"), 503, "not_ready")


def test_a_question_that_cannot_be_redacted_is_not_searched(
    service: Service, services: Services, settings: RetrievalSettings
) -> None:
    from privacy.errors import KeyUnavailable

    class Broken:
        fingerprint = "broken"

        def for_source(self, source: str) -> Redactor:
            return self

        def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
            raise KeyUnavailable("the key is gone")

    broken = Service(replace(services, redactor=Broken()), settings, service.key)
    problem(broken.retrieve("boiler"), 503, "privacy_key_unavailable")


def test_before_its_services_are_open_the_service_is_alive_but_not_ready(service: Service) -> None:
    service.app.state.services = None
    assert service.raw("GET", "/healthz").status_code == 200
    problem(service.raw("GET", "/readyz"), 503, "not_ready")
    problem(service.retrieve("boiler"), 503, "not_ready")


def test_an_operator_gets_the_same_body(
    service: Service, services: Services, settings: RetrievalSettings, catalog: Engine
) -> None:
    theirs = service.retrieve("boiler", "ana").json()
    mine = ask(services, settings, "default", "user:ana", RetrieveRequest(query="boiler")).model_dump(mode="json")
    differing = ("request_id", "permissions_as_of", "usage")
    assert {k: v for k, v in mine.items() if k not in differing} == {k: v for k, v in theirs.items() if k not in differing}


def test_an_operator_is_told_who_is_unknown(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    request = RetrieveRequest(query="boiler")
    with pytest.raises(UnknownPerson, match="carl"):
        ask(services, settings, "default", "carl", request)
    with pytest.raises(UnknownTenant, match="nowhere"):
        ask(services, settings, "nowhere", "ana", request)
    with pytest.raises(EmptyQuestion):
        ask(services, settings, "default", "ana", RetrieveRequest(query=" "))
