"""Sampled questions are asked again exactly, after their answer, in the same scope; what was lost is counted by tenant."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from acl.scope import ReadScope
from catalog.ids import utc_now
from catalog.recall import Recall, recall_since
from catalog.session import reading
from index.memory import MemoryIndex
from index.point import Hit, SearchQuery
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.shadow import MOST_WAITING, Shadow
from tests.service.client import Service
from tests.service.corpus import Corpus


class Losing(MemoryIndex):
    """Finds every second hit only, unless it is asked to be exact."""

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        hits = super().search(collection, query, scope)
        return hits if query.exact else hits[::2]


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, index=Losing())


@contextmanager
def shadowed(services: Services, settings: RetrievalSettings, corpus: Corpus, share: float) -> Iterator[tuple[Service, Shadow]]:
    shadow = Shadow(services.catalog, services.index, share)
    try:
        yield Service(replace(services, shadow=shadow), settings, corpus.key()[1]), shadow
    finally:
        shadow.close()
        shadow.close()


def counted(shadow: Shadow, questions: int) -> Recall:
    until = time.monotonic() + 20
    while shadow.total.questions < questions and time.monotonic() < until:
        time.sleep(0.01)
    return shadow.total


def test_what_the_usual_search_lost_is_counted(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    for n in range(12):
        corpus.publish(f"d{n}", f"The boiler number {n} is in the cellar.", allow=["everyone"])
    corpus.publish("secret", "The boiler of the leads.", allow=["group:leads"])
    with shadowed(services, settings, corpus, 1.0) as (service, shadow):
        service.found("Where is the boiler?", "ben")
        assert counted(shadow, 1) == Recall(1, 10, 5)
        service.found("Where is boiler 3?", "ana")
        assert counted(shadow, 2) == Recall(2, 20, 10)
    with reading(services.catalog) as read:
        assert recall_since(read, corpus.tenant_id, utc_now().date()) == Recall(2, 20, 10)
        assert recall_since(read, corpus.tenant_id, utc_now().date()).share == 0.5
        other = Corpus(services, "other")
    with reading(services.catalog) as read:
        assert recall_since(read, other.tenant_id, utc_now().date()) == Recall()
        assert recall_since(read, other.tenant_id, utc_now().date()).share is None


def test_a_share_of_none_and_a_scope_of_nothing_ask_nothing(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    corpus.publish("d", "The boiler is in the cellar.", allow=["user:ana"])
    with shadowed(services, settings, corpus, 0.0) as (service, shadow):
        assert service.found("boiler") == ["d"]
        assert shadow.total == Recall()
    with shadowed(services, settings, corpus, 1.0) as (service, shadow):
        assert service.found("boiler", "ben") == []
        assert service.found("boiler", "ana") == ["d"]
        assert counted(shadow, 1) == Recall(1, 1, 1)


def test_an_index_that_fails_costs_nobody(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    corpus.publish("d", "The boiler is in the cellar.", allow=["everyone"])
    scope, query = scope_like(services, corpus), SearchQuery(services.embedder.embed_query("x"), None, 1)
    with shadowed(services, settings, corpus, 1.0) as (_service, shadow):
        services.index.drop(corpus.collection().name)
        for _ in range(3 * MOST_WAITING):
            shadow.offer(corpus.collection().name, query, scope)
    assert shadow.total == Recall()


def scope_like(services: Services, corpus: Corpus) -> ReadScope:
    from acl.store import find_person, find_scope

    with reading(services.catalog) as read:
        return find_scope(read, corpus.tenant_id, find_person(read, corpus.tenant_id, "ana"))
