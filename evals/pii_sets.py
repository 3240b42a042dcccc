"""Texts whose personal data is marked: JSON lines of {"text", "spans": [{"start", "end", "label"}]}, ends exclusive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.errors import PortcullisError
from privacy.span import Span


class EvaluationSetMissing(PortcullisError):
    code = "evaluation_set_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no evaluation set at {path}. Give the folder that holds it, or set PORTCULLIS_TEST_DATA.")


class BadEvaluationSet(PortcullisError):
    code = "bad_evaluation_set"

    def __init__(self, path: Path, number: int, why: str) -> None:
        super().__init__(f"Line {number} of {path} {why}. A line is an object with a text, and spans that lie in it apart.")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and its gold spans, in order, not overlapping. `group` is what it shares with texts that were made like it."""

    text: str
    spans: tuple[Span, ...]
    group: str


def read_set(path: Path, first: int = 0) -> list[Marked]:
    """The texts of the file at `path` from row `first` (zero-based) on. Raises `EvaluationSetMissing`, `BadEvaluationSet`."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise EvaluationSetMissing(path) from None
    rows = [(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip()]
    return [_marked(path, number, line) for number, line in rows[first:]]


def _marked(path: Path, number: int, line: bytes) -> Marked:
    try:
        row: Any = json.loads(line)
        text = row["text"]
        spans = sorted(Span(s["start"], s["end"], s["label"], 1.0) for s in row["spans"])
    except (ValueError, TypeError, KeyError):
        raise BadEvaluationSet(path, number, "has no text and spans") from None
    if not isinstance(text, str) or not all(isinstance(at, int) for span in spans for at in (span.start, span.end)):
        raise BadEvaluationSet(path, number, "has no text, or spans without whole numbers")
    edges = [edge for span in spans for edge in (span.start, span.end)]
    if edges and (edges != sorted(edges) or edges[0] < 0 or edges[-1] > len(text) or any(s.start == s.end for s in spans)):
        raise BadEvaluationSet(path, number, "has spans that overlap, are empty or lie outside its text")
    return Marked(text, tuple(spans), str(row.get("template_id", number)))
