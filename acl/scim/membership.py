"""Changes of a group's members, read out of a PATCH: each is a few ids, whatever the size of the group.

What is not understood is refused. A change that would be read as "nothing to do" is how a removed member keeps his access.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException, Path
from scim2_models.path import AttrPath, CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator, ValuePath

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Change:
    """`replace` leaves exactly these members; `replace` of nobody empties the group."""

    kind: Literal["add", "remove", "replace"]
    ids: tuple[str, ...]


def split(operations: Sequence[Any]) -> tuple[list[Change], list[Any]]:
    """The changes of members, in order, and the operations on everything else.

    Raises `InvalidPathException`, `InvalidFilterException`, `InvalidValueException`.
    """
    changes: list[Change] = []
    others: list[Any] = []
    for operation in operations:
        ours, rest = _split(operation)
        changes += ours
        others += rest
    for other in others:
        _says_nothing_of_members(other)
    return changes, others


def ids_of(value: Any) -> tuple[str, ...]:
    """The ids in `[{"value": ID}, ...]` or `{"value": ID}`. Raises `InvalidValueException`."""
    entries = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_id(entry) for entry in entries))


def _split(operation: Any) -> tuple[list[Change], list[Any]]:
    if not isinstance(operation, dict):
        return [], [operation]  # the protocol's reader refuses it
    kind = str(operation.get("op", "")).casefold()
    path, value = operation.get("path"), operation.get("value")
    if kind not in ("add", "remove", "replace") or not (path is None or isinstance(path, str)):
        return [], [operation]
    if path:
        where = _members_path(path)
        return ([], [operation]) if where is None else ([_at_path(kind, where, value, "value" in operation)], [])
    if kind == "remove" or not isinstance(value, dict):
        return [], [operation]
    named = [key for key in value if key.casefold() in (MEMBERS, f"{GROUP}:{MEMBERS}".casefold())]
    rest = {key: item for key, item in value.items() if key not in named}
    return [_whole(kind, value[key]) for key in named], [{**operation, "value": rest}] if rest or not named else []


def _says_nothing_of_members(operation: Any) -> None:
    """Members in a form that is not read here (in a part of a schema, by a sub-attribute) would pass and change nothing."""
    said = [str(operation.get("path"))] if isinstance(operation, dict) else []
    waiting = [operation.get("value")] if isinstance(operation, dict) else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            said += value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    if any(MEMBERS in key.casefold() for key in said):
        raise InvalidPathException(detail="Members are changed by the path `members`, or by `members` in a value without a path.")


def _members_path(path: str) -> Path[Any] | None:
    """The path, if it leads to the members. Raises `InvalidPathException` when it is none."""
    where: Path[Any] = Path(path)
    if where.parts and where.parts[0].casefold() == MEMBERS and (where.schema or GROUP).casefold() == GROUP.casefold():
        return where
    return None


def _at_path(kind: str, where: Path[Any], value: Any, stated: bool) -> Change:
    node = where.ast
    if isinstance(node, AttrPath):
        if node.sub_attr is not None:
            raise InvalidPathException(path=str(where), detail="A member is added or removed whole: the path is `members`.")
        return _remove(value, stated) if kind == "remove" else _whole(kind, value)
    if kind != "remove":
        raise InvalidPathException(path=str(where), detail="Members are chosen by a filter only to remove them.")
    if isinstance(node, ValuePath) and node.sub_attr is not None:
        raise InvalidPathException(path=str(where), detail="A member is removed whole: the path ends with the filter.")
    if value is not None:
        raise InvalidValueException(detail="The filter says which members leave; a value beside it may say something else.")
    selected = where.value_filter
    assert selected is not None
    return Change("remove", tuple(dict.fromkeys(_selected(selected))))


def _whole(kind: str, value: Any) -> Change:
    if kind == "replace":
        return Change("replace", () if value is None else ids_of(value))
    if value is None:
        raise InvalidValueException(detail="Whom to add is missing: value is a list of members.")
    return Change("add", ids_of(value))


def _remove(value: Any, stated: bool) -> Change:
    """Without a value everybody leaves (RFC 7644, 3.5.2.2); with one, whom it names, as Entra means it."""
    if value is None and not stated:
        return Change("replace", ())
    ids = ids_of(value)
    if not ids:
        raise InvalidValueException(detail="The list of whom to remove is empty. Without a value all members leave.")
    return Change("remove", ids)


def _selected(node: FilterNode) -> list[str]:
    match node:
        case Comparison(AttrPath(attr, None, _), CompareOperator.eq, str(value)) if attr.casefold() == "value":
            return [value]
        case LogicalExpr(LogicalOperator.or_, terms):
            return [value for term in terms for value in _selected(term)]
    raise InvalidFilterException(detail='Members to remove are chosen by `value eq "ID"`, several with `or`.')


def _id(entry: Any) -> str:
    values = [item for key, item in entry.items() if key.casefold() == "value"] if isinstance(entry, dict) else []
    if len(values) != 1 or not isinstance(values[0], str) or not values[0]:
        raise InvalidValueException(detail='A member is an object with the id of a user or group: {"value": "ID"}.')
    return values[0]
