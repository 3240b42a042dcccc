"""What a request may ask of the context, through the real service: budgets by a named tokenizer, formats, what stands around."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from index.model_files import find_model
from retrieval.errors import BadTokenizers
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.tokenizers import read_tokenizers
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

QUESTION = "Where is the boiler?"
TEXTS = [
    "The house has three floors.",
    "The boiler is in the cellar. Its pump hums.",
    "The key to the cellar hangs beside the door.",
    "The roof was mended in May.",
]


@pytest.fixture
def handbook(corpus: Corpus) -> None:
    corpus.publish("handbook", *TEXTS, allow=["everyone"], headings=["House"])
    corpus.publish("payroll", "The boiler's price was high.", "Only leads know the price.", allow=["group:leads"])


def context(service: Service, person: str = "ana", top_k: int = 1, **asked: Any) -> dict[str, Any]:
    response = service.retrieve(QUESTION, person, top_k=top_k, context=asked, sources=["docs"])
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()["context"]
    return body


@pytest.mark.usefixtures("handbook")
def test_an_unknown_tokenizer_is_refused_and_the_known_ones_are_named(service: Service) -> None:
    body = problem(service.retrieve(QUESTION, context={"tokenizer": "gpt-99"}), 422, "unknown_tokenizer")
    assert "model, bytes, characters" in body["detail"]
    assert "gpt-99" not in body["detail"]


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize(("name", "count"), [("characters", len), ("bytes", lambda text: len(text.encode()))])
def test_the_budget_is_counted_by_the_named_tokenizer(service: Service, name: str, count: Any) -> None:
    for budget in (1, 60, 100, 200, 400):
        body = context(service, top_k=4, tokenizer=name, max_tokens=budget)
        assert body["tokens"] == count(body["text"]) <= budget
    assert body["omitted_refs"] == []


def test_an_operators_tokenizer_counts(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    file = find_model("all-MiniLM-L6-v2") / "tokenizer.json"
    named = replace(services, tokenizers=read_tokenizers({"house": file}))
    corpus.publish("handbook", *TEXTS, allow=["everyone"])
    service = Service(named, settings, corpus.key()[1])
    assert context(service, tokenizer="house") == context(service, tokenizer="model") == context(service)


def test_a_file_that_is_no_tokenizer_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}")
    for named in ({"x": tmp_path / "t.json"}, {"x": tmp_path / "absent.json"}, {"model": tmp_path}, {"a b": tmp_path}):
        with pytest.raises(BadTokenizers):
            read_tokenizers(named)


@pytest.mark.usefixtures("handbook")
def test_citations_point_at_characters_and_pages(service: Service) -> None:
    body = context(service, expand="neighbours")
    assert [(c["ref"], c["document_id"], c["pages"]) for c in body["citations"]] == [(1, "handbook", [n]) for n in (1, 2, 3)]
    whole = "\n\n".join(TEXTS)
    for cited in body["citations"]:
        assert body["text"][cited["start"] : cited["end"]] == whole[slice(*cited["chars"])]


@pytest.mark.usefixtures("handbook")
def test_what_stands_around_comes_only_where_it_is_asked_for(service: Service) -> None:
    assert TEXTS[2] not in context(service)["text"]
    assert TEXTS[3] not in context(service, expand="neighbours")["text"]
    assert all(text in context(service, expand="section")["text"] for text in TEXTS)
    assert all(text in context(service, "ben", top_k=2, expand="auto")["text"] for text in TEXTS)
    assert "Only leads" not in context(service, "ben", top_k=8, expand="section")["text"]


@pytest.mark.usefixtures("handbook")
def test_xml_and_messages(service: Service) -> None:
    root = ElementTree.fromstring(context(service, format="xml")["text"])
    assert [(e.get("ref"), e.get("document"), e.get("headings"), e.get("pages")) for e in root] == [
        ("1", "handbook", "House", "2")
    ]
    body = context(service, format="messages")
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == f"{body['text']}\n\nQuestion: {QUESTION}"
    other = context(service, format="messages")
    assert body["text"].split("<<")[1] != other["text"].split("<<")[1]  # the boundary is another one in each answer
    assert context(service)["messages"] is None


@pytest.mark.usefixtures("handbook")
def test_compression_keeps_the_sentence_that_answers(service: Service) -> None:
    body = context(service, top_k=4, compress=True, tokenizer="characters", max_tokens=90)
    assert "The boiler is in the cellar." in body["text"]
    assert body["tokens"] <= 90


@pytest.mark.usefixtures("handbook")
def test_nobodys_context_is_empty_in_every_format(service: Service, corpus: Corpus) -> None:
    corpus.relabel("handbook", allow=["user:ana"])
    for format_ in ("text", "markdown", "xml", "messages"):
        body = context(service, "ben", format=format_, expand="section")
        assert (body["text"], body["tokens"], body["citations"]) == ("", 0, [])
