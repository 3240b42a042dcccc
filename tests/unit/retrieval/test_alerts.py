"""Alerts reach a webhook, once, and never make anybody wait."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from catalog.ids import TenantId
from retrieval.alerts import Alerts
from retrieval.errors import BadAlertWebhook
from retrieval.quotas import quotas

RATE, KEY_RATE, BUDGET = (*quotas({"person": "5/minute", "key": "9/minute"}, {}), *quotas({}, {"person": 10}))


@contextmanager
def webhook(status: int = 200, hold: threading.Event | None = None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its address and the bodies that it was sent; it answers when `hold` is set."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if hold is not None:
                hold.wait(20)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/hook", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_alert_says_tenant_kind_and_share() -> None:
    ended: list[str] = []
    with webhook() as (url, came):
        alerts = Alerts(url, ended.append)
        alerts.tell(TenantId(3), BUDGET, 80)
        alerts.tell(TenantId(4), KEY_RATE, 100)
        alerts.tell(TenantId(4), RATE, 100)  # a person's rate is for /metrics alone
        wait_until(lambda: len(ended) == 2)
    told = [{name: body[name] for name in body if name != "at"} for body in came]
    assert told == [{"tenant": 3, "kind": "person-tokens", "share": 0.8}, {"tenant": 4, "kind": "key", "share": 1.0}]
    assert ended == ["sent", "sent"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_refuses_is_counted_and_not_asked_again(status: int) -> None:
    ended: list[str] = []
    with webhook(status) as (url, came):
        Alerts(url, ended.append).tell(TenantId(3), BUDGET, 80)
        wait_until(lambda: bool(ended))
    assert (ended, len(came)) == (["failed"], 1)


def test_one_that_is_gone_or_hangs_makes_nobody_wait_and_nothing_pile_up() -> None:
    ended: list[str] = []
    hold = threading.Event()
    with webhook(hold=hold) as (url, came):
        alerts = Alerts(url, ended.append, timeout_seconds=2, most_waiting=2)
        alerts.tell(TenantId(1), BUDGET, 80)
        wait_until(lambda: len(came) == 1)
        for _ in range(50):
            alerts.tell(TenantId(2), BUDGET, 80)
        assert ended == ["dropped"] * 48, "the first is still under way: nobody waited for it"
        wait_until(lambda: "failed" in ended)
        hold.set()
        wait_until(lambda: len(ended) == 51)
    assert ended.count("sent") + ended.count("failed") == 3
    gone: list[str] = []
    Alerts(url, gone.append).tell(TenantId(1), BUDGET, 80)
    wait_until(lambda: gone == ["failed"])


@pytest.mark.parametrize("wrong", ["", "hooks", "ftp://hooks.test/a", "https://", "file:///a"])
def test_what_is_no_address_is_said_at_the_start(wrong: str) -> None:
    with pytest.raises(BadAlertWebhook, match="RETRIEVAL_ALERT_WEBHOOK"):
        Alerts(wrong, lambda _: None)
