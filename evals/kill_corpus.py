"""What the killed runs ingest: a small corpus in two editions, and what changes from the one to the other."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OPEN = "allow: [everyone]\n"
FEW = "allow: ['group:few']\n"
NOBODY_LEAVES: frozenset[str] = frozenset()
SOURCE = "pages"
PEOPLE = {
    "sequence": 1,
    "users": [{"id": "ana", "active": True}, {"id": "ben", "active": True}],
    "groups": [{"id": "few", "members": ["user:ben"]}],
}
EDITIONS = ("Edition one", "Edition two")
_TOPICS = (
    *("anchor", "beacon", "channel", "dredger", "estuary", "ferry", "gangway", "harbour"),
    *("inlet", "jetty", "keel", "lighthouse", "mooring", "navigator"),
)
_WORDS = (
    *("the", "pilot", "reads", "tide", "tables", "before", "a", "vessel", "leaves", "its", "berth", "and", "notes", "wind"),
    *("depth", "draught", "cargo", "in", "log"),
)
_TIMES = (1_704_067_200.0, 1_706_745_600.0)

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A change: the folder before (None: nothing was ever ingested) and after. `leaves`: documents that go, `narrowed`: that
    Ana may read before and not after."""

    name: str
    before: Files | None
    after: Files
    leaves: frozenset[str] = NOBODY_LEAVES
    narrowed: frozenset[str] = NOBODY_LEAVES


def kinds() -> tuple[Kind, ...]:
    """First load, updates, deletes, access changes, and all of it at once."""
    old = {"access.yaml": OPEN, "closed/access.yaml": OPEN, **{_path(i): _page(i, 0) for i in range(12)}}
    edited = {_path(i): _page(i, 1) for i in (0, 2, 5, 7, 9)}
    gone = frozenset(_path(i) for i in (1, 6, 11))
    closed = frozenset(path for path in old if path.startswith("closed/") and path.endswith(".md"))
    few = {"closed/access.yaml": FEW}
    added = {_path(i): _page(i, 0) for i in (12, 13)}
    moved = {"moved.md": old[_path(8)]}
    left = gone | {_path(8)}
    everything = {**{p: t for p, t in old.items() if p not in left}, **edited, **few, **added, **moved}
    return (
        Kind("first load", None, old),
        Kind("updates", old, {**old, **edited}),
        Kind("deletes", old, {p: t for p, t in old.items() if p not in gone}, leaves=gone),
        Kind("access", old, {**old, **few}, narrowed=closed),
        Kind("mixed", old, everything, leaves=left, narrowed=closed - left),
    )


def lay(folder: Path, files: Files) -> None:
    """Make the folder hold exactly these files, dated by their edition, those that are right already left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in files]:
        path.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            at = _TIMES[EDITIONS[1] in content]
            os.utime(path, (at, at))


def questions() -> tuple[str, ...]:
    """Fixed ones: a topic each, and one that every page answers."""
    return (*(f"What does the pilot note about the {topic}?" for topic in _TOPICS), "tide tables and berth")


def _path(number: int) -> str:
    folder = "closed/" if number % 4 == 3 else ""
    return f"{folder}{_TOPICS[number]}.md"


def _page(number: int, edition: int) -> str:
    """Three sections of a chunk each: two name the edition, the last is the same in both."""
    dice = random.Random(number)
    topic = _TOPICS[number]
    parts = [f"# The {topic}"]
    for section, named in (("Approach", EDITIONS[edition]), ("Berth", EDITIONS[edition]), ("Departure", "Every edition")):
        prose = " ".join(dice.choice(_WORDS) for _ in range(dice.randint(110, 170)))
        parts.append(f"## {section} of the {topic}\n\n{named} of the {topic}: {prose}.")
    return "\n\n".join(parts) + "\n"
