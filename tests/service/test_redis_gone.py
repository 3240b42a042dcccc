"""A Redis that is gone, however it is gone, costs each feature what its page says, and no answer; back again, it is used again.

Limits, sessions and the cache in one table with all faults. What each store says by itself is in `tests/contracts`.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from retrieval.limit_store import PAUSE_SECONDS
from retrieval.services import Services
from retrieval.session_redis import open_redis_sessions
from retrieval.settings import RetrievalSettings
from tests.service.client import Service
from tests.service.corpus import Corpus
from tests.service.redis_ways import NEEDS_SERVER, Nowhere, ways

pytestmark = [NEEDS_SERVER, pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)]

DEADLINE_SECONDS = 10.0
TIMEOUT_SECONDS = 0.3
RATE = 1000
FIRST, LEANING, WHOLE = "What is payroll?", "How long is it kept?", "How long is payroll kept?"
"""The second becomes the third for whoever remembers the first."""
UNSHARED = ("limits_unshared", "cache_unshared")
ONCE = Counter(UNSHARED)


class Asked:
    """A service with one Redis for all that it shares. It answers in time, or the test fails."""

    def __init__(self, services: Services, settings: RetrievalSettings, key: str, url: str) -> None:
        told = {f"{feature}_redis_url": url for feature in ("limits", "cache")}
        told |= {f"{feature}_timeout_seconds": TIMEOUT_SECONDS for feature in ("limits", "cache")}
        told |= {"limits": {"person": f"{RATE}/minute"}, "deadline_seconds": DEADLINE_SECONDS}
        changed = settings.model_dump() | told
        sessions = open_redis_sessions(url, TIMEOUT_SECONDS, timedelta(hours=1), 20)
        self.service = Service(replace(services, sessions=sessions), RetrievalSettings.model_validate(changed), key)

    def __call__(self, query: str, session_id: str | None = None) -> dict[str, Any]:
        """The body of the answer, with what is `left` of the rate."""
        began = time.monotonic()
        response = self.service.retrieve(query, **({} if session_id is None else {"session_id": session_id}))
        assert response.status_code == 200, response.text
        assert time.monotonic() - began < DEADLINE_SECONDS
        left = response.headers["RateLimit"].partition("r=")[2].partition(";")[0]
        return {**response.json(), "left": int(left)}

    def lost(self) -> Counter[str]:
        """How often the log says that something is not shared."""
        return Counter(line["event"] for line in self.service.lines() if line["event"] in UNSHARED)


def test_each_feature_does_without_it_in_time_and_takes_it_up_again(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    corpus.publish("payroll", "Payroll records are kept for ten years in the archive.", allow=["everyone"], title="Payroll")
    corpus.publish("hers", "Payroll records of the leads are kept for ever.", allow=["group:leads"], title="Leads")
    corpus.publish("his", "Payroll records of Ben are kept for a year.", allow=["user:ben"], title="Ben")
    key = corpus.key()[1]
    alone = {query: Service(services, settings, key).retrieve(query).json()["results"] for query in (LEANING, WHOLE)}
    assert {result["document_id"] for result in alone[WHOLE]} == {"payroll", "hers"}

    with ways() as every:
        asked = {fault: Asked(services, settings, key, way.url) for fault, way in every.items()}
        for fault, ask in asked.items():
            assert ask(FIRST, fault)["session"]["turn"] == 1, fault
            told = ask(LEANING, fault)
            assert (told["session"]["turn"], told["session"]["rewritten"]) == (2, WHOLE), fault
            assert told["results"] == alone[WHOLE], fault
            assert (told["warnings"], ask.lost()) == ([], Counter()), fault
            assert ask(WHOLE)["usage"]["cache"] == "exact", fault
            every[fault].fail()

        gone = {**asked, "never there": Asked(services, settings, key, Nowhere().url)}
        for fault, ask in gone.items():
            told = ask(LEANING, fault)
            assert [warning["code"] for warning in told["warnings"]] == ["session_unavailable"], fault
            assert (told["session"]["turn"], told["session"]["rewritten"]) == (None, None), fault
            assert told["results"] == alone[LEANING], fault
            assert told["left"] == RATE - 1, f"{fault}: this process counts by itself"
            assert told["usage"]["cache"] == "miss", fault
            whole = ask(WHOLE)
            assert (whole["left"], whole["usage"]["cache"]) == (RATE - 2, "miss"), fault
            assert whole["results"] == alone[WHOLE], fault
            assert ask.lost() == ONCE, f"{fault}: it is left alone for a while"

        for way in every.values():
            way.mend()
        time.sleep(PAUSE_SECONDS)
        for fault, ask in asked.items():
            again = ask(FIRST, f"{fault} again")
            counted = RATE - 1 if fault == "killed" else RATE - 10  # by three services before, as one after another fails
            assert again["left"] <= counted, f"{fault}: what is counted is what all count"
            assert again["left"] != RATE - 3, f"{fault}: not what this process counted by itself"
            assert ask(LEANING, f"{fault} again")["session"]["rewritten"] == WHOLE, fault
            assert ask(WHOLE)["usage"]["cache"] == "exact", fault
            assert ask.lost() == ONCE, fault
