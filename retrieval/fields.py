"""The fields that a filter may name: some that every version has, and those of its metadata that an operator declared. Pure.

What a version says in another kind than the declared one counts as not said: a filter never fails on a document.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from catalog.text import StoredChunk
from retrieval.errors import BadFilter
from retrieval.filter import (
    MOST_DEPTH,
    MOST_PARTS,
    Asked,
    Compare,
    Exists,
    Filter,
    In,
    Known,
    Leaf,
    Period,
    depth,
    leaves,
    matcher,
    rewritten,
    size,
)

Kind = Literal["string", "number", "boolean", "date"]
Declared = Mapping[str, Kind]

TITLE = "title"
BUILT_IN: Declared = {
    "source": "string",
    "document_id": "string",
    TITLE: "string",
    "version": "string",
    "media_type": "string",
    "modified_at": "date",
}
NONE: tuple[Known, ...] = ()
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Sieve:
    """A filter that may be asked: every field in it is known, every value is of its field's kind, as redaction left it."""

    tree: Filter
    declared: Declared

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(leaf.field for leaf in leaves(self.tree))

    def test(self) -> Callable[[StoredChunk], bool]:
        """Whether the version that a chunk was read from passes."""
        return matcher(self.tree, lambda field: _reader(field, self.declared))


def typed(tree: Filter, declared: Declared) -> Filter:
    """`tree` with each value as its field's kind has it. Raises `BadFilter`, which names the field and what is wrong with it."""
    if depth(tree) > MOST_DEPTH or size(tree) > MOST_PARTS:
        raise BadFilter(f"It may be {MOST_DEPTH} levels deep and have {MOST_PARTS} conditions and values. Ask for less at once.")
    return rewritten(tree, lambda leaf: _typed(leaf, declared))


def hidden_texts(tree: Filter) -> tuple[str, ...]:
    """The values of fields that documents hold redacted, each once: they have to go through the redactor too."""
    found = (value for leaf in leaves(tree) if _is_hidden(leaf.field) for value in _texts(leaf))
    return tuple(dict.fromkeys(found))


def with_texts(tree: Filter, redacted: Mapping[str, str]) -> Filter:
    """`tree` with those values as redaction leaves them."""

    def replaced(leaf: Leaf) -> Leaf:
        if not isinstance(leaf, In) or not _is_hidden(leaf.field):
            return leaf
        return In(leaf.field, tuple(redacted[value] if isinstance(value, str) else value for value in leaf.values))

    return rewritten(tree, replaced)


def values_of(kind: Kind, raw: Any) -> tuple[Known, ...]:
    """What a version's metadata says in this kind; a list says each of its parts."""
    parts = raw if isinstance(raw, list | tuple) else (raw,)
    return tuple(value for part in parts if (value := _value(kind, part)) is not None)


def _typed(leaf: Leaf, declared: Declared) -> Leaf:
    kind = BUILT_IN.get(leaf.field) or declared.get(leaf.field)
    name = f"`{leaf.field}`" if _PLAIN.fullmatch(leaf.field) else "a name"
    if kind is None:
        known = ", ".join(sorted({*BUILT_IN, *declared}))
        raise BadFilter(f"No field {name} is declared here. There are: {known}. An operator declares more by RETRIEVAL_FIELDS.")
    match leaf:
        case In(field, values):
            return In(field, tuple(_asked(kind, value, name) for value in values))
        case Compare(field, order, value):
            if kind not in ("number", "date"):
                raise BadFilter(f"{name} is a {kind}, which has no order: `{order}` is for numbers and dates.")
            return Compare(field, order, _asked(kind, value, name))
        case Exists():
            return leaf


def _asked(kind: Kind, value: Asked, name: str) -> Asked:
    given: Any = value
    if kind == "date" and isinstance(given, str) and (period := _period(given)) is not None:
        return period
    wanted = {"string": str, "number": int | float, "boolean": bool}
    right = kind in wanted and isinstance(given, wanted[kind]) and (kind == "boolean" or not isinstance(given, bool))
    if not right:
        shown = {"date": "text like 2024-05-01 or 2024-05-01T09:00:00Z", "string": "text", "number": "a number"}
        raise BadFilter(f"{name} is a {kind}: compare it with {shown.get(kind, 'true or false')}.")
    return value


def _period(text: str) -> Period | None:
    moment = _moment(text)
    if moment is None:
        return None
    day = timedelta(days=1, microseconds=-1) if _DAY.fullmatch(text) else timedelta()
    return Period(moment, moment + day)


def _moment(text: str) -> datetime | None:
    """A day stands for its start, a time without a zone for one in UTC."""
    try:
        found = datetime.fromisoformat(text.upper()) if len(text) <= 40 and "-" in text else None
        return None if found is None else found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _value(kind: Kind, raw: Any) -> Known | None:
    match kind:
        case "string":
            return raw if isinstance(raw, str) else None
        case "boolean":
            return raw if isinstance(raw, bool) else None
        case "number":
            fits = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
            number: Known | None = raw if fits else None
            return number
        case "date":
            return _moment(raw) if isinstance(raw, str) else None


def _reader(field: str, declared: Declared) -> Callable[[StoredChunk], Collection[Known]]:
    match field:
        case "source":
            return lambda chunk: (chunk.source,)
        case "document_id":
            return lambda chunk: (chunk.document_name,)
        case "title":
            return lambda chunk: (chunk.title,)
        case "version":
            return lambda chunk: (chunk.version_label,)
        case "media_type":
            return lambda chunk: (chunk.media_type,)
        case "modified_at":
            return lambda chunk: (chunk.modified_at,)
        case _:
            kind = declared[field]
            return lambda chunk: values_of(kind, chunk.custom.get(field))


def _is_hidden(field: str) -> bool:
    """Identifiers and times are no texts of a document: they are stored as they are."""
    return field == TITLE or field not in BUILT_IN


def _texts(leaf: Leaf) -> list[str]:
    return [value for value in leaf.values if isinstance(value, str)] if isinstance(leaf, In) else []
