"""What waits for a collector is bounded, and nobody waits for it."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from uuid import uuid4

from retrieval.spans import Ended
from retrieval.timeline import Timeline
from retrieval.traces import Outcome, Traces
from tests.service.collector import collector
from tests.unit.retrieval.test_alerts import wait_until


def test_what_does_not_fit_is_dropped_and_nobody_waits() -> None:
    hold, ended = threading.Event(), Counter[Outcome]()

    def holds(_handler: BaseHTTPRequestHandler) -> None:
        hold.wait(60)

    def count(outcome: Outcome, traces: int) -> None:
        ended[outcome] += traces

    with collector(holds) as came:
        traces = Traces(came.url, {}, 1.0, "1", count, timeout_seconds=60, most_waiting=20)
        end(traces)
        wait_until(lambda: len(came.bodies) == 1)
        for _ in range(70):
            end(traces)
        assert (ended, len(came.bodies)) == ({"dropped": 50}, 1), "the first is still under way: nobody waited for it"
        hold.set()
        traces.close()
        wait_until(lambda: ended.total() == 71)
        end(traces)
        assert ended.total() == 72


def end(traces: Traces) -> None:
    """A request ends, as the observer tells of it."""
    traces.end(Ended(uuid4(), b"t" * 16, None, Timeline(), 0.0, "GET", None, 200))
