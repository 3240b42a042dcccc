"""Under which name an answer is kept: a keyed digest of everything that it depends on. Equal names, equal answers.

Whatever a field of `Query` comes to be, it is in the name: every field of every value is told, and a value of a kind that is not
known here raises `TypeError` instead of being left out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.ids import TenantId
from retrieval.kept import FORMAT
from retrieval.query import Query
from retrieval.screening import Policy

NAME_CHARACTERS = 40
QUESTION = frozenset(("text", "asked", "names"))
"""The fields in which questions that ask the same may differ."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is searched, for whom: the tenant, a digest of the readable labels, the corpus at one epoch, the index, the model."""

    tenant_id: TenantId
    labels: str
    corpus_epoch: int
    collection: str
    model: str


def entry_name(key: bytes, place: Place, query: Query, policy: Policy) -> str:
    """The name of the answer to `query`. Without the key nobody can try a question against it."""
    return _name(key, "entry", place, told(query), policy)


def bucket_name(key: bytes, place: Place, query: Query, policy: Policy) -> str:
    """The same for all questions that are asked of the same place, in the same way."""
    return _name(key, "bucket", place, told(query, QUESTION), policy)


def is_timeless(query: Query) -> bool:
    """Whether the answer stays the same while nothing changes: ages that are counted to now do not stay."""
    return query.decay is None or query.when.at is not None


def told(value: Any, without: frozenset[str] = frozenset()) -> Any:
    """`value` as JSON can write it, in one way alone. Raises `TypeError` for a kind of value that has no such way yet."""
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, datetime):
        return {"datetime": value.astimezone(UTC).isoformat()}
    if isinstance(value, tuple):
        return [told(part) for part in value]
    if isinstance(value, Mapping):
        return {"mapping": sorted([str(name), told(part)] for name, part in value.items())}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: told(getattr(value, field.name)) for field in fields(value) if field.name not in without}
        return {type(value).__name__: parts}
    raise TypeError(f"{type(value).__name__} has no place in the name of a kept answer yet: tell it here")


def _name(key: bytes, kind: str, place: Place, query: Any, policy: Policy) -> str:
    content = json.dumps([FORMAT, kind, told(place), query, policy], sort_keys=True, separators=(",", ":"))
    return hmac.new(key, content.encode("ascii"), hashlib.sha256).hexdigest()[:NAME_CHARACTERS]
