"""Shorthand for tests that read one file."""

from __future__ import annotations

import pytest

from ingest.documents import ParsedDocument
from ingest.errors import Quarantine, Reason
from ingest.parse.engine import Options
from ingest.parse.parse import parse
from tests.unit.ingest.documents import source


def read(data: bytes | str, path: str, options: Options | None = None) -> ParsedDocument:
    return parse(source(data.encode() if isinstance(data, str) else data, path), options or Options())


def shape(document: ParsedDocument) -> list[tuple[str, int, str]]:
    return [(e.kind, e.level, e.text) for e in document.elements]


def text_of(document: ParsedDocument) -> str:
    return "\n".join(element.text for element in document.elements)


def reason(data: bytes | str, path: str, options: Options | None = None) -> Reason:
    with pytest.raises(Quarantine) as refused:
        read(data, path, options)
    return refused.value.reason
