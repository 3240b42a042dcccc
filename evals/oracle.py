"""An access oracle that owes nothing to our code: who may read a document, as a data set's own file says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that one document answers: its title and its first full sentence, as a person would half remember them."""

    text: str
    document: str


def read_oracle(acl: Path) -> dict[str, frozenset[str]]:
    """Document to the people who may read it, groups expanded: `effective_users` of each line of `acl.jsonl`."""
    rows = (json.loads(line) for line in acl.read_text(encoding="utf-8").splitlines() if line.strip())
    return {row["doc"]: frozenset(row["effective_users"]) for row in rows}


def pick_people(oracle: Mapping[str, frozenset[str]], count: int) -> list[str]:
    """`count` people, from those who may read the fewest documents to those who may read the most, evenly spread."""
    reads: dict[str, int] = {}
    for people in oracle.values():
        for person in people:
            reads[person] = reads.get(person, 0) + 1
    return _spread(sorted(reads, key=lambda p: (reads[p], p)), count)


def pick_questions(docs: Path, documents: Iterable[str], count: int) -> list[Question]:
    """`count` questions from documents spread evenly over the corpus; documents without a full sentence ask nothing."""
    asked = (_question(docs / name, name) for name in sorted(documents))
    return _spread([q for q in asked if q is not None], count)


def _question(path: Path, name: str) -> Question | None:
    text = re.sub(r"<[^>]+>|```.*?```|\[|\]\([^)]*\)", " ", path.read_text(encoding="utf-8", errors="replace"), flags=re.S)
    title = re.search(r"^#\s+(.+)$", text, re.M)
    sentence = re.search(r"^(?![#|>*\-\s\d]).*?([A-Z][^.!?\n]{50,300}[.?!])", text, re.M)
    if title is None or sentence is None:
        return None
    return Question(f"{title.group(1).strip()}: {sentence.group(1).strip()}", name)


def _spread(items: list[T], count: int) -> list[T]:
    if len(items) <= count:
        return items
    return [items[i * len(items) // count] for i in range(count)]
