"""Documents for the tests of ingest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from catalog.ids import digest_bytes
from ingest.documents import Access, CleanDocument, Element, FileEntry, ParsedDocument, RedactedDocument, SourceDocument
from ingest.sniff import sniff


def source(
    data: bytes, path: str = "a.txt", title: str | None = None, metadata: Mapping[str, Any] | None = None
) -> SourceDocument:
    entry = FileEntry(
        path=path,
        size_bytes=len(data),
        changed_mark="1",
        modified_at=datetime(2024, 5, 1, tzinfo=UTC),
        dated=False,
        document=f"s/{path}",
        version_label="",
        title=title,
        supersedes=(),
        access=Access(),
        metadata=metadata or {},
        line_hash="",
    )
    return SourceDocument(entry, data, digest_bytes(data), sniff(data, path))


def parsed(*elements: Element, title: str | None = None, path: str = "a.txt") -> ParsedDocument:
    return ParsedDocument(source(b"x", path), title, elements)


def cleaned(*elements: Element, title: str | None = None, of: SourceDocument | None = None) -> CleanDocument:
    return CleanDocument(of or source(b"x"), title, elements, {})


def redacted(*elements: Element, title: str = "A title") -> RedactedDocument:
    return RedactedDocument(source(b"x"), title, elements, {}, {})
