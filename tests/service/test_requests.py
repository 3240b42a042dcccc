"""Whatever a client sends is answered by a clear problem that repeats nothing of it, and the service goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.service.client import Service, problem
from tests.service.corpus import Corpus

SECRET = "kim.lee@example.org"


pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)


@pytest.fixture
def handbook(corpus: Corpus) -> None:
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"])


@pytest.mark.parametrize("query", ["", " ", "\n\t  ", "\u3000"])
def test_an_empty_question(service: Service, query: str) -> None:
    problem(service.retrieve(query), 422, "empty_question")


@pytest.mark.usefixtures("handbook")
def test_a_question_longer_than_the_service_reads(service: Service) -> None:
    body = problem(service.retrieve("é" * 8001), 422, "question_too_long")
    assert "8001" in body["detail"]
    assert service.retrieve("boiler " * 1100).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"query": None}, "query"),
        ({"query": 7}, "query"),
        ({"query": [SECRET]}, "query"),
        ({"query": f"{SECRET}\x00"}, "query"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 101}, "top_k"),
        ({"top_k": "8"}, "top_k"),
        ({"top_k": True}, "top_k"),
        ({"top_k": 10**30}, "top_k"),
        ({"as_of": "2024-05-01"}, "as_of"),
        ({"as_of": "2024-05-01T09:00:00"}, "as_of"),
        ({"as_of": "1714554000"}, "as_of"),
        ({"as_of": 1714554000}, "as_of"),
        ({"as_of": "0001-01-01T00:00:00+14:00"}, "as_of"),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, "as_of"),
        ({"as_of": SECRET}, "as_of"),
        ({"sources": []}, "sources"),
        ({"sources": SECRET}, "sources"),
        ({"sources": [""]}, "sources.0"),
        ({"sources": ["\x00"]}, "sources.0"),
        ({"max_per_document": 0}, "max_per_document"),
        ({"max_per_document": 101}, "max_per_document"),
        ({"min_score": 1.5}, "min_score"),
        ({"min_score": "0.5"}, "min_score"),
        ({"decay": {}}, "decay.half_life_days"),
        ({"decay": {"half_life_days": 0}}, "decay.half_life_days"),
        ({"decay": {"half_life_days": 30, "weight": 2}}, "decay.weight"),
        ({"context": {"max_tokens": 0}}, "context.max_tokens"),
        ({"context": {"max_tokens": 10**6}}, "context.max_tokens"),
        ({"context": {"format": SECRET}}, "context.format"),
        ({"context": {"tokenizer": 1}}, "context.tokenizer"),
        ({"context": {"tokenizer": "\x00"}}, "context.tokenizer"),
        ({"context": {"expand": SECRET}}, "context.expand"),
        ({"context": {"compress": True, "expand": "auto"}}, "context"),
        ({"context": None}, "context"),
        ({"include": [SECRET]}, "include.0"),
        ({"topk": SECRET}, "topk"),
        ({"person": "ben"}, "person"),
        ({"tenant": "other"}, "tenant"),
        ({SECRET: 1}, "?"),
    ],
)
def test_a_field_that_does_not_fit_is_named_but_not_repeated(service: Service, fields: dict[str, Any], field: str) -> None:
    response = service.send("POST", "/v1/retrieve", json={"query": "boiler", **fields})
    body = problem(response, 422, "invalid_request")
    assert [error["field"] for error in body["errors"]] == [field]
    assert SECRET not in response.text
    assert SECRET not in service.log.getvalue()


@pytest.mark.usefixtures("handbook")
@pytest.mark.parametrize("moment", ["2124-05-01T09:00:00Z", "2124-05-01t09:00:00.5+02:00", "0001-01-01T00:00:00Z"])
def test_a_time_is_sent_as_text(service: Service, moment: str) -> None:
    assert service.retrieve("boiler", as_of=moment).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b'{"query": "kim',
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b"[" * 100_000,
        b'{"top_k": ' + b"9" * 5000 + b"}",
        b"{'query': 1}",
    ],
)
def test_what_is_not_json(service: Service, content: bytes) -> None:
    response = service.send("POST", "/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 413, 422)
    problem(
        response, response.status_code, {400: "bad_json", 413: "request_too_large", 422: "invalid_request"}[response.status_code]
    )
    assert b"kim" not in response.content


@pytest.mark.parametrize("content", [b"null", b"[]", b'"x"', b"7", b"true", b"NaN"])
def test_json_that_is_no_object(service: Service, content: bytes) -> None:
    response = service.send("POST", "/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    problem(response, 422, "invalid_request")


def test_another_content_type(service: Service) -> None:
    body = problem(service.send("POST", "/v1/retrieve", content=b'{"query": "x"}'), 422, "invalid_request")
    assert "Content-Type" in body["detail"]


@pytest.mark.parametrize(
    "content", [rb'{"query": "\ud800 kim"}', rb'{"\ud800": 1, "query": "x"}', rb'{"query": "x", "sources": ["\udfff"]}']
)
def test_a_lone_surrogate(service: Service, content: bytes) -> None:
    response = service.send("POST", "/v1/retrieve", content=content, headers={"Content-Type": "application/json"})
    problem(response, 422, "invalid_request")
    assert b"kim" not in response.content


@pytest.mark.usefixtures("handbook")
def test_text_beyond_the_basic_plane_is_fine(service: Service) -> None:
    assert service.retrieve("Heizkessel \U0001f525 \U0001d54f \u202e ボイラー").status_code == 200


def test_ten_megabytes_are_refused(service: Service) -> None:
    problem(service.retrieve("x" * 10_000_000), 413, "request_too_large")


def test_ten_megabytes_in_chunks_are_refused(service: Service) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 1000
            yield b"x" * 1000

    problem(service.send("POST", "/v1/retrieve", content=chunks()), 413, "request_too_large")
    assert read < 9_000_000  # the rest is not waited for


@pytest.mark.usefixtures("handbook")
def test_a_body_in_small_chunks_is_put_together(service: Service) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for byte in json.dumps({"query": "boiler"}).encode():
            yield bytes([byte])

    response = service.send("POST", "/v1/retrieve", content=chunks(), headers={"Content-Type": "application/json"})
    assert [r["document_id"] for r in response.json()["results"]] == ["handbook"]


def test_paths_and_methods_that_are_not_there(service: Service) -> None:
    for path in ("/", "/v1", "/v1/retrieve/", "/docs", "/../etc/passwd"):
        problem(service.send("GET", path), 404, "not_found")
    wrong = service.send("GET", "/v1/retrieve")
    problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    problem(service.send("DELETE", "/v1/documents/handbook"), 405, "method_not_allowed")


@pytest.mark.usefixtures("handbook")
def test_the_log_has_one_line_for_each_request_and_no_text(service: Service) -> None:
    ids = [
        service.retrieve("boiler secret").headers["x-request-id"],
        service.send("GET", "/v1/documents/handbook").headers["x-request-id"],
    ]
    service.send("GET", f"/{SECRET}")
    lines = [line for line in service.lines() if line["event"] == "request"]
    assert [line["request_id"] for line in lines][:2] == ids
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/retrieve", 200),
        ("GET", "/v1/documents/{id:path}", 200),
        ("GET", None, 404),
    ]
    assert lines[0]["results"] == 1
    for text in ("boiler", "cellar", SECRET, service.key):
        assert text not in service.log.getvalue()


@pytest.mark.usefixtures("handbook")
def test_openapi_shows_examples_that_work_and_problems(service: Service) -> None:
    api = service.raw("GET", "/openapi.json").json()
    for example in api["components"]["schemas"]["RetrieveRequest"]["examples"]:
        assert service.send("POST", "/v1/retrieve", json=example).status_code == 200
    responses = api["paths"]["/v1/retrieve"]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "403", "413", "422", "429", "503", "504"}
    for status in set(responses) - {"200"}:
        assert list(responses[status]["content"]) == ["application/problem+json"]
    names = [p["name"] for p in api["paths"]["/v1/documents/{id}"]["get"]["parameters"]]
    assert set(names) == {"id", "as_of", "X-On-Behalf-Of", "X-User-Token"}
    assert "HTTPValidationError" not in api["components"]["schemas"]
