"""Which questions the semantic cache takes for one: pairs that must stay apart, pairs that ask the same, and real questions.

    python -m evals.cache [DATA] [--json]

`evals/questions` holds pairs of our own, by kind: `apart` differ in one thing that matters, `alike` ask the same in other words.
The guard (`retrieval/distinct.py`) was written by the half `tuning`. A pair is taken for one when the guards are equal and the
cosine of the questions, by the model that the environment names, is at least that of `retrieval/cache.py`. With DATA, the folder
of real data, each question of its retrieval sets is held against its nearest others: a hit is wrong unless the same documents
answer both. Exit 0 when nothing that must stay apart is taken for one, and half or more of what asks the same is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from evals.judged import read_rows
from evals.open import open_model
from index.model import Embedder
from retrieval.cache import LEAST_COSINE
from retrieval.distinct import guard_of

HALVES = ("tuning", "held_out")
SETS = ("apart", "alike")
NEAREST = 5
STEPS = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, whether they ask the same, whether their guards are equal, and their cosine."""

    half: str
    alike: bool
    kind: str
    one: str
    other: str
    guarded: bool
    cosine: float

    @property
    def hit(self) -> bool:
        return self.guarded and self.cosine >= LEAST_COSINE


def pairs(embedder: Embedder) -> list[Pair]:
    """Every pair of ours, judged."""
    found = []
    for half in HALVES:
        for name in SETS:
            text = files("evals").joinpath("questions", f"{name}_{half}.jsonl").read_text(encoding="utf-8")
            for row in (json.loads(line) for line in text.splitlines()):
                vectors = [embedder.embed_query(row[side]) for side in ("one", "other")]
                guards = [guard_of(row[side]) for side in ("one", "other")]
                same = guards[0] is not None and guards[0] == guards[1]
                sides = row["kind"], row["one"], row["other"]
                found.append(Pair(half, name == "alike", *sides, same, float(np.dot(*vectors))))
    return found


def neighbours(folder: Path, embedder: Embedder) -> dict[str, Any]:
    """Of a set's questions: how many near pairs there are, and those that would be taken for one though others answer them."""
    rows = read_rows(folder / "queries.jsonl")
    texts = [str(row["text"]) for row in rows]
    answers: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, *_ = line.split("\t")
        answers.setdefault(question, set()).add(document)
    vectors = np.stack([embedder.embed_query(text) for text in texts])
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    near = {tuple(sorted((n, int(m)))) for n, row in enumerate(cosines) for m in np.argsort(row)[-NEAREST:]}
    told: dict[str, Any] = {"set": folder.name, "questions": len(texts), "near": 0, "taken": 0, "wrong": []}
    guards = [guard_of(text) for text in texts]
    for n, m in sorted(near):
        if texts[n] == texts[m] or cosines[n, m] < LEAST_COSINE:
            continue
        told["near"] += 1
        if guards[n] is not None and guards[n] == guards[m]:
            told["taken"] += 1
            if answers.get(rows[n]["_id"]) != answers.get(rows[m]["_id"]):
                told["wrong"].append([texts[n], texts[m]])
    return told


def figures(found: Sequence[Pair]) -> dict[str, Any]:
    """By half and set: pairs, those with equal guards, and those taken for one."""
    told: dict[str, Any] = {}
    for half in HALVES:
        for alike in (False, True):
            these = [pair for pair in found if pair.half == half and pair.alike == alike]
            told[f"{'alike' if alike else 'apart'} {half}"] = {
                "pairs": len(these),
                "guard": sum(pair.guarded for pair in these),
                "hits": sum(pair.hit for pair in these),
                "cosine_alone": {str(step): sum(pair.cosine >= step for pair in these) for step in STEPS},
                "cosine_and_guard": {str(step): sum(pair.guarded and pair.cosine >= step for pair in these) for step in STEPS},
            }
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.cache", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    embedder = open_model()
    found = pairs(embedder)
    sets = [] if options.data is None else sorted(path.parent for path in (options.data / "retrieval").glob("*/qrels.tsv"))
    real = [neighbours(folder, embedder) for folder in sets]
    told = {"least_cosine": LEAST_COSINE, "pairs": figures(found), "real": real}
    if options.json:
        print(json.dumps(told, indent=2))
    else:
        _show(found, told)
    wrong = sum(pair.hit for pair in found if not pair.alike) + sum(len(one["wrong"]) for one in real)
    same = [pair.hit for pair in found if pair.alike]
    return 0 if not wrong and sum(same) >= len(same) / 2 else 1


def _show(found: Sequence[Pair], told: dict[str, Any]) -> None:
    for name, part in told["pairs"].items():
        print(f"{name}: {part['pairs']} pairs, {part['hits']} taken for one; guards alone {part['guard']}")
        for rule in ("cosine_alone", "cosine_and_guard"):
            print(f"  {rule:17}" + "  ".join(f"{step}: {count}" for step, count in part[rule].items()))
    for alike in (False, True):
        for kind in dict.fromkeys(pair.kind for pair in found if pair.alike == alike):
            these = [pair for pair in found if pair.alike == alike and pair.kind == kind]
            print(f"  {'alike' if alike else 'apart'} {kind:10} {sum(pair.hit for pair in these):3} of {len(these)}")
    for pair in found:
        if pair.hit and not pair.alike:
            print(f"  wrong: {pair.one} / {pair.other} ({pair.cosine:.2f})")
    for one in told["real"]:
        print(f"{one['set']}: {one['questions']} questions, {one['near']} near pairs, {one['taken']} taken for one")
        for pair in one["wrong"]:
            print(f"  other documents answer: {pair[0]} / {pair[1]}")


if __name__ == "__main__":
    sys.exit(main())
