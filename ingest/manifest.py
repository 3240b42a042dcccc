"""The source manifest: one JSON object a line, one line a file. One with a fault is refused whole, with its faults named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from acl.errors import BadPrincipal
from acl.principal import Name
from acl.principal import parse as parse_principal
from ingest.errors import BadManifest
from ingest.sources import MANIFEST, PATH_CHARACTERS, is_inside

MAX_FAULTS = 20
DOCUMENT_CHARACTERS = 1000
VERSION_CHARACTERS = 200
PASSWORD_CHARACTERS = 1000
FIELDS = ("path", "document", "version", "modified_at", "title", "supersedes", "allow", "deny", "metadata", "password")


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """What one line says. `allow` None takes the folder's access; an empty set is nobody."""

    number: int
    path: str
    document: str | None = None
    version: str = ""
    modified_at: datetime | None = None
    title: str | None = None
    supersedes: tuple[str, ...] = ()
    allow: frozenset[Name] | None = None
    deny: frozenset[Name] = frozenset()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)


class _Fault(Exception):
    """A field that cannot be understood; its message names the field."""


def parse_manifest(data: bytes, name: str = MANIFEST) -> tuple[ManifestLine, ...]:
    """The lines of a manifest, in order. Raises `BadManifest` naming the line and the field of up to 20 faults."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadManifest(f"{name} cannot be used, nothing was ingested. Line {line}: it is not UTF-8.") from None
    lines: list[ManifestLine] = []
    faults: list[str] = []
    first_seen: dict[str, int] = {}
    for number, row in enumerate(text.split("\n"), 1):
        if not row.strip():
            continue
        try:
            found = _line(number, row)
            if found.path in first_seen:
                raise _Fault(f"`path`: {found.path!r} stands on line {first_seen[found.path]} already")
            first_seen[found.path] = number
            lines.append(found)
        except _Fault as fault:
            faults.append(f"Line {number}: {fault}.")
    if faults:
        more = f" And {len(faults) - MAX_FAULTS} more." if len(faults) > MAX_FAULTS else ""
        raise BadManifest(f"{name} cannot be used, nothing was ingested. {' '.join(faults[:MAX_FAULTS])}{more}")
    return tuple(lines)


def _line(number: int, row: str) -> ManifestLine:
    try:
        value = json.loads(row, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise _Fault(f"it is not JSON (column {error.colno})") from None
    except RecursionError:
        raise _Fault("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise _Fault("it is no JSON object")
    unknown = sorted(set(value) - set(FIELDS))
    if unknown:
        raise _Fault(f"unknown field {', '.join(f'`{u}`' for u in unknown)}; known are {', '.join(FIELDS)}")
    _storable("the line", value)
    if "path" not in value:
        raise _Fault("`path` is missing")
    path = _text(value, "path", PATH_CHARACTERS)
    if path is None or not is_inside(path):
        raise _Fault("`path` must be relative to the source, with slashes, without `.` and `..` steps")
    return ManifestLine(
        number=number,
        path=path,
        document=_text(value, "document", DOCUMENT_CHARACTERS),
        version=_text(value, "version", VERSION_CHARACTERS, empty=True) or "",
        modified_at=_moment(value),
        title=_text(value, "title", None),
        supersedes=tuple(_texts(value, "supersedes")),
        allow=_principals(value, "allow"),
        deny=_principals(value, "deny") or frozenset(),
        metadata=_metadata(value),
        password=_password(value),
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Fault("a field stands in it twice")
    return value


def _constant(name: str) -> Any:
    raise _Fault(f"{name} is no JSON")


def _storable(field: str, value: Any) -> None:
    """No string may hold what no database holds: zero characters, halves of surrogate pairs."""
    match value:
        case str():
            if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
                raise _Fault(f"{field} holds a zero character or half a surrogate pair")
        case dict():
            for key, inner in value.items():
                _storable(field, key)
                _storable(f"`{key}`", inner)
        case list():
            for inner in value:
                _storable(field, inner)


def _text(value: dict[str, Any], field: str, limit: int | None, *, empty: bool = False) -> str | None:
    if field not in value:
        return None
    text = value[field]
    if not isinstance(text, str) or not (text.strip() or empty):
        raise _Fault(f"`{field}` must be a string{'' if empty else ' that is not empty'}")
    if limit is not None and len(text) > limit:
        raise _Fault(f"`{field}` is longer than {limit} characters")
    return text


def _texts(value: dict[str, Any], field: str) -> list[str]:
    texts = value.get(field, [])
    if not isinstance(texts, list) or not all(isinstance(t, str) and t.strip() for t in texts):
        raise _Fault(f"`{field}` must be a list of strings")
    return texts


def _principals(value: dict[str, Any], field: str) -> frozenset[Name] | None:
    if field not in value:
        return None
    try:
        return frozenset(parse_principal(text) for text in _texts(value, field))
    except BadPrincipal as error:
        raise _Fault(f"`{field}`: {str(error).rstrip('.')}") from None


def _moment(value: dict[str, Any]) -> datetime | None:
    text = _text(value, "modified_at", 40)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Fault("`modified_at` must be an ISO 8601 time with its zone, like 2024-05-01T09:00:00Z")


def _password(value: dict[str, Any]) -> str | None:
    """It may hold white space at its ends, or be nothing else. No message shows it."""
    password = value.get("password")
    if password is None or (isinstance(password, str) and 0 < len(password) <= PASSWORD_CHARACTERS):
        return password
    raise _Fault(f"`password` must be a string of 1 to {PASSWORD_CHARACTERS} characters")


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    metadata = value.get("metadata", {})
    if not isinstance(metadata, dict):
        raise _Fault("`metadata` must be an object")
    return metadata
