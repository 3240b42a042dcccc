"""JSON and JSON lines as a reader would write them down: `name: value` lines, equal records as a table.

unstructured reads only its own elements out of JSON: those give their text here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import GROUP_TOKENS, elements_of_grid, tokens_of

PROSE = 200
"""Characters from which a value is a paragraph of its own."""
_KINDS = {"ListItem": "list_item", "Table": "table", "CodeSnippet": "code"}


def parse_json(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine` corrupt for what is neither JSON nor JSON lines."""
    text = decode(data).strip()
    try:
        value = json.loads(text)
    except RecursionError:
        raise Quarantine("corrupt", "it is nested deeper than any program writes; flatten it") from None
    except ValueError:
        value = [json.loads(line) for line in text.split("\n") if line.strip()]
    return Reading(None, list(_elements(value)))


def _elements(value: Any) -> Iterator[Element]:
    records = value if isinstance(value, list) else [value]
    if records and all(isinstance(r, dict) and isinstance(r.get("text"), str) and "element_id" in r for r in records):
        for record in records:
            if record.get("type") == "Title":
                depth = record.get("metadata", {}).get("category_depth") if isinstance(record.get("metadata"), dict) else 0
                yield Element("heading", record["text"], depth + 1 if isinstance(depth, int) else 1)
            else:
                yield Element(_KINDS.get(record.get("type", ""), "paragraph"), record["text"])  # type: ignore[arg-type]
        return
    if len(records) > 1 and all(_is_flat(record) for record in records):
        names = list(dict.fromkeys(name for record in records for name in record))
        if sum(len(record) for record in records) >= 0.7 * len(names) * len(records):
            yield from elements_of_grid([names, *([_said(r.get(n)) for n in names] for r in records)], parted=False, last=True)
            return
    for record in records:
        yield from _lines(record)


def _is_flat(record: Any) -> bool:
    return isinstance(record, dict) and bool(record) and not any(
        isinstance(v, dict | list) or (isinstance(v, str) and len(v) > PROSE) for v in record.values()
    )  # fmt: skip


def _lines(record: Any) -> Iterator[Element]:
    """The leaves of one record, `path.to.name: value`, some lines to an element."""
    group: list[str] = []
    filled = 0
    for path, value in _leaves(record, ()):
        line = f"{'.'.join(path)}: {value}" if path else value
        size = tokens_of(line)
        if group and (filled + size > GROUP_TOKENS or len(value) > PROSE):
            yield Element("table", "\n".join(group))
            group, filled = [], 0
        if len(value) > PROSE:
            yield Element("paragraph", line)
            continue
        group.append(line)
        filled += size
    if group:
        yield Element("table", "\n".join(group))


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(value, list):
        if value and all(not isinstance(v, dict | list) for v in value):
            yield path, ", ".join(said for v in value if (said := _said(v)))
        else:
            for inner in value:
                yield from _leaves(inner, path)
    elif said := _said(value):
        yield path, said


def _said(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
    return str(value)
