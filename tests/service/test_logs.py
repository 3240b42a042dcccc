"""Every line that the service writes is one JSON object: our own, of libraries, of warnings, of threads that break."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from acl.log import open_log
from acl.log_routed import routed
from catalog.ids import utc_now
from catalog.open import open_catalog
from catalog.session import reading
from catalog.settings import CatalogSettings
from catalog.usage import usage_since
from retrieval.open import open_services
from tests.service.collector import collector, said
from tests.service.corpus import Corpus

ROOT = Path(__file__).parents[2]
START_SECONDS = 90


def written(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_what_others_say_is_a_line_without_their_words() -> None:
    """What a library puts into its message may be a caller's; the pattern that stands in its code is not."""
    told = io.StringIO()
    with routed(open_log(told)):
        logging.getLogger("library.part").warning("Cannot read %s of %d", "Quetzal", 7)
        logging.getLogger("library").warning("Cannot read " + "Quetzal")
        logging.getLogger("library").info("of no interest")
        try:
            raise ValueError("Quetzal")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("It broke\n")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("Quetzal", UserWarning, stacklevel=1)
        thread = threading.Thread(target=lambda: {}["Quetzal"], name="worker")
        thread.start()
        thread.join()
    logging.getLogger("library").warning("after it")
    with_words, without, broke, warned, died = written(told)
    assert "Quetzal" not in told.getvalue()
    assert (with_words["logger"], with_words["pattern"], with_words["level"]) == (
        "library.part",
        "Cannot read %s of %d",
        "warning",
    )
    assert "pattern" not in without
    assert without["at"][0].startswith("service/test_logs.py:")
    assert (broke["error"], broke["pattern"], broke["level"]) == ("ValueError", "It broke", "error")
    assert (warned["event"], warned["category"]) == ("warning", "UserWarning")
    assert (died["event"], died["thread"], died["error"]) == ("thread_failed", "worker", "KeyError")


@pytest.mark.slow
def test_a_process_of_the_service_writes_json_alone_and_leaves_what_it_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a Redis and a webhook that are gone, somebody who speaks no HTTP, and a collector that listens."""
    with socket.socket() as taken, collector() as came:
        taken.bind(("localhost", 0))
        gone = f"localhost:{taken.getsockname()[1]}"
        for name, value in {
            "PORTCULLIS_HOME": str(tmp_path / "home"),
            "INDEX_ENGINE_IDLE_SECONDS": "10",
            "RETRIEVAL_TRACES_URL": came.url,
            "RETRIEVAL_LIMITS": '{"tenant": "3/hour"}',
            "RETRIEVAL_LIMITS_REDIS_URL": f"redis://{gone}/0",
            "RETRIEVAL_ALERT_WEBHOOK": f"http://{gone}/hook",
        }.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-W", "always", "-m", "cli", "serve", "--port", "0"]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stderr is not None
            lines = [process.stderr.readline()]
            while json.loads(lines[-1])["event"] != "listening":
                lines.append(process.stderr.readline())
            answers, kept = ask(json.loads(lines[-1])["url"])
            process.send_signal(signal.SIGTERM)
            lines += process.stderr.readlines()
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait(10)
            assert process.stderr is not None
            process.stderr.close()
        spans = came.spans(len(answers))
    told = [json.loads(line) for line in lines]
    events = [line["event"] for line in told]
    assert {"listening", "request", "limits_unshared", "alert_lost", "library", "stopped"} <= {*events}
    requests = {line["request_id"]: line for line in told if line["event"] == "request"}
    assert {requests[id_]["status"] for id_ in answers} == {200, 429}
    (unshared, *_) = (line for line in told if line["event"] == "limits_unshared")
    assert unshared["request_id"] in answers
    assert (unshared["trace_id"], unshared["level"]) == (requests[unshared["request_id"]]["trace_id"], "warning")
    (alert,) = {line["outcome"] for line in told if line["event"] == "alert_lost"}
    assert alert == "failed"
    (garbage,) = (line for line in told if line["event"] == "library")
    assert (garbage["logger"], garbage["pattern"]) == ("uvicorn.error", "Invalid HTTP request received.")
    roots = {said(span)["portcullis.request_id"]: span.trace_id.hex() for span in spans if span.kind == span.SPAN_KIND_SERVER}
    assert {id_: requests[id_]["trace_id"] for id_ in answers} == {id_: roots[id_] for id_ in answers}
    assert kept() == (4, 1)


def ask(url: str) -> tuple[list[str], Callable[[], tuple[int, int]]]:
    """Four questions, of which the last is one too many, and one that is no HTTP: their ids, and what was kept of them."""
    with open_services() as services:
        corpus = Corpus(services)
        corpus.people("ana")
        corpus.publish("handbook", "The boiler is in the cellar.", allow=["user:ana"])
        headers = {"Authorization": f"Bearer {corpus.key()[1]}", "X-On-Behalf-Of": "ana"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        answers = [client.post("/v1/retrieve", json={"query": "boiler"}).headers["x-request-id"] for _ in range(4)]
    place = urlsplit(url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=10) as rude:
        rude.sendall(b"\x00Quetzal\r\n\r\n")
        rude.recv(4096)

    def kept() -> tuple[int, int]:
        catalog = open_catalog(CatalogSettings())
        with reading(catalog) as read:
            used = usage_since(read, corpus.tenant_id, utc_now() - timedelta(hours=1))["retrieve"]
        catalog.dispose()
        return used.requests, used.refused

    return answers, kept
