"""The cache through the service: who gets a kept answer, when there is none, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from secrets import token_bytes
from typing import Any

import pytest

from acl.scope import ReadScope
from catalog.documents import lagging_labels, note_indexed_label
from catalog.session import reading, transaction
from catalog.sources import list_sources
from catalog.tenants import bump_corpus
from index.memory import MemoryIndex
from index.point import Hit, SearchQuery
from retrieval import recall
from retrieval.cache import Cache
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.contracts.session_stores import NEEDS_REDIS, redis_server
from tests.faults import Fault, planted
from tests.service.client import Service
from tests.service.corpus import Corpus
from tests.service.test_metrics import figures, value

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

ASKED = "How long do we keep payroll records?"


@pytest.fixture
def filled(corpus: Corpus) -> Corpus:
    corpus.people("ana", "ben", "cleo", groups={"leads": ["user:ana"]})
    corpus.publish("handbook", "Payroll records are kept for ten years.", "Holidays are 30 days.", allow=["everyone"])
    corpus.publish("leads", "Payroll records of leads are kept for twelve years.", allow=["group:leads"])
    return corpus


def use(service: Service, person: str = "ana", question: str = ASKED, **fields: Any) -> str:
    response = service.retrieve(question, person, **fields)
    assert response.status_code == 200, response.text
    told: str = response.json()["usage"]["cache"]
    return told


def told(response: Any) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    return {name: part for name, part in body.items() if name not in ("request_id", "permissions_as_of", "usage")}


def opened(services: Services, settings: RetrievalSettings, corpus: Corpus, **changed: Any) -> Service:
    return Service(services, settings.model_copy(update=changed), corpus.key()[1])


def test_the_second_answer_is_the_first_and_costs_no_model(service: Service, filled: Corpus) -> None:
    first, second = (service.retrieve(ASKED, include=["text", "metadata", "context", "scores"]) for _ in range(2))
    assert told(first) == told(second)
    assert [body.json()["usage"]["cache"] for body in (first, second)] == ["miss", "exact"]
    assert [body.json()["usage"]["model_calls"] for body in (first, second)] == [1, 0]
    assert "search" not in second.json()["usage"]["stages"]
    assert first.json()["request_id"] != second.json()["request_id"]


def test_other_options_are_other_questions_and_how_it_is_packed_is_none(service: Service, filled: Corpus) -> None:
    assert use(service) == "miss"
    for fields in (
        {"top_k": 3},
        {"sources": ["docs"]},
        {"dedup": "off"},
        {"min_score": 0.1},
        {"filter": {"field": "source", "eq": "docs"}},
    ):
        assert use(service, **fields) == "miss"
    assert use(service, context={"max_tokens": 50, "format": "xml"}, include=["context"]) == "exact"


def test_bypass_neither_takes_nor_keeps(service: Service, filled: Corpus) -> None:
    assert [use(service, cache=how) for how in ("bypass", "use", "bypass", "use")] == ["bypass", "miss", "bypass", "exact"]


def test_off_is_off(services: Services, settings: RetrievalSettings, filled: Corpus) -> None:
    service = opened(services, settings, filled, cache="off")
    assert [use(service), use(service), use(service, cache="bypass")] == ["off"] * 3


def test_people_of_the_same_rights_share_and_others_do_not(service: Service, services: Services, filled: Corpus) -> None:
    assert use(service, "ben") == "miss"
    assert use(service, "cleo") == "exact"
    assert use(service, "ana") == "miss"
    assert service.found(ASKED, "ana")[:2] == ["leads", "handbook"] or "leads" in service.found(ASKED, "ana")
    assert "leads" not in service.found(ASKED, "cleo")
    other = Corpus(services, "other")
    other.people("ben")
    other.publish("handbook", "Payroll records are kept for one year.", allow=["everyone"])
    key = other.key()[1]
    (theirs,) = service.retrieve(ASKED, "ben", key).json()["results"]
    assert theirs["text"] == "Payroll records are kept for one year."


CHANGES: dict[str, Callable[[Corpus], object]] = {
    "published": lambda c: c.publish("new", "Payroll is new.", allow=["everyone"]),
    "relabelled": lambda c: c.relabel("handbook", allow=["user:ana"]),
    "retired": lambda c: c.retire("handbook"),
    "joined": lambda c: c.people("ana", "ben", "cleo", groups={"leads": ["user:ana", "user:ben"]}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_searched_for_anew(service: Service, filled: Corpus, change: str) -> None:
    assert [use(service, "ben"), use(service, "ben")] == ["miss", "exact"]
    CHANGES[change](filled)
    fresh = service.retrieve(ASKED, "ben", cache="bypass")
    assert use(service, "ben") == "miss"
    again = service.retrieve(ASKED, "ben")
    assert again.json()["usage"]["cache"] == "exact"
    assert told(again) == told(fresh)


def test_an_answer_from_while_the_index_lagged_ends_with_the_lag(service: Service, services: Services, filled: Corpus) -> None:
    filled.relabel("leads", allow=["user:ben"])
    assert "leads" not in service.found(ASKED, "ben"), "its points still carry the old label"
    assert use(service, "ben") == "exact"
    with reading(services.catalog) as read:
        (source,) = list_sources(read, filled.tenant_id)
        lagging = lagging_labels(read, filled.tenant_id, source.id)
    for label, documents in lagging.items():
        services.index.set_label(filled.collection().name, filled.tenant_id, documents, label)
        with transaction(services.catalog) as write:
            note_indexed_label(write, filled.tenant_id, documents, label)
    assert "leads" in service.found(ASKED, "ben")


class Meddling(MemoryIndex):
    """An index during whose next search something happens: before the search, or behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None
        self.behind: Callable[[], object] | None = None

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        before, self.before = self.before, None
        if before is not None:
            before()
        found = super().search(collection, query, scope)
        behind, self.behind = self.behind, None
        if behind is not None:
            behind()
        return found


@pytest.mark.parametrize("when", ["before", "behind"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_while_the_search_runs_is_not_kept_under_the_old_name(
    services: Services, settings: RetrievalSettings, corpus: Corpus, when: str, change: str
) -> None:
    index = Meddling()
    corpus.services = replace(services, index=index)
    service = opened(corpus.services, settings, corpus)
    corpus.people("ana", "ben", "cleo", groups={"leads": ["user:ana"]})
    corpus.publish("handbook", "Payroll records are kept for ten years.", allow=["everyone"])
    corpus.publish("leads", "Payroll records of leads are kept.", allow=["group:leads"])
    setattr(index, when, lambda: CHANGES[change](corpus))
    assert use(service, "ben") == "miss"
    after = service.retrieve(ASKED, "ben")
    assert after.json()["usage"]["cache"] == "miss"
    assert told(after) == told(service.retrieve(ASKED, "ben", cache="bypass"))


class Broken:
    """A model that fails, for as long as it is said to."""

    def __init__(self, model: Any) -> None:
        self.model, self.down = model, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def embed_query(self, text: str) -> Any:
        if self.down:
            raise OSError("no model")
        return self.model.embed_query(text)


def test_an_answer_without_its_model_is_not_kept(services: Services, settings: RetrievalSettings, filled: Corpus) -> None:
    model = Broken(services.embedder)
    service = opened(replace(services, embedder=model), settings, filled)
    assert [use(service), use(service)] == ["miss", "miss"]
    model.down = False
    assert [use(service), use(service)] == ["miss", "exact"]
    model.down = True
    assert use(service) == "exact", "what was found before needs no model"


def test_what_age_alone_changes_is_not_kept(service: Service, filled: Corpus) -> None:
    aging = {"decay": {"half_life_days": 30}}
    assert [use(service, **aging), use(service, **aging)] == ["miss", "miss"]
    then = {**aging, "as_of": "2026-01-01T00:00:00Z"}
    assert [use(service, **then), use(service, **then)] == ["miss", "exact"]


def test_an_entry_that_is_another_persons_gives_nothing_away(service: Service, filled: Corpus) -> None:
    """Were the labels missing from the name, the recheck would still let nothing through that may not be read."""
    import retrieval.cache_key as names

    fault = Fault(names._name, "told(place)", 'told(place)["Place"]["tenant_id"]')
    with planted(fault):
        assert "leads" in service.found(ASKED, "ana")
        answer = service.retrieve(ASKED, "ben").json()
    assert answer["usage"]["cache"] == "miss"
    assert {result["document_id"] for result in answer["results"]} == {"handbook"}


def test_without_the_comparison_of_corpora_a_stale_answer_would_stand(
    service: Service, services: Services, filled: Corpus
) -> None:
    """The planted fault shows that the test of what changes while a search runs can fail."""
    import retrieval.cache_key as names

    with planted(Fault(names._name, "told(place)", 'told(place)["Place"]["tenant_id"]')):
        assert use(service, "ben") == "miss"
        with transaction(services.catalog) as write:
            bump_corpus(write, filled.tenant_id)
        with planted(Fault(recall.stands, "checked.corpus_epoch == look.place.corpus_epoch", "True")):
            assert use(service, "ben") == "exact"


SAME = "Could you tell me how long payroll records are kept?"
NOT_SAME = (
    "How long do we not keep payroll records?",
    "How long do we keep payroll records of 2019?",
    "Who keeps payroll records?",
)


def test_a_question_that_asks_the_same_is_answered_by_the_other_and_one_that_does_not_is_not(
    services: Services, settings: RetrievalSettings, filled: Corpus
) -> None:
    service = opened(services, settings, filled, cache="semantic")
    assert use(service) == "miss"
    response = service.retrieve(SAME)
    assert response.json()["usage"]["cache"] == "semantic"
    assert response.json()["usage"]["model_calls"] == 1
    assert told(response)["results"] == told(service.retrieve(ASKED))["results"]
    for question in NOT_SAME:
        assert use(service, question=question) == "miss"
    assert use(service, question=SAME, min_score=0.1) == "miss"
    assert use(service, question=SAME, top_k=3) == "miss"
    assert use(service, "ben", SAME) == "miss"
    filled.publish("new", "Payroll is new.", allow=["everyone"])
    assert use(service, question=SAME) == "miss"


def test_figures_tell_hits_and_the_time_they_saved(services: Services, settings: RetrievalSettings, filled: Corpus) -> None:
    service, tenant = opened(services, settings, filled, metrics_open=True), str(filled.tenant_id)
    saved = sum(service.retrieve(ASKED).json()["usage"]["saved_ms"] for _ in range(3))
    use(service, cache="bypass")
    found = figures(service)
    counted = {how: value(found, "portcullis_cache_total", tenant=tenant, use=how) for how in ("miss", "exact", "bypass")}
    assert counted == {"miss": 1, "exact": 2, "bypass": 1}
    assert value(found, "portcullis_cache_saved_seconds_total", tenant=tenant) == pytest.approx(saved / 1000, abs=1e-5)
    assert value(found, "portcullis_cache_unshared_total") == 0


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@NEEDS_REDIS
def test_two_services_share_a_redis_and_each_goes_on_without(
    services: Services, settings: RetrievalSettings, filled: Corpus, redis_url: str, tmp_path: Any
) -> None:
    from pydantic import SecretStr

    shared = {"cache": "semantic", "cache_redis_url": SecretStr(redis_url), "cache_timeout_seconds": 5.0}
    one, two = (opened(services, settings, filled, **shared) for _ in range(2))
    assert use(one) == "miss"
    assert use(two) == "exact"
    assert use(two, question=SAME) == "semantic"
    stranger = opened(replace(services, question_key=token_bytes(32)), settings, filled, **shared)
    assert use(stranger) == "miss"
    gone = SecretStr(f"unix://{tmp_path / 'none'}")
    alone = opened(services, settings, filled, **shared | {"cache_redis_url": gone, "metrics_open": True})
    assert [use(alone), use(alone)] == ["miss", "miss"]
    assert value(figures(alone), "portcullis_cache_unshared_total") == 1
    assert sum(line["event"] == "cache_unshared" for line in alone.lines()) == 1


def test_what_is_kept_holds_no_text(service: Service, services: Services, filled: Corpus) -> None:
    use(service)
    cache = service.app.state.services.cache
    assert isinstance(cache, Cache)
    (shelf,) = cache.store._shelves.values()  # type: ignore[attr-defined]
    for name, (_, entry, _bucket) in shelf.entries.items():
        for word in (b"payroll", b"Payroll", b"handbook", b"ana"):
            assert word not in entry
            assert word.decode() not in name
