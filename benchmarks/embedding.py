"""What embedding costs, engine beside engine: `python -m benchmarks.embedding DATA [--sample 96] [--rounds 3] [--json]`.

DATA holds folders with `corpus.jsonl`; their words are cut into texts of about 149 tokens. Each engine has a process of its own;
they take turns, and figures are medians, because a machine is seldom ours alone. `core` figures count processor time instead of
the clock. A start is a fresh process: imports, hash of the weights, loading, first vector.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ENGINES = ("openvino", "torch")
BATCHES = (4, 8, 16, 32)
QUESTION = "Who may approve a journey that takes more than three days?"


def child(engine: str) -> None:
    """Answer requests on standard input, one JSON line each: {"texts", "batch"} or {"queries"}."""
    since, spent = time.perf_counter(), time.process_time()
    os.environ["INDEX_ENGINE"], os.environ["INDEX_DEVICE"] = engine, "cpu"
    from index.open import open_embedder
    from index.settings import IndexSettings

    embedder: Any = open_embedder(IndexSettings())
    embedder.embed_query(QUESTION)
    told: dict[str, Any] = {"seconds": time.perf_counter() - since, "core": time.process_time() - spent}
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        since, spent = time.perf_counter(), time.process_time()
        if "queries" in asked:
            for _ in range(asked["queries"]):
                embedder.embed_query(QUESTION)
        else:
            texts, batch = asked["texts"], asked["batch"]
            embedder.engine = _Batch(batch, embedder.engine.streams)
            embedder.embed(texts)
        told = {"seconds": time.perf_counter() - since, "core": time.process_time() - spent}
        told["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(told), flush=True)


class _Batch:
    def __init__(self, batch: int, streams: int) -> None:
        self.batch, self.streams = batch, streams


class Side:
    """One engine in its process."""

    def __init__(self, engine: str) -> None:
        command = [sys.executable, "-m", "benchmarks.embedding", "--child", engine]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        since = time.perf_counter()
        self.start = self._answer()
        self.start["whole"] = time.perf_counter() - since

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def texts_of(data: Path, number: int) -> list[str]:
    """Texts of 50 to 170 words, cut from the corpora and shuffled: about 149 tokens each."""
    words: list[str] = []
    for file in sorted(data.glob("*/corpus.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            words += json.loads(line)["text"].split()
    dice, found, at = random.Random(0), [], 0
    while at < len(words):
        size = dice.randint(50, 170)
        found.append(" ".join(words[at : at + size]))
        at += size
    dice.shuffle(found)
    return found[:number]


def measure(data: Path, sample: int, rounds: int) -> dict[str, Any]:
    """By engine: medians."""
    texts = texts_of(data, sample)
    starts: dict[str, list[dict[str, Any]]] = {engine: [] for engine in ENGINES}
    for _ in range(rounds - 1):
        for engine in ENGINES:
            side = Side(engine)
            starts[engine].append(side.start)
            side.close()
    sides = {engine: Side(engine) for engine in ENGINES}
    found: dict[str, dict[str, list[float]]] = {engine: {} for engine in ENGINES}
    for engine, side in sides.items():
        starts[engine].append(side.start)
    for turn in range(rounds + 1):  # the first one warms up
        for batch in BATCHES:
            for engine, side in sides.items():
                told = side.ask(texts=texts, batch=batch)
                if turn:
                    found[engine].setdefault(f"batch {batch}, texts/s", []).append(sample / told["seconds"])
                    found[engine].setdefault(f"batch {batch}, texts/core second", []).append(sample / told["core"])
        for engine, side in sides.items():
            told = side.ask(queries=20)
            found[engine].setdefault("query, ms", []).append(told["seconds"] * 50)
            found[engine].setdefault("query, core ms", []).append(told["core"] * 50)
            found[engine]["memory, MiB"] = [told["MiB"]]
    for side in sides.values():
        side.close()
    result: dict[str, Any] = {"texts": len(texts)}
    for engine in ENGINES:
        row = {"start, s": statistics.median(s["whole"] for s in starts[engine])}
        row["start, core s"] = statistics.median(s["core"] for s in starts[engine])
        row |= {name: statistics.median(values) for name, values in found[engine].items()}
        result[engine] = {name: round(value, 3 if "start" in name else 1) for name, value in row.items()}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedding", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--sample", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    if options.data is None:
        parser.error("DATA is needed")
    found = measure(options.data, options.sample, options.rounds)
    if options.json:
        print(json.dumps(found, indent=1))
        return 0
    print(f"{'':26}{'openvino':>10}{'torch':>10}{'ratio':>8}")
    for name, ours in found["openvino"].items():
        theirs = found["torch"][name]
        print(f"{name:26}{ours:10}{theirs:10}{ours / theirs:8.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
