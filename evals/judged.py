"""Sets of questions whose answers are known, as folders with `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.errors import PortcullisError
from evals.pii_sets import EvaluationSetMissing

FILES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
Judged = dict[str, dict[str, float]]
"""Grades above 0 by question and document."""


class BadJudgedSet(PortcullisError):
    code = "bad_judged_set"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} {why}. docs/cli.md says what stands in each file of a set of questions.")


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A set that was read: its questions that have an answer, in their file's order, and the grades of their documents."""

    folder: Path
    questions: dict[str, str]
    judged: Judged


def read_judged_set(folder: Path) -> JudgedSet:
    """Raises `EvaluationSetMissing` where a file is missing, `BadJudgedSet` where it is not understood, or nothing is asked."""
    for name in FILES:
        if not (folder / name).is_file():
            raise EvaluationSetMissing(folder / name)
    try:
        judged = read_judged(folder / "qrels.tsv")
    except ValueError:
        raise BadJudgedSet(folder / "qrels.tsv", "is not lines of query, document and grade under a heading") from None
    try:
        questions = read_questions(folder, judged)
    except (ValueError, KeyError, TypeError):
        raise BadJudgedSet(folder / "queries.jsonl", "is not lines of objects with _id and text") from None
    if not questions:
        raise BadJudgedSet(folder / "queries.jsonl", "asks nothing that qrels.tsv has an answer to")
    return JudgedSet(folder.resolve(), questions, judged)


def read_judged(file: Path) -> Judged:
    """The grades of a `qrels.tsv`."""
    found: Judged = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as opened:
        for query, document, score in list(csv.reader(opened, delimiter="\t"))[1:]:
            if float(score) > 0:
                found[query][document] = float(score)
    return found


def read_questions(folder: Path, judged: Judged) -> dict[str, str]:
    """The questions that have an answer, in their file's order."""
    rows = read_rows(folder / "queries.jsonl")
    return {str(row["_id"]): str(row["text"]) for row in rows if str(row["_id"]) in judged}


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def lay(folder: Path, pages: Path) -> int:
    """Write each document of a set as a text file with its line in a manifest; everyone may read it. Returns how many."""
    pages.mkdir(exist_ok=True)
    lines = []
    for n, row in enumerate(read_rows(folder / "corpus.jsonl")):
        (pages / f"{n}.txt").write_text(str(row["text"]), encoding="utf-8")
        line = {"path": f"{n}.txt", "document": str(row["_id"]), "allow": ["everyone"], "modified_at": "2024-05-01T09:00:00Z"}
        lines.append(line | ({"title": str(row["title"])} if row.get("title") else {}))
    (pages / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return len(lines)
