"""What a collector is sent: the stages of each request, nested as they ran, and nobody's words. A bad collector costs nothing."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import SecretStr

from catalog.ids import utc_now
from catalog.session import reading
from catalog.usage import usage_since
from index.errors import IndexUnavailable
from index.memory import MemoryIndex
from retrieval.errors import BadTraces
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.traced_index import TracedIndex
from retrieval.usage_writer import UsageWriter
from tests.service.client import Service, problem
from tests.service.collector import collector, said
from tests.service.corpus import Corpus
from tests.service.mcp_served import served
from tests.service.test_metrics import figures, value
from tests.unit.retrieval.provider import Provider, tokens_of
from tests.unit.retrieval.test_alerts import wait_until

pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)  # nothing here depends on the database
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, index=TracedIndex(services.index))


def traced(services: Services, settings: RetrievalSettings, corpus: Corpus, url: str, **changed: Any) -> Service:
    changes = {"traces_url": SecretStr(url), "metrics_open": True} | changed
    return Service(services, settings.model_copy(update=changes), corpus.key()[1])


def root_of(spans: list[Any]) -> Any:
    (root,) = (span for span in spans if span.kind == span.SPAN_KIND_SERVER)
    return root


def counted(service: Service, outcome: str) -> float:
    return value(figures(service), "portcullis_traces_total", outcome=outcome) or 0


def test_a_question_is_a_trace_of_its_stages(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    with collector() as came:
        service = traced(services, settings, corpus, came.url, traces_headers={"x-tenant": SecretStr("north")})
        body = service.retrieve("payroll", session_id="s", filter={"field": "title", "eq": "A"}).json()
        close(service)
        spans = came.spans()
    root = root_of(spans)
    by_id, names = {span.span_id: span for span in spans}, [span.name for span in spans]
    stages = body["usage"]["stages"]
    assert {span.name for span in spans if span.kind == span.SPAN_KIND_INTERNAL} == {*stages, "retrieve"}
    assert {*stages} == {
        *("scope", "redact", "session", "catalog", "cache", "embed", "filter", "search", "recheck", "rank", "pack", "audit")
    }
    for name, milliseconds in stages.items():  # the figures and the trace are one measurement
        took = sum(span.end_time_unix_nano - span.start_time_unix_nano for span in spans if span.name == name)
        assert took / 1e6 == pytest.approx(milliseconds, abs=0.002 * names.count(name))
    for span in spans:
        assert (span.trace_id, len(span.span_id)) == (root.trace_id, 8)
        if span is not root:
            around = by_id[span.parent_span_id]
            assert (
                around.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano <= around.end_time_unix_nano
            )
    calls = [span for span in spans if span.kind == span.SPAN_KIND_CLIENT]
    assert {by_id[call.parent_span_id].name for call in calls} == {"search"}
    assert said(calls[0]) == {"db.system.name": "qdrant", "db.operation.name": "search", "portcullis.hits": 1}
    told = said(root)
    assert (root.name, told["http.route"], told["http.response.status_code"]) == ("POST /v1/retrieve", "/v1/retrieve", 200)
    assert (told["portcullis.tenant"], told["portcullis.request_id"]) == (int(corpus.tenant_id), body["request_id"])
    assert (told["portcullis.operation"], told["portcullis.results"], told["portcullis.rounds"]) == ("retrieve", 1, 1)
    assert told["portcullis.tokens"] == body["usage"]["tokens"]
    assert {one["service.name"] for one in came.resources()} == {"portcullis"}
    assert (came.headers[0]["x-tenant"], came.headers[0]["content-type"]) == ("north", "application/x-protobuf")
    line = service.lines()[-1]
    assert (line["request_id"], line["trace_id"]) == (body["request_id"], root.trace_id.hex())


def test_the_callers_trace_is_gone_on_with_if_we_know_who_asks(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    with collector() as came:
        service = traced(services, settings, corpus, came.url, traces_share=0.0)
        service.retrieve("payroll")  # nobody wants it
        unwanted = {"traceparent": f"00-{TRACE}-{SPAN}-00"}
        service.send("POST", "/v1/retrieve", json={"query": "payroll"}, headers=unwanted)
        service.send("POST", "/v1/retrieve", key="pck_none_none", json={"query": "x"}, headers=CALLER)  # nobody's wish
        service.send("GET", "/v1/documents/none", headers=CALLER)
        close(service)
        root = root_of(came.spans())
    assert len(came.bodies) == 1
    assert (root.trace_id.hex(), root.parent_span_id.hex(), root.name) == (TRACE, SPAN, "GET /v1/documents/{id:path}")
    assert said(root)["error.type"] == "unknown_document"
    assert [line.get("trace_id") for line in service.lines()] == [None, TRACE, TRACE, TRACE]


def test_of_probes_there_are_no_traces(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    with collector() as came:
        service = traced(services, settings, corpus, came.url)
        for path in ("/healthz", "/readyz", "/metrics"):
            service.send("GET", path, None, headers=CALLER)
        service.send("QUETZAL", "/no/such/zanzibar", None)
        close(service)
        (root,) = came.spans()
    assert (root.name, said(root)["http.response.status_code"], root.parent_span_id) == ("_OTHER", 404, b"")


def test_where_it_failed_the_trace_says_what_was_under_way(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    class Gone(MemoryIndex):
        def search(self, *given: object, **named: object) -> list:  # type: ignore[override, type-arg]
            raise IndexUnavailable("It does not answer.")

    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    with collector() as came:
        service = traced(replace(services, index=TracedIndex(Gone())), settings, corpus, came.url)
        problem(service.retrieve("payroll"), 503, "index_unavailable")
        close(service)
        spans = came.spans()
    faults = {span.name: span.status.message for span in spans if span.status.code}
    assert faults == {"POST /v1/retrieve": "index_unavailable", "unfinished": "unfinished", "index search": "index_unavailable"}


words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=9, max_size=14).map("zq{}".format)  # no word of ours begins so
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # each example costs a second


@given(canaries=st.lists(words, min_size=7, max_size=7, unique=True))
@examples(max_examples=5, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobodys_words_are_in_what_is_sent(
    services: Services, settings: RetrievalSettings, corpus: Corpus, canaries: list[str]
) -> None:
    """Question, person, document, its title and text, session and filter, the path and the headers of a caller."""
    person, name, title, text, question, session, header = canaries
    corpus.people(person)
    corpus.publish(f"docs/{name}", f"The {text} of Ingrid Solheim.", allow=[f"user:{person}"], title=title)
    with collector() as came:
        service = traced(services, settings, corpus, came.url)
        strange = {
            "traceparent": f"00-{TRACE}-{SPAN}-01",
            "tracestate": f"v={header.encode().hex()}",
            "baggage": "w=Quetzalcoatl",
        }
        ask = {"query": f"{question} {text}", "session_id": session}
        found = service.send("POST", "/v1/retrieve", person, json=ask, headers=strange)
        assert [one["title"] for one in found.json()["results"]] == [title]
        filtered = ask | {"filter": {"field": "title", "eq": title}}  # which finds nothing where the word is taken for a name
        assert service.send("POST", "/v1/retrieve", person, json=filtered).status_code == 200
        assert service.send("GET", f"/v1/documents/docs/{name}", person).status_code == 200
        service.send("GET", f"/v1/documents/{question}", person)
        service.send("GET", f"/{question}/zanzibar", person)
        service.send("POST", "/v1/retrieve", person, json={"query": "x", question: 1})
        close(service)
        came.spans(6)
    sent = b"".join(came.bodies)
    hidden = [*canaries, header.encode().hex(), "Quetzalcoatl", "Solheim", "zanzibar", "pck_", service.key]
    assert not [word for word in hidden if word.encode() in sent or word.casefold().encode() in sent.lower()]


def test_the_search_for_words_can_fail(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    with collector() as came:
        service = traced(services, settings, corpus, came.url)
        service.retrieve("payroll")
        close(service)
        came.spans()
    assert b"/v1/retrieve" in b"".join(came.bodies)


def close(service: Service) -> None:
    """Send what waits: an application that ends does so."""
    service.app.state.traces.close()


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        yield f"http://localhost:{taken.getsockname()[1]}/v1/traces"


@contextmanager
def silent() -> Iterator[str]:
    """One that takes everything and says nothing."""
    with socket.create_server(("localhost", 0), backlog=64) as listening:
        yield f"http://localhost:{listening.getsockname()[1]}/v1/traces"


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(100_000):
            handler.wfile.write(b"x" * 65536)


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("Location", f"http://localhost:{handler.server.server_port}/elsewhere")  # type: ignore[attr-defined]
    handler.end_headers()


def breaks(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff nothing that is HTTP \r\n\r\n")


def test_a_collector_that_is_not_there_or_silent_costs_no_answer(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    for bad in (nobody, silent):
        with bad() as url:
            service = traced(services, settings, corpus, url)
            began = time.monotonic()
            assert service.retrieve("payroll").status_code == 200
            assert service.retrieve("payroll").status_code == 200
            close(service)
            assert time.monotonic() - began < 15
            if bad is nobody:
                assert counted(service, "failed") == 2
                lost = [line for line in service.lines() if line["event"] == "traces_lost"]
                assert [(line["outcome"], line["traces"]) for line in lost] == [("failed", 2)]


@pytest.mark.parametrize(("answer", "outcome"), [(endless, "sent"), (elsewhere, "failed"), (breaks, "failed")])
def test_one_that_answers_what_it_should_not_is_not_listened_to(
    services: Services, settings: RetrievalSettings, corpus: Corpus, answer: Any, outcome: str
) -> None:
    with collector(answer) as came:
        service = traced(services, settings, corpus, came.url)
        assert service.retrieve("payroll").status_code == 200
        wait_until(lambda: counted(service, outcome) == 1)
        assert len(came.bodies) == 1
        close(service)


def test_what_comes_after_the_end_is_dropped_and_counted(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    with collector() as came:
        service = traced(services, settings, corpus, came.url)
        service.retrieve("payroll")
        close(service)
        service.retrieve("payroll")
        assert counted(service, "dropped") == 1
        assert len(came.bodies) == 1


@pytest.mark.parametrize("wrong", ["", "collector:4318", "ftp://collector/v1/traces", "http://", "http://[::1"])
def test_what_is_no_address_is_said_at_the_start(
    services: Services, settings: RetrievalSettings, corpus: Corpus, wrong: str
) -> None:
    with pytest.raises(BadTraces, match="no address"):
        traced(services, settings, corpus, wrong)
    with pytest.raises(BadTraces, match="no header"):
        traced(services, settings, corpus, "http://localhost:1/", traces_headers={"x": SecretStr("a\nb")})


def test_a_call_of_a_tool_is_traced_and_counted_as_over_http(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    usage = UsageWriter(services.catalog, 35)
    services = replace(services, tokens=tokens_of(Provider("rsa")), usage=usage)
    corpus.services = services
    with collector() as came:
        known = settings.model_copy(update={"traces_url": SecretStr(came.url)})
        with served(services, known, corpus) as running:
            found, absent = running.ask("ana", ("search", {"query": "boiler"}), ("fetch", {"id": "no/quetzal"}))
            assert not found.is_error
            assert absent.is_error
        spans = came.spans()  # the service has ended, and sent what it had
        lines = [json.loads(line) for line in running.log.getvalue().splitlines()]
    usage.close()
    roots = {said(span).get("portcullis.tool"): span for span in spans if span.kind == span.SPAN_KIND_SERVER}
    search, fetch = roots["search"], roots["fetch"]
    stages = {span.name for span in spans if span.trace_id == search.trace_id}
    assert {"scope", "redact", "embed", "search", "index search", "recheck", "pack", "audit", "retrieve", "POST /mcp"} <= stages
    assert {"scope", "catalog", "audit"} <= {span.name for span in spans if span.trace_id == fetch.trace_id}
    assert (said(fetch)["portcullis.code"], said(fetch)["portcullis.operation"]) == ("unknown_document", "document")
    assert {line["trace_id"] for line in lines if line.get("tool")} == {root.trace_id.hex() for root in (search, fetch)}
    assert not [word for word in (b"quetzal", b"boiler", b"handbook") if word in b"".join(came.bodies).lower()]
    with reading(services.catalog) as read:
        used = usage_since(read, corpus.tenant_id, utc_now() - timedelta(hours=1))
    assert {name: one.requests for name, one in used.items()} == {"retrieve": 1, "document": 1}
    assert used["document"].problems == {"unknown_document": 1}
