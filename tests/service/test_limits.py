"""Who asks too often, or was handed enough, is told so before any work; nobody else notices."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from index.memory import MemoryIndex
from retrieval.errors import BadLimitStore
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.contracts.session_stores import NEEDS_REDIS, redis_server
from tests.service.client import Service, problem
from tests.service.corpus import Corpus
from tests.unit.retrieval.test_alerts import wait_until, webhook

ITEM = re.compile(r'"([a-z-]+)";r=(\d+);t=(\d+)')


@pytest.fixture
def redis_url() -> Iterator[str]:
    from redis import Redis

    with redis_server() as url:
        client = Redis.from_url(url)
        for key in client.scan_iter("portcullis:limits:*"):  # what an earlier run counted holds for a day
            client.delete(key)
        client.close()
        yield url


def limited(services: Services, settings: RetrievalSettings, corpus: Corpus, **changed: object) -> Service:
    known = RetrievalSettings.model_validate(settings.model_dump() | changed)
    return Service(services, known, corpus.key()[1])


def left(response: httpx.Response) -> dict[str, int]:
    return {name: int(count) for name, count, _ in ITEM.findall(response.headers["RateLimit"])}


def refused(response: httpx.Response, code: str, most_seconds: int) -> None:
    assert problem(response, 429, code)["retryable"]
    assert 1 <= int(response.headers["Retry-After"]) <= most_seconds
    assert "RateLimit" in response.headers


def test_without_a_limit_nothing_is_counted_and_nothing_is_said(service: Service) -> None:
    response = service.retrieve("payroll")
    assert service.app.state.limits is None
    assert not {"ratelimit", "ratelimit-policy"} & set(response.headers)


def test_each_answer_says_what_is_left_and_the_next_one_too_many_is_refused(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    service = limited(services, settings, corpus, limits={"person": "3/minute", "key": "5/minute"})
    first = service.retrieve("payroll")
    assert first.headers["RateLimit-Policy"] == '"person";q=3;w=60, "key";q=5;w=60'
    assert left(first) == {"person": 2, "key": 4}
    problem(service.send("GET", "/v1/documents/none"), 404, "unknown_document")  # every route counts, and every answer tells
    third = problem(service.retrieve(" "), 422, "empty_question")
    assert third
    refused(service.retrieve("payroll"), "rate_limited", 60)
    assert left(service.retrieve("payroll", "ben")) == {"person": 2, "key": 1}  # what ana was refused cost the key nothing
    assert service.retrieve("payroll", "ben").status_code == 200
    refused(service.retrieve("payroll", "ben"), "rate_limited", 60)  # by the key
    another = corpus.key()[1]
    assert service.retrieve("payroll", "ben", another).status_code == 429  # his own were counted meanwhile


def test_a_window_moves(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    service = limited(services, settings, corpus, limits={"person": "1/second"})
    began = time.monotonic()
    assert service.retrieve("payroll").status_code == 200
    while service.retrieve("payroll").status_code == 429:
        assert time.monotonic() - began < 30
        time.sleep(0.1)
    assert time.monotonic() - began >= 1


def test_a_refused_request_costs_no_work(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    class Counting(MemoryIndex):
        searches = 0

        def search(self, *given: object, **named: object) -> list:  # type: ignore[override, type-arg]
            Counting.searches += 1
            return super().search(*given, **named)  # type: ignore[arg-type]

    services = replace(services, index=Counting())
    corpus.services = services
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    service = limited(services, settings, corpus, limits={"person": "1/hour"})
    assert service.retrieve("payroll").status_code == 200
    before = Counting.searches
    refused(service.retrieve("payroll"), "rate_limited", 3600)
    assert before > 0
    assert Counting.searches == before


def test_one_tenant_at_its_end_is_nothing_to_another(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    other = Corpus(services, "other")
    other.people("ana")
    key = other.key()[1]
    service = limited(services, settings, corpus, limits={"tenant": "2/minute"}, token_budgets={"tenant": 1})
    for name in ("a", "b"):
        for one in (corpus, other):
            one.publish(name, "Payroll records are kept for ten years.", allow=["everyone"])
    assert service.retrieve("payroll").status_code == 200
    refused(service.retrieve("payroll"), "budget_exhausted", 86_400)
    assert left(service.retrieve("payroll", "ana", key)) == {"tenant-tokens": 0, "tenant": 1}
    figures = limited(services, settings, corpus, limits={"tenant": "2/minute"})
    for _ in range(3):
        last = figures.retrieve("payroll")
    refused(last, "rate_limited", 60)
    assert left(figures.retrieve("payroll", "ana", key)) == {"tenant": 1}


def test_a_budget_is_charged_what_usage_says(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", "Bicycles are parked outside.", allow=["everyone"])
    service = limited(services, settings, corpus, token_budgets={"person": 1000, "tenant": 5000})
    spent = 0
    for include in (["text", "context"], ["text"], ["context"], ["metadata"]):
        response = service.retrieve("payroll", include=include)
        usage = response.json()["usage"]
        assert (usage["tokens"] > 0) == (include != ["metadata"])
        assert usage["model_calls"] == (1 if spent == 0 else 0)  # from then on the answer is kept
        spent += usage["tokens"]
        assert left(response) == {"person-tokens": 1000 - spent, "tenant-tokens": 5000 - spent}
    read = service.send("GET", "/v1/documents/a")
    spent += sum(passage["tokens"] for passage in read.json()["passages"])
    assert left(read) == {"person-tokens": 1000 - spent, "tenant-tokens": 5000 - spent}
    assert '"person-tokens";q=1000;w=86400;qu="tokens"' in read.headers["RateLimit-Policy"]


def test_an_exhausted_budget_ends_documents_too(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    service = limited(services, settings, corpus, token_budgets={"person": 5})
    assert service.send("GET", "/v1/documents/a").status_code == 200
    refused(service.send("GET", "/v1/documents/a"), "budget_exhausted", 86_400)
    refused(service.retrieve("payroll"), "budget_exhausted", 86_400)
    assert service.retrieve("payroll", "ben").status_code == 200


def test_what_a_person_may_not_read_costs_what_is_not_there_costs(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    corpus.publish("hers", "The Quetzal plan.", allow=["user:ana"])
    service = limited(services, settings, corpus, limits={"person": "10/minute"}, token_budgets={"person": 1000})
    for path in ("hers", "none"):
        problem(service.send("GET", f"/v1/documents/{path}", "ben"), 404, "unknown_document")
    assert left(service.retrieve("Quetzal plan", "ben")) == {"person-tokens": 1000, "person": 7}


def test_each_share_is_counted_once_a_window(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    service = limited(services, settings, corpus, limits={"person": "5/minute"}, metrics_open=True)
    told = []
    for _ in range(7):
        service.retrieve("payroll")
        page = service.send("GET", "/metrics", None).text
        told.append([line[-3:] for line in re.findall(r'^portcullis_limit_reached_total\{percent="\d+".*$', page, re.MULTILINE)])
    assert [len(lines) for lines in told] == [0, 0, 0, 1, 2, 2, 2]
    assert set(told[-1]) == {"1.0"}


@pytest.mark.parametrize("wrong", ["often", "0/minute", "1000000/day", "", "1/minute;2/hour", "-1/minute"])
def test_what_is_no_rate_is_said_at_the_start(settings: RetrievalSettings, wrong: str) -> None:
    with pytest.raises(ValueError, match="a rate"):
        RetrievalSettings.model_validate(settings.model_dump() | {"limits": {"person": wrong}})


def test_what_is_no_redis_is_said_at_the_start(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    with pytest.raises(BadLimitStore, match="RETRIEVAL_LIMITS_REDIS_URL"):
        limited(services, settings, corpus, limits={"person": "1/minute"}, limits_redis_url="ftp://nowhere")


@NEEDS_REDIS
def test_services_share_their_counts_through_redis(
    services: Services, settings: RetrievalSettings, corpus: Corpus, redis_url: str
) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    rules = {"limits": {"person": "3/minute"}, "token_budgets": {"tenant": 10_000}, "limits_redis_url": redis_url}
    rules["limits_timeout_seconds"] = 5.0
    one, two = (limited(services, settings, corpus, **rules) for _ in range(2))
    first, second = one.retrieve("payroll"), two.retrieve("payroll")
    tokens = first.json()["usage"]["tokens"] + second.json()["usage"]["tokens"]
    assert left(second) == {"tenant-tokens": 10_000 - tokens, "person": 1}
    assert left(one.retrieve("payroll"))["person"] == 0
    for service in (one, two):
        refused(service.retrieve("payroll"), "rate_limited", 60)
    whose = ("person", str(corpus.tenant_id), next(str(line["person"]) for line in one.lines() if "person" in line))
    another = f"""
from limits import parse
from limits.strategies import MovingWindowRateLimiter
from retrieval.limit_store import open_redis
print(MovingWindowRateLimiter(open_redis({redis_url!r}, 5.0)).hit(parse("3/minute"), *{whose!r}))
"""
    done = subprocess.run([sys.executable, "-c", another], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"  # a process of its own finds the same window


@NEEDS_REDIS
def test_a_redis_that_is_gone_costs_sharing_and_no_answer(
    services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path
) -> None:
    rules = {
        "limits": {"person": "2/minute"},
        "token_budgets": {"person": 1000},
        "limits_redis_url": f"unix://{tmp_path / 'none'}",
    }
    service = limited(services, settings, corpus, **rules)
    assert [service.retrieve("payroll").status_code for _ in range(3)] == [200, 200, 429]
    warned = [line for line in service.lines() if line["event"] == "limits_unshared"]
    assert warned
    assert all(line["level"] == "warning" for line in warned)


@NEEDS_REDIS
def test_a_redis_that_hangs_is_waited_for_once_and_not_long(
    services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path
) -> None:
    with tempfile.TemporaryDirectory(prefix="h") as folder, socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(f"{folder}/s")
        deaf.listen(16)
        rules = {"limits": {"person": "9/minute"}, "limits_redis_url": f"unix://{folder}/s", "limits_timeout_seconds": 1.0}
        service = limited(services, settings, corpus, **rules)
        began = time.monotonic()
        assert left(service.retrieve("payroll")) == {"person": 8}
        assert time.monotonic() - began >= 1
        assert left(service.retrieve("payroll")) == {"person": 7}
        assert len([line for line in service.lines() if line["event"] == "limits_unshared"]) == 1


def test_a_share_that_was_used_is_told_to_the_webhook_once(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    with webhook() as (url, came):
        rules = {"token_budgets": {"tenant": 5}, "limits": {"person": "9/minute"}, "alert_webhook": url}
        service = limited(services, settings, corpus, **rules)
        for _ in range(3):
            service.retrieve("payroll")
        wait_until(lambda: len(came) == 2)
    told = [(body["tenant"], body["kind"], body["share"]) for body in came]
    assert told == [(int(corpus.tenant_id), "tenant-tokens", share) for share in (0.8, 1.0)]
    assert url not in service.log.getvalue()
