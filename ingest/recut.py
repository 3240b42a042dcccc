"""Another cutter, or another length of chunks: documents are cut anew from their stored, redacted text, not from their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import cast

from catalog.ids import DocumentKey, VersionId
from catalog.session import reading, transaction
from catalog.sources import status_rule
from catalog.vault import copy_uses
from catalog.versions import NewVersion, stored_version, versions_of
from ingest.absorb import keep
from ingest.chunk import chunk
from ingest.documents import SEPARATOR, Access, Element, ElementKind, FileEntry, RedactedDocument, SourceDocument
from ingest.resolve import held
from ingest.run import Run, Tools


def recut(tools: Tools, run: Run, key: DocumentKey) -> None:
    """Store each version of the document that ever held once more, in the chunks of today's cutter. None of it is served yet."""
    for version_id in _due(tools, run, key):
        with reading(tools.catalog) as read:
            stored = stored_version(read, key, version_id)
        if stored is None:
            continue
        chunks = chunk(_document(stored), tools.embedder.tokens, run.stages.max_tokens)
        with transaction(tools.catalog) as write:
            run.hold(write)
            copy_uses(write, key.tenant_id, version_id, keep(write, key, replace(stored, cutting=run.stages.cutting), chunks))


def _due(tools: Tools, run: Run, key: DocumentKey) -> list[VersionId]:
    with reading(tools.catalog) as read:
        versions = versions_of(read, key)
        spans = held(versions, status_rule(read, key.tenant_id, run.target.source_id))
    return [version.id for version in versions if version.id in spans and version.cutting != run.stages.cutting]


def _document(stored: NewVersion) -> RedactedDocument:
    """The document as it was when it had been redacted."""
    entry = FileEntry(
        path=stored.path,
        size_bytes=0,
        changed_mark="",
        modified_at=stored.modified_at,
        dated=True,
        document="",
        version_label=stored.version_label,
        title=None,
        supersedes=stored.supersedes,
        access=Access(),
        metadata=stored.custom,
        line_hash="",
    )
    source = SourceDocument(entry, b"", stored.content_hash, stored.media_type)
    return RedactedDocument(source, stored.title, tuple(_elements(stored)), stored.custom, stored.findings)


def _elements(stored: NewVersion) -> Iterator[Element]:
    starts = accumulate((length + len(SEPARATOR) for _, length, _, _ in stored.outline), initial=0)
    for start, (kind, length, level, page) in zip(starts, stored.outline, strict=False):
        yield Element(cast(ElementKind, kind), stored.text[start : start + length], level, page)
