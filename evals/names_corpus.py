"""The texts that the name model learns from: real ones with their labels put right, and templates filled with made-up people.

Real: `language/ner_train` (WNUT-17 train and the Broad Twitter Corpus), `pii/btc_a`, `pii/sec_filings_fin5`, the first 600
rows of `pii/wikigold_1`, and sentences of `language/gum_train` without a proper noun, which hold no name. Put right: a handle
is no name (it begins with @, stands behind one, or is written as one), nor is a role ("Borrower"); groups are organisations;
what begins with a house number is an address. Some copies get other people's names, other letter cases, holes and neighbours.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evals import names_templates
from evals.names_people import People
from privacy.names.encode import HOLE

TRAINED_ROWS = 600
"""Rows of wikigold_1 that are learnt from; the others are only for measuring."""
Label = tuple[int, int, str]
Example = tuple[str, tuple[Label, ...]]
SAME = {"GROUP": "ORGANIZATION", "PERSON": "PERSON", "LOCATION": "LOCATION", "ORGANIZATION": "ORGANIZATION"}
ROLES = frozenset(
    "borrower lender bank agent company executive employee employer trustee landlord tenant buyer seller purchaser guarantor "
    "holder participant president minister governor chairman secretary director officer coach".split()
)
_HANDLE = re.compile(r"\S*[_\d@#]\S*|\S*[a-z]{2}[A-Z]\S*|[a-z]{9,}|[A-Z]\w*(?:TV|FC|JR|TO|AU)")
_HOUSE = re.compile(r"\d+[A-Za-z]?,? +[A-Z]")
_PLACE = re.compile(r"\{(\w+)\}")


def real(folder: Path) -> dict[str, list[Example]]:
    """The labelled sets under `folder` (PORTCULLIS_TEST_DATA), by name."""
    rows = {
        "tweets": [*_rows(folder / "language/ner_train.jsonl"), *_rows(folder / "pii/btc_a.jsonl")],
        "filings": _rows(folder / "pii/sec_filings_fin5.jsonl"),
        "wiki": _rows(folder / "pii/wikigold_1.jsonl")[:TRAINED_ROWS],
    }
    found = {name: [_right(row) for row in held] for name, held in rows.items()}
    found["nameless"] = [(text, ()) for text in _nameless(folder / "language/gum_train.jsonl")]
    return found


def templates(people: People, lines: Sequence[str]) -> Iterator[Example]:
    """Each of `lines` filled once."""
    for line in lines:
        text, labels = "", []
        pattern = line.replace("\\n", "\n").replace("\\t", "\t").replace("{{", "\1").replace("}}", "\2")
        last = 0
        for place in _PLACE.finditer(pattern):
            text += pattern[last : place.start()]
            value = people.draw(place[1])
            if label := people.labelled(place[1]):
                labels.append((len(text), len(text) + len(value), label))
            text += value
            last = place.end()
        yield (text + pattern[last:]).replace("\1", "{").replace("\2", "}"), tuple(labels)


def made_up(people: People, rounds: int) -> list[Example]:
    every = [*names_templates.PROSE, *names_templates.FORMS, *names_templates.NOTHING]
    return [example for _ in range(rounds) for example in templates(people, every)]


def renamed(example: Example, people: People) -> Example:
    """`example` with other people in it, of as many words each so that they fit, and some other firms and places."""
    text, labels = example
    pieces: list[str] = []
    moved: list[Label] = []
    last = size = 0
    for start, end, label in labels:
        value = text[start:end]
        if label == "PERSON":
            words = value.split()
            pick = people.random.random()
            single = people.first() if pick < 0.4 else people.last() if pick < 0.85 else people.common()
            value = single if len(words) == 1 else people.person()
        elif label in ("ORGANIZATION", "LOCATION") and people.random.random() < 0.5:
            value = (
                people.org() if label == "ORGANIZATION" else people.random.choice((people.city, people.country, people.region))()
            )
        if value != text[start:end]:
            value = value.lower() if text[start:end].islower() else value.upper() if text[start:end].isupper() else value
        pieces += [text[last:start], value]
        size += start - last
        moved.append((size, size + len(value), label))
        size += len(value)
        last = end
    return "".join((*pieces, text[last:])), tuple(moved)


def recased(example: Example, r: random.Random) -> Example:
    """In capitals, without any, or With One Each: where that keeps every length."""
    text, labels = example
    pick = r.random()
    other = text.lower() if pick < 0.6 else text.upper() if pick < 0.85 else text.title()
    return (other, labels) if len(other) == len(text) else example


def holed(example: Example, r: random.Random) -> Example:
    """With holes where an earlier redaction took names: they are no names, and what stands beside them still is."""
    text, labels = example
    out: list[Label] = []
    pieces: list[str] = []
    last = size = 0
    for start, end, label in labels:
        gone = r.random() < 0.5
        value = HOLE if gone else text[start:end]
        pieces += [text[last:start], value]
        size += start - last
        if not gone:
            out.append((size, size + len(value), label))
        size += len(value)
        last = end
    return "".join((*pieces, text[last:])), tuple(out)


def joined(examples: Sequence[Example], r: random.Random) -> Example:
    """Neighbours in one text, as sentences of a paragraph or lines of a page."""
    text, labels = "", []
    for n, (more, spans) in enumerate(examples):
        if n:
            text += r.choice((" ", " ", "\n", "\n\n"))
        labels += [(start + len(text), end + len(text), label) for start, end, label in spans]
        text += more
    return text, tuple(labels)


def broken(example: Example, r: random.Random) -> Example:
    """With line breaks where a page ends its lines, so that a name may stand on two; or quoted, as in the answer to a mail."""
    text, labels = example
    if "\n" in text and r.random() < 0.5:
        return quoted(example, r.choice((">", "> ", "| ", "# ", "    ")))
    return "".join("\n" if c == " " and r.random() < 0.12 else c for c in text), labels


def quoted(example: Example, sign: str) -> Example:
    """With `sign` before each line."""
    text, labels = example

    def moved(at: int) -> int:
        return at + len(sign) * (text.count("\n", 0, at) + 1)

    return sign + text.replace("\n", "\n" + sign), tuple((moved(a), moved(b), label) for a, b, label in labels)


def epoch(sets: dict[str, list[Example]], people: People, rounds: int, seed: int) -> list[Example]:
    """What one pass over the texts learns from, in random order."""
    r = random.Random(seed)
    base: list[Example] = [e for e in sets["tweets"] if e[1] or r.random() < 0.5]
    base += [*sets["filings"], *sets["wiki"] * 3]
    base += [renamed(e, people) for e in sets["tweets"] if any(s[2] == "PERSON" for s in e[1])]
    base += [renamed(e, people) for _ in range(4) for e in sets["wiki"]]
    base += [renamed(e, people) for e in sets["filings"] if e[1]]
    base += r.sample(sets["nameless"], min(1500, len(sets["nameless"])))
    base += made_up(people, rounds)
    for n, example in enumerate(base):
        pick = r.random()
        if pick < 0.12:
            base[n] = recased(example, r)
        elif pick < 0.20:
            base[n] = holed(example, r)
        elif pick < 0.27:
            base[n] = broken(example, r)
    r.shuffle(base)
    found: list[Example] = []
    n = 0
    while n < len(base):
        take = r.choices((1, 2, 3, 5), (0.6, 0.2, 0.12, 0.08))[0]
        found.append(joined(base[n : n + take], r))
        n += take
    return found


def _right(row: dict[str, Any]) -> Example:
    text: str = row["text"]
    labels: list[Label] = []
    for span in sorted(row["spans"], key=lambda s: s["start"]):
        start, end, label = span["start"], span["end"], SAME.get(span["label"], "")
        value = text[start:end]
        if not label or (labels and start < labels[-1][1]):
            continue
        if label == "PERSON" and (value.lower() in ROLES or _is_handle(text, start, value)):
            continue
        if label == "LOCATION" and _HOUSE.match(value):
            label = "ADDRESS"
        labels.append((start, end, label))
    return text, tuple(labels)


def _is_handle(text: str, start: int, value: str) -> bool:
    return text[:start].rstrip().endswith("@") or "@" in value or _HANDLE.fullmatch(value) is not None


def _nameless(file: Path) -> Iterator[str]:
    for row in _rows(file):
        for sentence in row["sentences"]:
            tokens = sentence["tokens"]
            if len(tokens) > 4 and not any(tag.startswith("NNP") for _, tag, _ in tokens):
                yield "".join(form + (" " if after else "") for form, _, after in tokens).strip()


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
