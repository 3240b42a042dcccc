"""A condition on what is known of a version, as a tree, and THE meaning of it. Pure.

A field has any number of values: none where a version does not say it or says it in another kind, several where it is a list. A
leaf holds when one of them fits, so on a missing field every leaf is false, and `not` of it true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

MOST_DEPTH = 8
MOST_PARTS = 100
"""Nodes and values of one filter together."""

Order = Literal["<", "<=", ">", ">="]
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a moment, both ends in it. A day is all of its moments: `> 2024-05-01` begins with the day after."""

    first: datetime
    last: datetime


Known = Scalar | datetime
"""What a version says: a value of a field, as its kind has it."""
Asked = Scalar | Period


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


@dataclass(frozen=True, slots=True)
class In:
    """One of the field's values is one of these."""

    field: str
    values: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """One of the field's values stands in this order to that one."""

    field: str
    order: Order
    value: Asked


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value."""

    field: str


Leaf = In | Compare | Exists
Filter = And | Or | Not | Leaf

T = TypeVar("T")
Read = Callable[[str], Callable[[T], Collection[Known]]]
"""For a field, how to read its values off a T."""


def matcher(tree: Filter, read: Read[T]) -> Callable[[T], bool]:
    """The test of a T: made once, asked often."""
    match tree:
        case And(parts):
            tests = [matcher(part, read) for part in parts]
            return lambda item: all(test(item) for test in tests)
        case Or(parts):
            tests = [matcher(part, read) for part in parts]
            return lambda item: any(test(item) for test in tests)
        case Not(part):
            test = matcher(part, read)
            return lambda item: not test(item)
        case Exists(field):
            values = read(field)
            return lambda item: bool(values(item))
        case In(field, asked):
            return _any_of(read(field), asked)
        case Compare(field, order, value):
            return _in_order(read(field), order, value)


def leaves(tree: Filter) -> Iterator[Leaf]:
    """In order."""
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield tree


def depth(tree: Filter) -> int:
    match tree:
        case And(parts) | Or(parts):
            return 1 + max(map(depth, parts))
        case Not(part):
            return 1 + depth(part)
        case _:
            return 1


def size(tree: Filter) -> int:
    """Nodes and values."""
    match tree:
        case And(parts) | Or(parts):
            return 1 + sum(map(size, parts))
        case Not(part):
            return 1 + size(part)
        case In(_, values):
            return len(values)
        case _:
            return 1


def rewritten(tree: Filter, leaf: Callable[[Leaf], Leaf]) -> Filter:
    """The same tree with other leaves."""
    match tree:
        case And(parts):
            return And(tuple(rewritten(part, leaf) for part in parts))
        case Or(parts):
            return Or(tuple(rewritten(part, leaf) for part in parts))
        case Not(part):
            return Not(rewritten(part, leaf))
        case _:
            return leaf(tree)


def _any_of(values: Callable[[T], Collection[Known]], asked: Sequence[Asked]) -> Callable[[T], bool]:
    plain = frozenset(value for value in asked if not isinstance(value, Period))
    periods = [value for value in asked if isinstance(value, Period)]
    if not periods:
        return lambda item: not plain.isdisjoint(values(item))
    return lambda item: any(p.first <= v <= p.last for v in values(item) if isinstance(v, datetime) for p in periods)


def _in_order(values: Callable[[T], Collection[Known]], order: Order, asked: Asked) -> Callable[[T], bool]:
    first: datetime | float
    last: datetime | float
    if isinstance(asked, Period):
        first, last = asked.first, asked.last
    elif isinstance(asked, str | bool):
        raise TypeError("only numbers and times have an order: `typed` lets nothing else through")
    else:
        first = last = asked
    match order:
        case "<":
            return lambda item: any(v < first for v in values(item))  # type: ignore[operator]
        case "<=":
            return lambda item: any(v <= last for v in values(item))  # type: ignore[operator]
        case ">":
            return lambda item: any(v > last for v in values(item))  # type: ignore[operator]
        case ">=":
            return lambda item: any(v >= first for v in values(item))  # type: ignore[operator]
