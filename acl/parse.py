"""A group snapshot as its provider writes it, understood wholly or refused: a typing error must not change who may read.

    {"sequence": 7, "users": [{"id": "ana", "active": true}],
     "groups": [{"id": "leads", "members": ["user:ana", "group:chairs"]}]}

`active` may be left out (true), `members` too (nobody); every other key is needed, and no key is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Set
from typing import Any

from acl import principal
from acl.diff import Snapshot
from acl.errors import BadPrincipal, BadSnapshot
from acl.principal import Kind, Name
from catalog.errors import quoted

SEQUENCE_LIMIT = 2**63


def parse_snapshot(text: str | bytes) -> Snapshot:
    """The snapshot in this JSON document (UTF-8). Raises `BadSnapshot`, which names the place."""
    whole = _object(_load(text), "the top", needed={"sequence", "users", "groups"})
    sequence = whole["sequence"]
    if type(sequence) is not int or not 0 <= sequence < SEQUENCE_LIMIT:
        raise BadSnapshot("sequence", "it must be a whole number, not below 0")
    people: dict[Name, bool] = {}
    for at, row in _items(whole["users"], "users"):
        user = _object(row, at, needed={"id"}, allowed={"active"})
        active = user.get("active", True)
        if type(active) is not bool:
            raise BadSnapshot(f"{at}.active", "it must be true or false")
        people[_new("user", user["id"], f"{at}.id", people.keys())] = active
    groups: dict[Name, frozenset[Name]] = {}
    for at, row in _items(whole["groups"], "groups"):
        group = _object(row, at, needed={"id"}, allowed={"members"})
        name = _new("group", group["id"], f"{at}.id", groups.keys())
        groups[name] = frozenset(_member(member, place) for place, member in _items(group.get("members", []), f"{at}.members"))
    return Snapshot(sequence, people, groups)


def _load(text: str | bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"byte {error.start}", "it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadSnapshot(f"line {error.lineno}, column {error.colno}", f"it is not JSON ({error.msg})") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of nested brackets
        raise BadSnapshot("the top", "it is not such a document at all") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise BadSnapshot(f"the key {quoted(twice)}", "it stands twice in one object")
    return found


def _object(value: Any, at: str, *, needed: Set[str], allowed: Set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadSnapshot(at, "it must be an object")
    for key in sorted(needed - value.keys()):
        raise BadSnapshot(at, f"`{key}` is missing")
    for key in sorted(value.keys() - needed - allowed):
        raise BadSnapshot(at, f"the key {quoted(key)} is not known")
    return value


def _items(value: Any, at: str) -> list[tuple[str, Any]]:
    if not isinstance(value, list):
        raise BadSnapshot(at, "it must be a list")
    return [(f"{at}[{n}]", item) for n, item in enumerate(value)]


def _new(kind: Kind, id_: Any, at: str, seen: Set[Name]) -> Name:
    if not isinstance(id_, str):
        raise BadSnapshot(at, "it must be a string")
    if principal.normal(id_).startswith(("user:", "group:")):
        raise BadSnapshot(at, "write the bare name here, without `user:` or `group:`")
    try:
        name = principal.parse(f"{kind}:{id_}")
    except BadPrincipal:
        raise BadSnapshot(at, f"{quoted(id_)} cannot be a name") from None
    if name in seen:
        raise BadSnapshot(at, f"{quoted(str(name))} stands here twice (names are compared without regard to case)")
    return name


def _member(text: Any, at: str) -> Name:
    if not isinstance(text, str):
        raise BadSnapshot(at, "it must be a string")
    try:
        name = principal.parse(text)
    except BadPrincipal as error:
        raise BadSnapshot(at, str(error).rstrip(".")) from None
    if name.kind == "everyone":
        raise BadSnapshot(at, "everyone cannot be a member; put `everyone` on the access list instead")
    return name
