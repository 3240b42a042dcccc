"""A group snapshot as its provider writes it, understood wholly or refused: a typing error must not change who may read.

    {"sequence": 7, "users": [{"id": "ana", "active": true, "aliases": ["ana@example.com"]}],
     "groups": [{"id": "leads", "members": ["user:ana", "group:chairs"]}]}

`active` may be left out (true), `members` and `aliases` too (none); every other key is needed, and no key is unknown.
The same as CSV:

    type,id,value
    sequence,7,
    user,ana,active
    alias,ana,ana@example.com
    group,leads,
    member,leads,user:ana

`value` of a user is `active`, `disabled` or empty (active). A user or group has a line of its own before others name it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Set
from typing import Any

from acl import principal
from acl.diff import Snapshot
from acl.errors import BadPrincipal, BadSnapshot
from acl.principal import Kind, Name
from catalog.errors import quoted

SEQUENCE_LIMIT = 2**63
NO_SEQUENCE = "it must be a whole number, not below 0"
COLUMNS = ["type", "id", "value"]
STATES = {"": True, "active": True, "disabled": False}


def parse_snapshot(text: str | bytes) -> Snapshot:
    """The snapshot in this JSON or CSV document (UTF-8). Raises `BadSnapshot`, which names the place."""
    read = _text(text)
    return _of_json(read) if read.lstrip().startswith(("{", "[")) else _of_csv(read)


def _of_json(text: str) -> Snapshot:
    whole = _object(_load(text), "the top", needed={"sequence", "users", "groups"})
    sequence = whole["sequence"]
    if type(sequence) is not int or not 0 <= sequence < SEQUENCE_LIMIT:
        raise BadSnapshot("sequence", NO_SEQUENCE)
    people: dict[Name, bool] = {}
    aliases: dict[Name, frozenset[Name]] = {}
    taken: set[Name] = set()
    for at, row in _items(whole["users"], "users"):
        user = _object(row, at, needed={"id"}, allowed={"active", "aliases"})
        active = user.get("active", True)
        if type(active) is not bool:
            raise BadSnapshot(f"{at}.active", "it must be true or false")
        name = _new("user", user["id"], f"{at}.id", taken)
        people[name] = active
        others = [_new("user", alias, place, taken) for place, alias in _items(user.get("aliases", []), f"{at}.aliases")]
        if others:
            aliases[name] = frozenset(others)
    groups: dict[Name, frozenset[Name]] = {}
    for at, row in _items(whole["groups"], "groups"):
        group = _object(row, at, needed={"id"}, allowed={"members"})
        name = _new("group", group["id"], f"{at}.id", taken)
        groups[name] = frozenset(_member(member, place) for place, member in _items(group.get("members", []), f"{at}.members"))
    return Snapshot(sequence, people, groups, aliases)


def _of_csv(text: str) -> Snapshot:
    sequence: int | None = None
    people: dict[Name, bool] = {}
    aliases: dict[Name, set[Name]] = {}
    groups: dict[Name, set[Name]] = {}
    taken: set[Name] = set()
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if (header := next(rows, None)) is None or [cell.strip() for cell in header] != COLUMNS:
            raise BadSnapshot("line 1", f"it is neither JSON nor CSV with the columns {', '.join(COLUMNS)}")
        for row in rows:
            at = f"line {rows.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(COLUMNS):
                raise BadSnapshot(at, f"it must have {len(COLUMNS)} cells")
            kind, id_, value = (cell.strip() for cell in row)
            match kind:
                case "sequence" if sequence is None and id_.isascii() and id_.isdigit() and len(id_) < 19 and not value:
                    sequence = int(id_)
                case "sequence":
                    raise BadSnapshot(at, f"there must be one sequence; {NO_SEQUENCE}")
                case "user" if value in STATES:
                    people[_new("user", id_, at, taken)] = STATES[value]
                case "user":
                    raise BadSnapshot(at, f"the value of a user is one of {', '.join(filter(None, STATES))}, or empty")
                case "group" if not value:
                    groups[_new("group", id_, at, taken)] = set()
                case "alias" if (owner := _known("user", id_, at)) in people:
                    aliases.setdefault(owner, set()).add(_new("user", value, at, taken))
                case "member" if (group := _known("group", id_, at)) in groups:
                    groups[group].add(_member(value, at))
                case "alias" | "member":
                    raise BadSnapshot(at, f"{quoted(id_)} has no line of its own before this one")
                case _:
                    raise BadSnapshot(at, f"its type is one of sequence, user, alias, group, member, not {quoted(kind)}")
    except csv.Error as error:
        raise BadSnapshot(f"line {rows.line_num}", f"it is not CSV ({error})") from None
    if sequence is None:
        raise BadSnapshot("the top", "a line `sequence,NUMBER,` is missing")
    return Snapshot(
        sequence,
        people,
        {name: frozenset(members) for name, members in groups.items()},
        {name: frozenset(others) for name, others in aliases.items()},
    )


def _known(kind: Kind, id_: str, at: str) -> Name:
    try:
        return principal.parse(f"{kind}:{id_}")
    except BadPrincipal:
        raise BadSnapshot(at, f"{quoted(id_)} cannot be a name") from None


def _text(text: str | bytes) -> str:
    try:
        return text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"byte {error.start}", "it is not UTF-8") from None


def _load(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
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


def _new(kind: Kind, id_: Any, at: str, seen: set[Name]) -> Name:
    """A name that stands here for the first time; `seen` has it from now on."""
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
    seen.add(name)
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
