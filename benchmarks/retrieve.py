"""What `POST /v1/retrieve` costs over many chunks, the way it is deployed: `portcullis serve`, its engine, one key, HTTP.

    python -m benchmarks.retrieve [--chunks 100000] [--questions 300] [--seconds 20] [--clients 8] [--texts DIR] [--home DIR]

Documents of 20 chunks are written as rows and points. Each of 48 groups may read its part of them, independent of their texts.
`narrow` is in one group and may read 2 %, `quarter` in twelve. They ask for 8 passages in 3,000 tokens, past the cache.

With `--texts` (a set of questions, see docs/cli.md) the questions and the chunks' words come from it, stretches of two documents
in each chunk; else both are made of 4,096 invented words. Vectors are made up: embedding so many texts takes hours. The service
embeds each question with the real model, and its cost does not depend on them. `--home` keeps what was written for the next time.

pause    while points are written a small collection beside them is asked every few milliseconds; told is how long an answer took
first    the first question after the start, when the service says that it is ready
narrow   one client, one question after the other, and the median of each stage as the service tells it; busy_ms: processor time a
         question of the service, the engine and who asks; several: so many at once, for so many seconds
quarter  the same for who may read a quarter
memory   resident, of the service and of the engine, after all that (mapped files that are in memory included)
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.many_chunks import PEOPLE, Texts, filled
from evals.leaks import service
from evals.open import data_of, open_home, open_key, open_model


def ask(client: httpx.Client, person: str, question: str) -> tuple[float, dict[str, float]]:
    """Milliseconds of one retrieve, and of its stages. Raises when it is not answered, or with nothing."""
    asked = {"query": question, "top_k": 8, "context": {"max_tokens": 3000}, "cache": "bypass"}
    began = time.perf_counter()
    response = client.post("/v1/retrieve", json=asked, headers={"X-On-Behalf-Of": person})
    taken = (time.perf_counter() - began) * 1000
    response.raise_for_status()
    body = response.json()
    assert body["results"]
    return taken, body["usage"]["stages"]


def storm(client: httpx.Client, person: str, questions: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """Several at once, each asking as fast as it is answered."""
    until, times, lock = time.monotonic() + seconds, list[float](), threading.Lock()

    def go(seed: int) -> None:
        rng = random.Random(seed)
        with httpx.Client(base_url=client.base_url, headers=client.headers, timeout=60) as own:
            while time.monotonic() < until:
                taken, _ = ask(own, person, rng.choice(questions))
                with lock:
                    times.append(taken)

    threads = [threading.Thread(target=go, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"clients": clients, "per_second": round(len(times) / seconds, 1), **_spread(times)}


def _medians(asked: Sequence[dict[str, float]]) -> dict[str, float]:
    return {stage: round(statistics.median(stages[stage] for stages in asked), 1) for stage in asked[0]}


def _spread(times: Sequence[float]) -> dict[str, Any]:
    return {"p50_ms": round(statistics.median(times), 1), "p95_ms": round(statistics.quantiles(times, n=20)[18], 1)}


class Processes:
    """Those that serve this home, and the one that asks."""

    def __init__(self, home: Path) -> None:
        self.found = {"client": psutil.Process()}
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "index.engine" in words and str(data_of(home)) in words:
                self.found["engine"] = process
            elif "serve" in words and process.environ().get("PORTCULLIS_HOME") == str(home):
                self.found["service"] = process

    def busy(self) -> dict[str, float]:
        """Milliseconds of processor time since each began."""
        times = {name: process.cpu_times() for name, process in self.found.items()}
        return {name: (spent.user + spent.system) * 1000 for name, spent in times.items()}

    def memory(self) -> dict[str, int]:
        """Resident megabytes."""
        return {name: round(self.found[name].memory_info().rss / 1e6) for name in ("service", "engine")}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieve", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    told: dict[str, Any] = {"chunks": options.chunks}
    texts = Texts(options.texts, random.Random(3))
    os.environ["RETRIEVAL_NAMED_QUESTIONS_PER_MINUTE"] = "0"  # nobody asks like this
    with open_home(None, open_model(), lambda home: open_key(home / "privacy.key"), options.home) as (home, tools):
        told |= filled(home, tools, options.chunks, texts)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with service(home, port) as client:
            told["first_ms"] = round(ask(client, "narrow", texts.questions[0])[0])
            processes = Processes(home)
            for person in PEOPLE:
                questions = random.Random(4).choices(texts.questions, k=options.questions)
                before = processes.busy()
                asked = [ask(client, person, question) for question in questions]
                busy = {name: round((spent - before[name]) / len(asked), 1) for name, spent in processes.busy().items()}
                asked = asked[10:]
                told[person] = _spread([taken for taken, _ in asked]) | {
                    "stages": _medians([stages for _, stages in asked]),
                    "busy_ms": busy,
                }
                several = storm(client, person, texts.questions, options.clients, options.seconds)
                told[person] |= {"several": several}
            told["memory_mb"] = processes.memory()
    print(json.dumps(told) if options.json else "\n".join(f"{name:10}{value}" for name, value in told.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
