"""max_per_document, min_score, decay and scores, through the service; `complete` stays honest with each of them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.service.client import Service
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

LONG = [f"The boiler of house {n} is in the cellar and is swept every {n} weeks." for n in range(60)]


@pytest.fixture
def filled(corpus: Corpus) -> Corpus:
    corpus.publish("long", *LONG, allow=["everyone"])
    corpus.publish("short", "The boiler is old.", "Sweeping is done in May.", allow=["everyone"])
    corpus.publish("ferry", "The ferry leaves at eight.", allow=["everyone"])
    corpus.publish("secret", "The boiler of the leads.", allow=["group:leads"])
    return corpus


def test_a_document_takes_no_more_places_than_asked_and_others_fill_them(service: Service, filled: Corpus) -> None:
    assert service.found("Where is the boiler swept?", "ben", top_k=3) == ["long"] * 3
    body = service.retrieve("Where is the boiler swept?", "ben", top_k=4, max_per_document=2).json()
    names = [result["document_id"] for result in body["results"]]
    assert sorted(names) == ["long", "long", "short", "short"]
    assert body["complete"]
    body = service.retrieve("Where is the boiler swept?", "ben", top_k=8, max_per_document=1).json()
    assert sorted(result["document_id"] for result in body["results"]) == ["ferry", "long", "short"]
    assert body["complete"], "all that may be read was looked through"


def test_nothing_below_min_score_comes_and_scores_say_so(service: Service, filled: Corpus) -> None:
    asked = {"top_k": 100, "dedup": "off", "include": ["text", "scores"]}
    every = service.retrieve("Where is the boiler?", "ben", **asked).json()
    cosines = {result["chunk_id"]: result["scores"]["dense"] for result in every["results"]}
    assert len(cosines) == 63
    for least in (-1, 0.3, 0.5, 0.95):
        body = service.retrieve("Where is the boiler?", "ben", min_score=least, **asked).json()
        assert {result["chunk_id"] for result in body["results"]} == {id_ for id_, cosine in cosines.items() if cosine >= least}
        assert body["complete"]


def test_a_cosine_is_that_of_the_vectors_and_lexical_scores_are_for_operators(
    service: Service, services: Services, filled: Corpus
) -> None:
    results = service.retrieve("boiler of the leads", "ana", include=["text", "scores"]).json()["results"]
    question = services.embedder.embed_query("boiler of the leads")
    for result in results:
        (vector,) = services.embedder.embed([result["text"]])
        assert result["scores"]["dense"] == pytest.approx(
            float(np.dot(question, vector)), abs=1e-3
        )  # bf16: what goes with a text counts
        assert result["scores"]["lexical"] is None
    assert service.retrieve("boiler", "ana").json()["results"][0]["scores"] is None
    told = ask(services, RetrievalSettings(), "default", "ana", RetrieveRequest(query="boiler of the leads", include=["scores"]))
    assert told.results[0].scores is not None
    assert told.results[0].scores.lexical is not None


def test_what_words_alone_brought_obeys_min_score_and_tells_its_cosine(service: Service, filled: Corpus) -> None:
    filled.publish("code", "Zebra crossings are painted anew; see XK-4711.", allow=["everyone"])
    asked = {"top_k": 5, "include": ["scores"]}
    first = service.retrieve("Where is the boiler XK-4711?", "ben", **asked).json()["results"][0]
    assert (first["document_id"], first["exact"]) == ("code", ["XK-4711"])
    cosine = first["scores"]["dense"]
    for least, there in ((cosine - 0.01, True), (cosine + 0.01, False)):
        body = service.retrieve("Where is the boiler XK-4711?", "ben", min_score=least, **asked).json()
        assert ("code" in [result["document_id"] for result in body["results"]]) is there


def test_newer_versions_come_first_where_that_is_asked_for(service: Service, corpus: Corpus) -> None:
    texts = {"old": "The boiler is swept in May each year.", "new": "The boiler is swept in June each year."}
    for name, text in texts.items():
        corpus.publish(name, text, allow=["everyone"], modified_at=datetime(2010 if name == "old" else 2026, 1, 1, tzinfo=UTC))
    question = "Is the boiler swept in May?"
    assert service.found(question, "ben") == ["old", "new"]
    assert service.found(question, "ben", decay={"half_life_days": 365, "weight": 0.9}) == ["new", "old"]
    assert service.found(question, "ben", decay={"half_life_days": 365, "weight": 0}) == ["old", "new"]
