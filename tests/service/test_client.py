"""The client against the real application: what it hands back is what the service said, whether it waits or awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import pytest

from retrieval.client import AsyncPortcullis, Portcullis, PortcullisProblem
from tests.service.client import Service, Waited
from tests.service.corpus import Corpus

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

ADDRESS = "http://portcullis.test"
T = TypeVar("T")


@pytest.fixture
def client(service: Service) -> Iterator[Portcullis]:
    with Portcullis(f"{ADDRESS}/", service.key, retries=0, transport=Waited(service)) as made:
        yield made


def awaited(service: Service, call: Callable[[AsyncPortcullis], Awaitable[T]]) -> T:
    async def run() -> T:
        async with AsyncPortcullis(ADDRESS, service.key, retries=0, transport=httpx.ASGITransport(service.app)) as made:
            return await call(made)

    return asyncio.run(run())


def refused(call: Callable[[], object]) -> PortcullisProblem:
    with pytest.raises(PortcullisProblem) as caught:
        call()
    return caught.value


def test_an_answer_says_what_the_body_says(client: Portcullis, corpus: Corpus) -> None:
    corpus.publish(
        "handbook/heat", "The boiler is in the cellar.", allow=["user:ana"], headings=["House"], metadata={"status": "final"}
    )
    answer = client.retrieve("Where is the boiler?", on_behalf_of="ana", top_k=3, sources=["docs"])
    body, first = answer.body, answer.results[0]
    assert (first.ref, first.document_id, first.text) == (1, "handbook/heat", "The boiler is in the cellar.")
    assert (first.location.headings, first.location.chars, first.location.pages) == (("House",), (0, 28), (1,))
    assert (first.version.label, first.version.current) == ("1", True)
    assert first.version.modified_at == datetime(2024, 5, 1, 9, tzinfo=UTC)
    assert (first.metadata, first.in_context) == ({"status": "final"}, True)
    assert answer.context is not None
    assert (answer.context.text, answer.context.omitted_refs) == (body["context"]["text"], ())
    assert (answer.complete, answer.warnings, answer.index_version) == (True, (), body["index_version"])
    assert (str(answer.request_id), answer.took_ms) == (body["request_id"], body["usage"]["took_ms"])
    assert client.retrieve("boiler", on_behalf_of="ben").results == ()


def test_what_is_left_out_is_none_and_warnings_are_told(client: Portcullis, corpus: Corpus) -> None:
    empty = client.retrieve("boiler", on_behalf_of="ana", as_of=datetime(2024, 5, 1, tzinfo=UTC), sources=None)
    assert [warning.code for warning in empty.warnings] == ["nothing_indexed"]
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])
    bare = client.retrieve("boiler", on_behalf_of="ana", include=[])
    assert (bare.context, bare.results[0].text, bare.results[0].metadata) == (None, None, None)


def test_both_forms_give_the_same(client: Portcullis, service: Service, corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", "The canteen opens at noon.", allow=["everyone"])
    one = client.retrieve("boiler", on_behalf_of="ana")
    other = awaited(service, lambda made: made.retrieve("boiler", on_behalf_of="ana"))
    assert (one.results, one.context, one.complete) == (other.results, other.context, other.complete)
    assert client.document("handbook", on_behalf_of="ben").passages == (
        awaited(service, lambda made: made.document("handbook", on_behalf_of="ben")).passages
    )


@pytest.mark.parametrize(
    "name", ["a/b c", "a/../b", "./a", "..", "a//b", "/a", "a/", "50%", "a?b#c", "%2F", "Übersicht/日本", "a;b=c&d+e", ".hidden"]
)
def test_every_name_of_a_document_reaches_the_service_as_it_is(client: Portcullis, corpus: Corpus, name: str) -> None:
    corpus.publish(name, "The boiler is in the cellar.", "The canteen opens at noon.", allow=["everyone"])
    found = client.document(name, on_behalf_of="ana")
    assert (found.document_id, [passage.text for passage in found.passages]) == (
        name,
        ["The boiler is in the cellar.", "The canteen opens at noon."],
    )


def test_a_document_of_another_time(client: Portcullis, corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])
    problem = refused(lambda: client.document("handbook", as_of=datetime(2020, 1, 1, tzinfo=UTC), on_behalf_of="ana"))
    assert (problem.code, problem.status) == ("unknown_document", 404)


def test_a_person_whose_name_is_not_ascii(client: Portcullis, corpus: Corpus) -> None:
    corpus.people("ána")
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["user:ána"])
    assert len(client.retrieve("boiler", on_behalf_of="ána").results) == 1


def test_problems_carry_the_services_own_words(client: Portcullis, service: Service) -> None:
    problem = refused(lambda: client.retrieve("boiler", on_behalf_of="nobody"))
    assert (problem.code, problem.status, problem.retryable, problem.retry_after) == ("unknown_person", 403, False, None)
    assert problem.request_id is not None
    assert problem.request_id in str(problem)
    wrong = refused(lambda: client.retrieve("boiler", on_behalf_of="ana", top_k=0))
    assert (wrong.code, [error["field"] for error in wrong.errors]) == ("invalid_request", ["top_k"])
    alone = Portcullis(ADDRESS, None, retries=0, transport=Waited(service))
    assert refused(lambda: alone.retrieve("boiler")).code == "not_authenticated"
    assert refused(lambda: client.retrieve("boiler", user_token="a.b.c")).code == "user_token_unsupported"
    assert refused(lambda: client.reveal("[PERSON_AAAAAAAAAAAA]", "a test", on_behalf_of="ana")).code == "missing_scope"
    assert service.key not in repr(client)


def test_a_problem_that_may_pass_says_when(client: Portcullis, service: Service) -> None:
    service.app.state.services = None
    problem = refused(lambda: client.retrieve("boiler", on_behalf_of="ana"))
    assert (problem.code, problem.status, problem.retryable, problem.retry_after) == ("not_ready", 503, True, 2.0)
