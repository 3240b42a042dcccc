"""What an answer from the cache costs, and what the cache costs a question that it has no answer to, the way it is deployed.

    python -m benchmarks.cache [--chunks 20000] [--questions 100] [--texts DIR] [--person narrow] [--home DIR] [--redis URL]

The corpus and the people are those of `benchmarks.retrieve`, and so is a home that it kept. Three services run over one home,
each `portcullis serve` with its own settings. Every question is asked of them in turn, in an order that changes: what else the
machine does falls on all.

full     a service without a cache
miss     a service with one, which has not seen the question
hit      the same question there once more
alike    a semantic cache, which has seen it with a courteous word behind it

Told are the medians in milliseconds, those of the stages of a hit, and the ratios: of the times of one question, their median.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.many_chunks import PEOPLE, Texts, filled
from evals.leaks import service
from evals.open import open_home, open_key, open_model

COURTESY = ", please?"
WAYS = ("full", "miss", "hit", "alike")
ASKED = {"top_k": 8, "context": {"max_tokens": 3000}}


@contextmanager
def served(home: Path, **settings: str) -> Iterator[httpx.Client]:
    """A service with these settings, of which one may ask by name as often as one likes."""
    bounded = {"named_questions_per_minute": "0", **settings}
    named = {f"RETRIEVAL_{name.upper()}": value for name, value in bounded.items()}
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    try:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with service(home, port) as client:
            yield client
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def ask(client: httpx.Client, person: str, question: str, *wanted: str) -> tuple[float, dict[str, float], str]:
    """Milliseconds of one retrieve, and of its stages, and what the cache did. Raises when that is none of `wanted`."""
    began = time.perf_counter()
    response = client.post("/v1/retrieve", json={**ASKED, "query": question}, headers={"X-On-Behalf-Of": person})
    taken = (time.perf_counter() - began) * 1000
    response.raise_for_status()
    body = response.json()
    assert body["results"]
    assert body["usage"]["cache"] in wanted, (body["usage"]["cache"], wanted)
    return taken, body["usage"]["stages"], body["usage"]["cache"]


def measure(clients: dict[str, httpx.Client], person: str, questions: Sequence[str]) -> dict[str, Any]:
    """Each question of each service, in changing order; a hit right behind its miss, sometimes."""
    rng, rows, stages = random.Random(7), list[dict[str, float]](), list[dict[str, float]]()
    for question in questions:
        row: dict[str, float] = {}
        turns = ["full", "cached", "semantic"]
        rng.shuffle(turns)
        for turn in turns:
            client = clients[turn]
            if turn == "full":
                row["full"], *_ = ask(client, person, question, "off")
            elif turn == "cached":
                row["miss"], *_ = ask(client, person, question, "miss")
                row["hit"], told, _ = ask(client, person, question, "exact")
                stages.append(told)
            else:
                ask(client, person, question.rstrip(" ?") + COURTESY, "miss", "exact", "semantic")
                taken, _, use = ask(
                    client, person, question, "semantic", "miss", "exact"
                )  # a name may be seen in one and not in the other
                row |= {"alike": taken} if use == "semantic" else {}
        rows.append(row)
    rows = rows[10:]
    names = sorted({name for told in stages for name in told})
    return {
        "p50_ms": {way: round(statistics.median(row[way] for row in rows if way in row), 2) for way in WAYS},
        "ratio": {way: round(statistics.median(row[way] / row["full"] for row in rows if way in row), 3) for way in WAYS[1:]},
        "alike": f"{sum('alike' in row for row in rows)} of {len(rows)}",
        "stages_of_a_hit": {name: round(statistics.median(told.get(name, 0.0) for told in stages), 2) for name in names},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cache", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--person", choices=PEOPLE, default="narrow")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--redis", default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    texts = Texts(options.texts, random.Random(3))
    shared = {"cache_redis_url": options.redis} if options.redis else {}
    with open_home(None, open_model(), lambda home: open_key(home / "privacy.key"), options.home) as (home, tools):
        filled(home, tools, options.chunks, texts)
        with ExitStack() as stack:
            clients = {
                "full": stack.enter_context(served(home, cache="off")),
                "cached": stack.enter_context(served(home, cache="exact", **shared)),
                "semantic": stack.enter_context(served(home, cache="semantic", **shared)),
            }
            for client in clients.values():
                for question in texts.questions[:10]:
                    asked = {**ASKED, "query": question, "cache": "bypass"}
                    client.post("/v1/retrieve", json=asked, headers={"X-On-Behalf-Of": options.person})
            questions = list(dict.fromkeys(texts.questions[10:]))[: options.questions + 10]
            told = {"chunks": options.chunks, "person": options.person, **measure(clients, options.person, questions)}
    print(json.dumps(told) if options.json else "\n".join(f"{name:16}{value}" for name, value in told.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
