"""The service as operators run it: a process of its own, real sockets, the embedded engine, another process that publishes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from acl.errors import CannotListen
from acl.listen import listen, url_of
from retrieval.open import open_services
from retrieval.serve import serve
from tests.service.corpus import Corpus

START_SECONDS = 90
ROOT = Path(__file__).parents[2]


def test_a_small_answer_waits_for_no_acknowledgement() -> None:
    """Accepted connections inherit it: without, each answer on a kept connection takes 40 ms longer."""
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_a_taken_port_is_said_at_once() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert url_of(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port}: another program listens there.*--port"):
            serve("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 0), ("no such host", 8000), ("127.0.0.1", 70000), ("x" * 80 + ".invalid", 1)]
)
def test_an_address_that_is_not_ours_is_said(host: str, port: int) -> None:
    with pytest.raises(CannotListen):
        listen(host, port)


class Server:
    """`serve()` in a process of its own."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "PORTCULLIS_HOME": str(home), "PYTHONPATH": str(ROOT)}  # not installed while developing
        command = [sys.executable, "-c", "from retrieval.serve import serve; serve(port=0)"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.wait_for("listening")["url"]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.put(line)
        self.lines.put("")

    def wait_for(self, event: str) -> dict[str, str]:
        while line := self.lines.get(timeout=START_SECONDS):
            with contextlib.suppress(json.JSONDecodeError):
                entry: dict[str, str] = json.loads(line)
                if entry["event"] == event:
                    return entry
        raise AssertionError(f"ended with {self.process.wait(10)} before {event!r}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INDEX_ENGINE_IDLE_SECONDS", "10")
    return tmp_path / "home"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes this before a server has one that ends soon."""
    monkeypatch.setenv("RETRIEVAL_SHUTDOWN_SECONDS", "2")


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    started = Server(home)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait(10)
        assert started.process.stderr is not None
        started.process.stderr.close()


@pytest.mark.slow
def test_what_another_process_publishes_is_found_by_the_next_question(server: Server, home: Path) -> None:
    with open_services() as services, httpx.Client(base_url=server.url, timeout=60) as client:
        corpus = Corpus(services)
        corpus.people("ana", "ben")
        headers = {"Authorization": f"Bearer {corpus.key()[1]}", "X-On-Behalf-Of": "ana"}
        question = {"query": "where is the boiler?"}
        assert client.get("/readyz").json() == {"status": "ready"}
        first = client.post("/v1/retrieve", headers=headers, json=question).json()
        assert (first["results"], first["warnings"][0]["code"]) == ([], "nothing_indexed")
        corpus.publish("handbook", "The boiler is in the cellar.", "The canteen opens at noon.", allow=["user:ana"])
        found = client.post("/v1/retrieve", headers=headers, json=question).json()
        assert found["results"][0]["text"] == "The boiler is in the cellar."
        ben = {**headers, "X-On-Behalf-Of": "ben"}
        assert client.post("/v1/retrieve", headers=ben, json=question).json()["results"] == []
        _ask_at_once(client, question, {"ana": headers, "ben": ben})
        os.kill(json.loads((home / "index" / "engine.json").read_text())["pid"], signal.SIGKILL)
        again = client.post("/v1/retrieve", headers=headers, json=question).json()
        assert again["results"] == found["results"]
        corpus.relabel("handbook", allow=["user:ben"])
        assert client.post("/v1/retrieve", headers=headers, json=question).json()["results"] == []
        assert client.get("/readyz").json() == {"status": "ready"}
        _refuse_ten_megabytes(server.url, headers)
        assert client.get("/healthz").status_code == 200
    assert server.stop() == 0


def _ask_at_once(client: httpx.Client, question: dict[str, str], askers: dict[str, dict[str, str]]) -> None:
    def ask(name: str) -> tuple[str, int]:
        response = client.post("/v1/retrieve", headers=askers[name], json=question)
        assert response.status_code == 200, response.text
        return name, len(response.json()["results"])

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, ["ana", "ben"] * 20))
    assert answers == {("ana", 2), ("ben", 0)}


def _refuse_ten_megabytes(url: str, headers: dict[str, str]) -> None:
    """A plain client, that writes all before it reads, still reads why it was refused; chunked or not."""
    for chunked in (False, True):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        block = b"x" * 1_000_000
        body = (block for _ in range(10)) if chunked else block * 10
        connection.request("POST", "/v1/retrieve", body=body, headers=headers, encode_chunked=chunked)
        response = connection.getresponse()
        assert response.status == 413
        assert json.loads(response.read())["code"] == "request_too_large"
        connection.close()


@pytest.mark.slow
def test_it_says_that_it_stops_before_it_stops_and_answers_meanwhile(server: Server) -> None:
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    server.process.send_signal(signal.SIGTERM)
    until = time.monotonic() + 1
    while (ready := httpx.get(f"{server.url}/readyz")).status_code == 200:
        assert time.monotonic() < until
    assert (ready.status_code, ready.json()["code"]) == (503, "draining")
    assert httpx.post(f"{server.url}/v1/retrieve", json={"query": "boiler"}).json()["code"] == "not_authenticated"
    assert server.process.wait(30) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_it_ends_in_time_though_a_call_hangs_and_says_so_to_who_waits(home: Path) -> None:
    server, told = Server(home), queue.Queue[httpx.Response]()
    assert server.process.stderr is not None
    with open_services() as services:
        corpus = Corpus(services)
        corpus.people("ana")
        corpus.publish("handbook", "The boiler is in the cellar.", allow=["user:ana"])
        headers = {"Authorization": f"Bearer {corpus.key()[1]}", "X-On-Behalf-Of": "ana"}

    def ask() -> None:
        told.put(httpx.post(f"{server.url}/v1/retrieve", headers=headers, json={"query": "boiler"}, timeout=60))

    engine = json.loads((home / "index" / "engine.json").read_text())["pid"]
    os.kill(engine, signal.SIGSTOP)
    try:
        threading.Thread(target=ask, daemon=True).start()
        time.sleep(1)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 30
        answer = told.get(timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (503, "draining")
    finally:
        os.kill(engine, signal.SIGKILL)
        server.process.kill()
        server.process.wait(10)
        server.process.stderr.close()


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_it_stops_in_the_middle_of_a_request_that_never_ends(server: Server) -> None:
    split = urlsplit(server.url)
    assert split.hostname is not None
    with socket.create_connection((split.hostname, split.port or 0), timeout=10) as slow:
        slow.sendall(b"POST /v1/retrieve HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert server.stop() == 0
