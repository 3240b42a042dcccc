"""What traces cost a question, and what one looks like: three services over one home, asked in turn.

    python -m benchmarks.observing [--chunks 20000] [--questions 200] [--texts DIR] [--json]

off      no collector is named
on       each request is traced, and a collector on this machine takes it
silent   each request is traced for a collector that takes the connection and says nothing

Told are the medians, the ratios to `off`, and what became of the traces; then the trace of the quickest question, and what
`portcullis status` says of the three together. `--texts` as in `benchmarks.retrieve`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from benchmarks.many_chunks import Texts, filled
from benchmarks.retrieve import ask
from evals.leaks import service
from evals.open import open_home, open_key, open_model
from retrieval.usage_writer import FLUSH_SECONDS

WARM_UP = 10
PERSON = "quarter"
URL, OPEN = "RETRIEVAL_TRACES_URL", "RETRIEVAL_METRICS_OPEN"


@contextmanager
def collecting() -> Iterator[tuple[str, list[bytes]]]:
    """An address, and what came to it."""
    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silence() -> Iterator[str]:
    """The address of one who listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1/traces"


def drawn(messages: Sequence[bytes]) -> list[str]:
    """The quickest request of all: milliseconds from its beginning, how long, what."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    read = [ExportTraceServiceRequest.FromString(message) for message in messages]
    spans = [s for one in read for resource in one.resource_spans for scope in resource.scope_spans for s in scope.spans]
    roots = (span for span in spans if not span.parent_span_id)
    root = min(roots, key=lambda span: span.end_time_unix_nano - span.start_time_unix_nano)
    inside: dict[bytes, list[Any]] = {}
    for span in spans:
        if span.trace_id == root.trace_id:
            inside.setdefault(span.parent_span_id, []).append(span)
    lines = [f"{'from ms':>8} {'took ms':>8}"]

    def draw(span: Any, depth: int) -> None:
        began, took = span.start_time_unix_nano - root.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano
        lines.append(f"{began / 1e6:8.2f} {took / 1e6:8.2f}  {'  ' * depth}{span.name}")
        for child in sorted(inside.get(span.span_id, []), key=lambda one: one.start_time_unix_nano):
            draw(child, depth + 1)

    draw(root, 0)
    return lines


def outcomes(client: httpx.Client) -> dict[str, int]:
    """What became of a service's traces, by its own figures."""
    lines = client.get("/metrics").text.splitlines()
    found = (line.split('"') for line in lines if line.startswith("portcullis_traces_total{"))
    return {outcome: int(float(value.removeprefix("} "))) for _, outcome, value in found}


def shown(home: Path) -> list[str]:
    """The table of `portcullis status --all-tenants`."""
    command = [sys.executable, "-m", "cli", "status", "--all-tenants"]
    known = {**os.environ, "PORTCULLIS_HOME": str(home)}
    return subprocess.run(command, env=known, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.observing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    texts = Texts(options.texts, random.Random(3))
    with ExitStack() as stack:
        home, tools = stack.enter_context(open_home(None, open_model(), lambda home: open_key(home / "privacy.key")))
        filled(home, tools, options.chunks, texts)
        url, came = stack.enter_context(collecting())
        clients = {}
        os.environ[OPEN] = "true"
        os.environ["RETRIEVAL_NAMED_QUESTIONS_PER_MINUTE"] = "0"  # nobody asks like this
        for name, place in {"off": None, "on": url, "silent": stack.enter_context(silence())}.items():
            os.environ.pop(URL, None)
            if place is not None:
                os.environ[URL] = place
            clients[name] = stack.enter_context(service(home, _free_port()))
        times: dict[str, list[float]] = {name: [] for name in clients}
        for question in random.Random(4).choices(texts.questions, k=options.questions + WARM_UP):
            for name in random.sample(list(clients), len(clients)):
                times[name].append(ask(clients[name], PERSON, question)[0])
        medians = {name: statistics.median(taken[WARM_UP:]) for name, taken in times.items()}
        p95 = {name: statistics.quantiles(taken[WARM_UP:], n=20)[18] for name, taken in times.items()}
        told = {
            name: {
                "p50_ms": round(medians[name], 2),
                "p95_ms": round(p95[name], 2),
                "to_off": round(medians[name] / medians["off"], 3),
                "traces": outcomes(client),
            }
            for name, client in clients.items()
        }
        time.sleep(FLUSH_SECONDS + 1)
        status = shown(home)
    trace = drawn(came)
    if options.json:
        print(json.dumps(told | {"trace": trace, "status": status}))
    else:
        print("\n".join([*(f"{name:8}{one}" for name, one in told.items()), "", *trace, "", *status]))
    return 0


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


if __name__ == "__main__":
    raise SystemExit(main())
