"""Two `portcullis serve` over one home and one Redis are one service: what one counts, remembers or keeps, the other has too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from retrieval.open import open_services
from tests.service.corpus import Corpus
from tests.service.redis_ways import NEEDS_SERVER, own_redis
from tests.service.test_serve import Server, home  # noqa: F401  the fixture is taken by its name

RATE = 12
PAYROLL = "Payroll records are kept for ten years in the archive of the main office."
LEADS = "Payroll records of the leads are kept behind the Quetzal door."


@pytest.fixture
def two(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[httpx.Client], Corpus]]:  # noqa: F811
    """Both, and the corpus that they serve."""
    with own_redis() as url:
        for feature in ("LIMITS", "SESSION", "CACHE"):
            monkeypatch.setenv(f"RETRIEVAL_{feature}_REDIS_URL", url)
            monkeypatch.setenv(f"RETRIEVAL_{feature}_TIMEOUT_SECONDS", "5")
        monkeypatch.setenv("RETRIEVAL_LIMITS", json.dumps({"person": f"{RATE}/minute"}))
        with ThreadPoolExecutor(2) as pool:
            starting = [pool.submit(Server, home) for _ in range(2)]
            with open_services(warm=False) as services:
                corpus = Corpus(services)
                corpus.people("ana", "ben", groups={"leads": ["user:ana"]})
                corpus.publish("payroll", PAYROLL, allow=["everyone"], title="Payroll")
                corpus.publish("leads", LEADS, allow=["group:leads"], title="Leads")
                key = {"Authorization": f"Bearer {corpus.key()[1]}"}
                servers = [one.result() for one in starting]
                try:
                    clients = [httpx.Client(base_url=one.url, headers=key, timeout=60) for one in servers]
                    yield clients, corpus
                    for client in clients:
                        client.close()
                finally:
                    for one in servers:
                        one.process.kill()
                        one.process.wait(10)
                        one.process.stderr.close()  # type: ignore[union-attr]


def ask(client: httpx.Client, query: str, person: str = "ana", **fields: Any) -> dict[str, Any]:
    response = client.post("/v1/retrieve", json={"query": query, **fields}, headers={"X-On-Behalf-Of": person})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.slow
@NEEDS_SERVER
def test_they_share_limits_sessions_and_the_cache(two: tuple[list[httpx.Client], Corpus]) -> None:
    (one, other), corpus = two

    assert ask(one, "What is payroll?", session_id="s")["session"]["turn"] == 1
    told = ask(other, "How long is it kept?", session_id="s")
    assert (told["session"]["turn"], told["session"]["rewritten"]) == (2, "How long is payroll kept?")
    assert "Quetzal" in str(told)
    assert (told["usage"]["cache"], ask(one, "How long is payroll kept?")["usage"]["cache"]) == ("miss", "exact")
    corpus.people("ana", "ben")  # the leads are gone
    after = ask(other, "How long is payroll kept?")
    assert after["usage"]["cache"] == "miss"
    assert "Quetzal" not in str(after)
    assert ask(one, "How long is payroll kept?")["results"] == after["results"]
    assert "Quetzal" not in str(ask(one, "And what about the second one?", session_id="s"))

    for number in range(RATE):
        ask((one, other)[number % 2], "payroll", "ben")
    for client in (one, other):
        refused = client.post("/v1/retrieve", json={"query": "payroll"}, headers={"X-On-Behalf-Of": "ben"})
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert ask(other, "payroll")["results"]  # ana has windows of her own
