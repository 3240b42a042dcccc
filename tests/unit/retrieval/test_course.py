"""How a call of the client goes when the way is rough: what is tried again, how often, how long is waited."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.client import AsyncPortcullis, Portcullis, PortcullisProblem
from retrieval.course import LONGEST_WAIT_SECONDS, Calls, Came, Send, Wait

REVEALED = {"request_id": "6d0c7a34-3b0e-5f7e-9a53-0d6b1f0c2e77", "text": "x", "revealed": {}, "withheld": 0}
GOOD = httpx.Response(200, json=REVEALED)


def told(retryable: bool, status: int = 503, after: str | None = None, **more: Any) -> httpx.Response:
    body = {"code": "index_unavailable", "detail": "It is gone.", "request_id": "r", "retryable": retryable, **more}
    return httpx.Response(status, json=body, headers={} if after is None else {"Retry-After": after})


def drive(came: list[Came], retries: int = 2) -> tuple[list[float], int, PortcullisProblem | None]:
    """What a call waits for and how often it sends, when these things come back, and how it ends."""
    course = Calls("http://portcullis.test", "pck_x_y", retries).reveal("x", "y", {})
    waits, sent, back = [], 0, iter(came)
    step = next(course)
    while True:
        try:
            if isinstance(step, Send):
                sent += 1
                step = course.send(next(back))
            else:
                assert isinstance(step, Wait)
                waits.append(step.seconds)
                step = course.send(None)
        except StopIteration:
            return waits, sent, None
        except PortcullisProblem as problem:
            return waits, sent, problem


@pytest.mark.parametrize(
    "passing",
    [
        told(True),
        told(True, 429, "1"),
        httpx.Response(502, text="<html>"),
        httpx.ConnectError("no"),
        httpx.ConnectTimeout("no"),
        httpx.RemoteProtocolError("gone"),
    ],
)
def test_what_may_pass_is_tried_again_so_often_and_no_more(passing: Came) -> None:
    assert drive([passing, GOOD])[1:] == (2, None)
    assert drive([passing, passing, GOOD])[1:] == (3, None)
    _, sent, problem = drive([passing] * 5)
    assert sent == 3
    assert problem is not None
    assert problem.retryable
    assert drive([passing] * 5, retries=0)[1] == 1


@pytest.mark.parametrize(
    ("came", "code"),
    [
        (told(False, 422), "index_unavailable"),
        (httpx.ReadTimeout("late"), "timeout"),
        (httpx.Response(200, text="<html>"), "bad_answer"),
        (httpx.Response(200, json=[1]), "bad_answer"),
        (httpx.Response(200, json={"request_id": "no uuid", "text": "", "revealed": {}, "withheld": 0}), "bad_answer"),
        (httpx.Response(301, headers={"Location": "http://elsewhere.test"}), "http_error"),
        (httpx.Response(404, json={"message": "another program"}), "http_error"),
        (told(True, after=str(LONGEST_WAIT_SECONDS + 1).partition(".")[0]), "index_unavailable"),
    ],
)
def test_what_will_not_pass_is_said_at_once(came: Came, code: str) -> None:
    waits, sent, problem = drive([came] * 3)
    assert (waits, sent) == ([], 1)
    assert problem is not None
    assert problem.code == code


def test_the_waits_grow_differ_and_are_never_shorter_than_the_service_asks() -> None:
    waits = [drive([told(True)] * 3)[0] for _ in range(50)]
    assert all(0.1 <= first <= 0.3 and 0.2 <= second <= 0.6 for first, second in waits)
    assert len({first for first, _ in waits}) > 10
    assert drive([told(True, after="3")] * 3)[0] == [3.0, 3.0]


@given(st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)))
def test_whatever_comes_is_an_answer_or_a_problem(content: bytes | str) -> None:
    for status in (200, 503):
        assert drive([httpx.Response(status, content=content)] * 3)[2] is not None


def test_neither_form_follows_a_redirect_or_sends_what_is_none() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(307, headers={"Location": "http://elsewhere.test/v1/retrieve"})

    transport = httpx.MockTransport(answer)
    with Portcullis("http://portcullis.test", "pck_x_y", transport=transport) as client, pytest.raises(PortcullisProblem):
        client.retrieve("boiler", user_token="a.b.c", top_k=None, sources=["x"])

    async def ask() -> None:
        async with AsyncPortcullis("http://portcullis.test", None, transport=transport) as client:
            await client.retrieve("boiler", user_token="a.b.c")

    with pytest.raises(PortcullisProblem):
        asyncio.run(ask())
    assert [request.url.host for request in seen] == ["portcullis.test"] * 2
    assert json.loads(seen[0].content) == {"query": "boiler", "sources": ["x"]}
    assert (seen[0].headers["authorization"], seen[0].headers["x-user-token"]) == ("Bearer pck_x_y", "a.b.c")
    assert (seen[1].headers["authorization"], "x-user-token" in seen[1].headers) == ("Bearer a.b.c", False)


def test_an_address_without_its_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with https"):
        Portcullis("portcullis.test", "pck_x_y")


def test_it_needs_httpx_and_nothing_else_of_others() -> None:
    root = Path(__file__).parents[3]
    script = "import json, sys; from retrieval.client import Portcullis; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=60, check=True, env={"PYTHONPATH": ""}
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"catalog", "acl", "index", "privacy", "pydantic", "sqlalchemy", "fastapi", "numpy"}
