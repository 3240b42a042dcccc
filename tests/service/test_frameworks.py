"""The retrievers for LlamaIndex and LangChain against the real application: what the person may read, all metadata with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from retrieval.client import AsyncPortcullis, Portcullis, PortcullisProblem
from tests.service.client import Service, Waited
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

ADDRESS = "http://portcullis.test"
QUESTION = "Where is the boiler?"


@pytest.fixture
def client(service: Service) -> Iterator[Portcullis]:
    with Portcullis(ADDRESS, service.key, retries=0, transport=Waited(service)) as made:
        yield made


@pytest.fixture(autouse=True)
def handbook(corpus: Corpus) -> None:
    corpus.publish(
        "handbook/heat", "The boiler is in the cellar.", allow=["user:ana"], headings=["House"], metadata={"status": "final"}
    )
    corpus.publish("handbook/roof", "The boiler of the roof.", allow=["everyone"])


def asks(framework: str, client: Portcullis, person: str, awaiting: AsyncPortcullis | None = None, **options: Any) -> Any:
    """A retriever of that framework; `look` and `alook` give (id, text, metadata) of what it finds."""
    if framework == "llama_index":
        from retrieval import llama_index

        return llama_index.PortcullisRetriever(client, on_behalf_of=person, awaiting=awaiting, **options)
    pytest.importorskip("langchain_core", reason="the extra `langchain` is not installed")
    from retrieval import langchain

    return langchain.PortcullisRetriever(client=client, on_behalf_of=person, awaiting=awaiting, options=options)


def plain(found: Any) -> list[tuple[str, str, dict[str, Any]]]:
    if found and hasattr(found[0], "node"):
        return [(one.node.node_id, one.node.text, one.node.metadata) for one in found]
    return [(one.id, one.page_content, one.metadata) for one in found]


def look(retriever: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return plain(retriever.retrieve(QUESTION) if hasattr(retriever, "retrieve") else retriever.invoke(QUESTION))


def alook(
    framework: str, service: Service, client: Portcullis, person: str, *, own: bool
) -> list[tuple[str, str, dict[str, Any]]]:
    async def run() -> Any:
        async with AsyncPortcullis(ADDRESS, service.key, retries=0, transport=httpx.ASGITransport(service.app)) as awaiting:
            retriever = asks(framework, client, person, awaiting if own else None, top_k=1)
            return await (retriever.aretrieve(QUESTION) if hasattr(retriever, "aretrieve") else retriever.ainvoke(QUESTION))

    return plain(asyncio.run(run()))


frameworks = pytest.mark.parametrize("framework", ["llama_index", "langchain"])


@frameworks
def test_what_is_found_carries_all_that_the_answer_said(framework: str, client: Portcullis, service: Service) -> None:
    body = service.retrieve(QUESTION, top_k=1).json()
    [result] = body["results"]
    [(id_, text, metadata)] = look(asks(framework, client, "ana", top_k=1))
    assert (id_, text) == (result["chunk_id"], result["text"])
    expected = {
        "document_id": "handbook/heat", "title": result["title"], "headings": ["House"], "pages": [1], "chars": [0, 28],
        "source": "docs", "ref": 1, "score": result["score"], "version": "1", "version_id": result["version"]["id"],
        "current": True, "metadata": {"status": "final"}, "flags": [], "complete": True, "warnings": [],
        "tokens": result["tokens"],
    }  # fmt: skip
    assert {name: metadata[name] for name in expected} == expected
    assert metadata["modified_at"] == "2024-05-01T09:00:00+00:00"


@frameworks
def test_each_person_finds_what_he_may_read(framework: str, client: Portcullis) -> None:
    assert {m["document_id"] for _, _, m in look(asks(framework, client, "ana"))} == {"handbook/heat", "handbook/roof"}
    assert {m["document_id"] for _, _, m in look(asks(framework, client, "ben"))} == {"handbook/roof"}


@frameworks
@pytest.mark.parametrize("own", [True, False])
def test_it_awaits_too(framework: str, own: bool, service: Service, client: Portcullis) -> None:
    """By a client of its own that awaits, or in a thread by the one that waits."""
    [(_, text, _)] = alook(framework, service, client, "ben", own=own)
    assert text == "The boiler of the roof."


@frameworks
def test_a_problem_keeps_its_type(framework: str, client: Portcullis) -> None:
    with pytest.raises(PortcullisProblem) as caught:
        look(asks(framework, client, "nobody"))
    assert (caught.value.code, caught.value.status) == ("unknown_person", 403)


@frameworks
def test_what_the_retriever_sets_itself_is_refused(framework: str, client: Portcullis) -> None:
    with pytest.raises(ValueError, match="include"):
        asks(framework, client, "ana", include=["text"])


@frameworks
def test_neither_key_nor_token_is_in_what_a_retriever_shows(framework: str, client: Portcullis, service: Service) -> None:
    retriever = asks(framework, client, "ana")
    assert service.key not in repr(retriever) + str(vars(retriever))


def test_a_model_sees_where_a_node_is_from_and_no_more(client: Portcullis) -> None:
    from llama_index.core.schema import MetadataMode

    [found] = asks("llama_index", client, "ana", top_k=1).retrieve(QUESTION)
    assert found.node.get_content(MetadataMode.LLM).splitlines() == [
        "document_id: handbook/heat", "title: Handbook/Heat", "headings: ['House']", "pages: [1]", "",
        "The boiler is in the cellar.",
    ]  # fmt: skip
    assert found.node.ref_doc_id == "handbook/heat"
