"""Canaries: one document for each access list of a corpus, each with a word that stands nowhere else, and questions that name
several of these words. Whose answers hold which canary is then a matter of access alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.grants import Grants

_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "no", "pi", "ra", "so", "tu", "vo", "xe", "zi", "ju")


@dataclass(frozen=True, slots=True)
class Probe:
    """A question that asks for these documents by their words, whoever may read them."""

    words: Mapping[str, str]

    @property
    def documents(self) -> tuple[str, ...]:
        return tuple(self.words)

    @property
    def question(self) -> str:
        return f"Where is {', '.join(self.words.values())} kept?"

    def alone(self, document: str) -> Probe:
        """The same for one of its documents."""
        return Probe({document: self.words[document]})


def word(number: int) -> str:
    """A word of its own for each number, of five syllables: nobody's name, and in no dictionary."""
    return "".join(_SYLLABLES[(number * 7919 + 31 * place + (number >> (3 * place))) % 16] for place in range(3)) + "".join(
        _SYLLABLES[(number >> shift) % 16] for shift in (8, 4, 0)
    )


def plant(grants: Grants, folder: Path) -> dict[str, str]:
    """Write canaries, their manifest and the group snapshot into `folder`; the word of each document."""
    folder.mkdir(parents=True)
    words = {document: word(n) for n, document in enumerate(sorted(grants.allow))}
    lines = []
    for n, (document, canary) in enumerate(words.items()):
        text = f"# Shelf {n}\n\nThe thing called {canary} is kept on shelf {n} of the store room, behind the {canary} box.\n"
        (folder / f"{n}.md").write_text(text, encoding="utf-8")
        allow, deny = sorted(grants.allow[document]), sorted(grants.deny[document])
        lines.append({"path": f"{n}.md", "document": document, "allow": allow, "deny": deny})
    (folder / "manifest.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    snapshot = {
        "sequence": 1,
        "users": [{"id": person, "active": active} for person, active in grants.people.items()],
        "groups": [{"id": name, "members": sorted(members)} for name, members in grants.groups.items()],
    }
    (folder / "groups.json").write_text(json.dumps(snapshot), encoding="utf-8")
    return words


def probes(words: Mapping[str, str], at_once: int) -> list[Probe]:
    """Questions that together ask for every canary, `at_once` of them each."""
    return [Probe({document: words[document] for document in some}) for some in _batches(sorted(words), at_once)]


def _batches(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])
