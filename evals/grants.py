"""Who may read what, as files say it, and an oracle of it by brute force: it knows names alone, and nothing of our code."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

EVERYONE = "everyone"
DEPTH = 6
"""How deep generated groups lie in one another, at most."""


@dataclass(frozen=True, slots=True)
class Grants:
    """People and whether each is active; groups and their direct members; documents and their lists. Names as in manifests."""

    people: Mapping[str, bool]
    groups: Mapping[str, frozenset[str]]
    allow: Mapping[str, frozenset[str]]
    deny: Mapping[str, frozenset[str]]


def read_grants(folder: Path) -> Grants:
    """A folder's `manifest.jsonl` and `groups-snapshot.json`; else its `*.upa.jsonl`, rows of users and their permissions, where
    a permission is a document that those users may read."""
    if (folder / "manifest.jsonl").exists():
        snapshot = json.loads((folder / "groups-snapshot.json").read_text(encoding="utf-8"))
        lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines() if line]
        return Grants(
            people={user["id"]: user["active"] for user in snapshot["users"]},
            groups={group["id"]: frozenset(group["members"]) for group in snapshot["groups"]},
            allow={line["document"]: frozenset(line.get("allow", ())) for line in lines},
            deny={line["document"]: frozenset(line.get("deny", ())) for line in lines},
        )
    people: dict[str, bool] = {}
    allow: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*.upa.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            person = f"{file.name.split('.')[0]}-{row['row']}".lower()
            people[person] = True
            for permission in row["permissions"]:
                allow.setdefault(f"{file.name.split('.')[0]}/{permission}", set()).add(f"user:{person}")
    return Grants(people, {}, {name: frozenset(who) for name, who in allow.items()}, dict.fromkeys(allow, frozenset()))


def readers(grants: Grants) -> dict[str, frozenset[str]]:
    """Each document's readers: every name of its list is followed down to people, for every list anew; deny wins."""
    active = {person for person, is_active in grants.people.items() if is_active}
    return {
        document: frozenset((_people(grants, allow) - _people(grants, grants.deny[document])) & active)
        for document, allow in grants.allow.items()
    }


def wrapped(grants: Grants, seed: int) -> Grants:
    """The same corpus made hard: lists name groups that hold the old ones through up to six others, some in circles; a third of
    the lists denies somebody, directly or through groups, some allow everyone; a few people are disabled."""
    chance = random.Random(seed)
    groups = dict(grants.groups)
    outer: dict[str, str] = {}
    for name in sorted({*grants.groups, *(p for p in grants.people if chance.random() < 0.3)}):
        inner = f"group:{name}" if name in grants.groups else f"user:{name}"
        for level in range(chance.randint(1, DEPTH)):
            shell = f"around-{inner.replace(':', '-')}-{level}"
            groups[shell] = frozenset({outer.get(inner, inner)})
            outer[inner] = f"group:{shell}"
        if chance.random() < 0.3:  # a circle: what lies inside holds the outermost
            first = f"around-{inner.replace(':', '-')}-0"
            groups[first] |= {outer[inner]}
    people = sorted(grants.people)
    barred = {f"barred-{n}": frozenset(f"user:{p}" for p in chance.sample(people, 3)) for n in range(20)}
    barring = {f"barring-{n}": frozenset({f"group:barred-{n}", f"group:barring-{(n + 1) % 3}"}) for n in range(20)}
    everywhere = [*(f"group:{name}" for name in (*barred, *barring)), *(f"user:{person}" for person in people)]
    allow, deny = {}, {}
    for document, names in grants.allow.items():
        allow[document] = frozenset(outer.get(n, n) if chance.random() < 0.8 else n for n in names)
        if chance.random() < 0.1:
            allow[document] |= {EVERYONE}
        denied = [*sorted(names)[:1], *chance.sample(everywhere, 2)] if chance.random() < 1 / 3 else []
        deny[document] = grants.deny[document] | frozenset(chance.sample(denied, min(2, len(denied))))
    disabled = set(chance.sample(people, len(people) // 30))
    return replace(
        grants,
        people={person: person not in disabled for person in people},
        groups=groups | barred | barring,
        allow=allow,
        deny=deny,
    )


def _people(grants: Grants, names: Iterable[str]) -> set[str]:
    """Everybody whom these names are, directly or through groups."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(grants.groups.get(name.removeprefix("group:"), ()) if name.startswith("group:") else ())
    everybody = set(grants.people) if EVERYONE in seen else set()
    return everybody | {name.removeprefix("user:") for name in seen if name.startswith("user:")}
