"""The one door to `RedactedDocument`: every text of a document that will be stored goes through the redactor here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from catalog.findings import Finding, Findings
from catalog.ids import TenantId
from ingest.clean import clean_text
from ingest.documents import CleanDocument, Element, RedactedDocument
from ingest.errors import collision
from privacy.errors import PseudonymCollision
from privacy.original import Original, originals
from privacy.pseudonym import normal_value
from privacy.redactor import Redactor
from privacy.span import Redaction

TITLE_CHARACTERS = 500


def redact(document: CleanDocument, redactor: Redactor, tenant_id: TenantId, *, with_originals: bool = False) -> RedactedDocument:
    """`document` with the personal data of its title, blocks and metadata values replaced. Names of metadata fields stay.

    `with_originals`: for a vault. Raises `Quarantine` when two values of the document have one pseudonym.
    """
    title = title_of(document)
    metadata = document.source.entry.metadata
    texts = [title, *(element.text for element in document.elements), *_strings(metadata)]
    unique = list(dict.fromkeys(texts))
    done = dict(zip(unique, redactor.redact(tenant_id, unique), strict=True))
    counts = Counter((span.label, span.by) for text in texts for span in done[text].found)
    elements = (Element(e.kind, done[e.text].text, e.level, e.page) for e in document.elements)
    return RedactedDocument(
        source=document.source,
        title=done[title].text,
        elements=tuple(element for element in elements if element.text.strip()),
        metadata=_replaced(metadata, {text: result.text for text, result in done.items()}),
        findings=Findings(redactor.policy_id, tuple(sorted(Finding(*of, count) for of, count in counts.items()))),
        originals=_originals(done) if with_originals else (),
    )


def _originals(done: Mapping[str, Redaction]) -> tuple[Original, ...]:
    """One for each pseudonym, as it was first spelled."""
    first: dict[str, Original] = {}
    for redaction in done.values():
        for original in originals(redaction):
            held = first.setdefault(original.pseudonym, original)
            if normal_value(held.entity, held.value) != normal_value(original.entity, original.value):
                raise collision(PseudonymCollision(original.pseudonym))
    return tuple(first.values())


def title_of(document: CleanDocument) -> str:
    """The manifest's title, else the file's own, else its first heading before any other text, else the file's name."""
    first = document.elements[0] if document.elements else None
    heading = first.text if first is not None and first.kind in ("title", "heading") else None
    path = PurePosixPath(document.source.entry.path)
    for candidate in (document.source.entry.title, document.title, heading, path.stem.replace("_", " "), path.name):
        text = " ".join(clean_text(candidate or "", ocr=False).split())
        if text:
            return text[:TITLE_CHARACTERS]
    return path.name


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _strings(inner)]
    return []


def _replaced(value: Any, by: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return by[value]
    if isinstance(value, Mapping):
        return {name: _replaced(inner, by) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, by) for inner in value]
    return value
