"""OpenDocument texts, sheets and slides, by lxml from their content.xml. unstructured converts texts twice, by pandoc and by
docx, which takes ten times as long, and reads neither sheets nor slides.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import elements_of_grid
from ingest.parse.table import rows_to_text
from ingest.parse.xlsx import Budget, named
from ingest.parse.zipped import open_zip

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
TEXT = f"{{{_NS}text:1.0}}"
TABLE = f"{{{_NS}table:1.0}}"
DRAW = f"{{{_NS}drawing:1.0}}"
OFFICE = f"{{{_NS}office:1.0}}"
SHOW = f"{{{_NS}presentation:1.0}}"
_SKIPPED = {
    f"{TEXT}tracked-changes", f"{TEXT}note-citation", f"{OFFICE}annotation", f"{OFFICE}forms", f"{TEXT}sequence-decls",
    f"{TEXT}variable-decls", f"{TEXT}user-field-decls", f"{SHOW}settings", f"{OFFICE}annotation-end",
    f"{TABLE}calculation-settings", f"{TABLE}content-validations", f"{TABLE}shapes", f"{TABLE}tracked-changes",
}  # fmt: skip
MOST_REPEATS = 1_000
"""Cells and rows that repeat more often than this are the rest of an empty sheet."""
MAX_DEPTH = 100


@dataclass(slots=True)
class _Writer:
    elements: list[Element] = field(default_factory=list)
    page: int | None = None
    depth: int = 0


def parse_odf(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: encrypted, bomb, too_large, corrupt."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
    with open_zip(data, options) as archive:
        _check_open(archive)
        root = etree.fromstring(archive.read("content.xml"), parser)
        title = _title(archive, parser)
    body = root.find(f"{OFFICE}body") if root is not None else None
    if body is None or not len(body):
        raise Quarantine("corrupt", "it has no body; open and save it again in its program")
    writer = _Writer()
    if body[0].tag == f"{OFFICE}spreadsheet":
        _sheets(body[0], writer, Budget(options.cells))
    elif body[0].tag == f"{OFFICE}presentation":
        for number, slide in enumerate(body[0].iterchildren(f"{DRAW}page"), 1):
            writer.page = number
            _blocks(slide, writer)
    else:
        _blocks(body[0], writer)
    return Reading(title, writer.elements)


def _check_open(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Quarantine("encrypted", "it is protected by a password; save it without one")
    if "content.xml" not in names:
        raise Quarantine("corrupt", "its content is missing; open and save it again in its program")


def _title(archive: zipfile.ZipFile, parser: Any) -> str | None:
    from lxml import etree

    if "meta.xml" not in archive.namelist():
        return None
    root = etree.parse(io.BytesIO(archive.read("meta.xml")), parser).getroot()
    stated = root.find(".//{http://purl.org/dc/elements/1.1/}title") if root is not None else None
    return stated.text if stated is not None else None


def _blocks(node: Any, writer: _Writer, label: str = "") -> None:
    """Each block below `node` in order; `label` marks the first one of a list item."""
    writer.depth += 1
    if writer.depth > MAX_DEPTH:
        raise Quarantine("corrupt", "it is nested deeper than any program writes; save it again")
    for child in node:
        tag = child.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            continue
        if tag == f"{TEXT}h":
            level = child.get(f"{TEXT}outline-level", "1")
            _put(writer, child, "heading", int(level) if level.isdigit() else 1)
        elif tag == f"{TEXT}p":
            style = child.get(f"{TEXT}style-name", "")
            if writer.page is None and not label and style in ("Title", "Subtitle"):
                _put(writer, child, "heading", 1 if style == "Title" else 2)
            else:
                _put(writer, child, "list_item" if label else "paragraph", 0, label)
        elif tag == f"{TEXT}list":
            for item in child:
                if isinstance(item.tag, str):
                    _blocks(item, writer, "- ")
        elif tag == f"{TABLE}table":
            for element in elements_of_grid([row for _, row in _grid(child)], writer.page, parted=False):
                writer.elements.append(element)
        elif tag == f"{DRAW}frame" and child.get(f"{SHOW}class") in ("title", "subtitle"):
            words = rows_to_text([[" ".join(_words(p) for p in child.iter(f"{TEXT}p"))]])
            if words:
                writer.elements.append(Element("heading", words, 1 if child.get(f"{SHOW}class") == "title" else 2, writer.page))
        else:
            _blocks(child, writer, label)
    writer.depth -= 1


def _put(writer: _Writer, node: Any, kind: Any, level: int, label: str = "") -> None:
    text = " ".join(_words(node).split())
    if text:
        writer.elements.append(Element(kind, label + text, level, writer.page))
    for box in _boxes(node):
        _blocks(box, writer)


def _boxes(node: Any) -> Iterator[Any]:
    """Text boxes and notes that are anchored in a paragraph, outermost first: they are read behind it."""
    for child in node:
        if child.tag in (f"{DRAW}text-box", f"{TEXT}note-body", f"{DRAW}custom-shape"):
            yield child
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
            yield from _boxes(child)


def _words(node: Any) -> str:
    parts = [node.text or ""]
    for child in node:
        tag = child.tag
        if tag == f"{TEXT}s":
            count = child.get(f"{TEXT}c", "1")
            parts.append(" " * min(int(count) if count.isdigit() else 1, 100))
        elif tag in (f"{TEXT}tab", f"{TEXT}line-break"):
            parts.append(" ")
        elif (
            isinstance(tag, str)
            and tag not in _SKIPPED
            and tag not in (f"{DRAW}text-box", f"{TEXT}note-body", f"{DRAW}custom-shape")
        ):
            parts.append(_words(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _sheets(book: Any, writer: _Writer, budget: Budget) -> None:
    sheets = list(book.iterchildren(f"{TABLE}table"))
    for number, sheet in enumerate(sheets, 1):
        rows = []
        for count, row in _grid(sheet):
            budget.spend(count * sum(bool(cell) for cell in row))
            rows += [row] * count
        found = list(elements_of_grid(rows, number, last=True))
        if found:
            writer.elements += named(sheet.get(f"{TABLE}name", ""), found, number, len(sheets))


def _grid(table: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows of cells, with how often each stands there in a row."""
    for row in table.iter(f"{TABLE}table-row"):
        if next((a for a in row.iterancestors(f"{TABLE}table")), None) is not table:
            continue
        cells: list[str] = []
        for cell in row.iterchildren(f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            paragraphs = [
                p for p in cell.iter(f"{TEXT}p", f"{TEXT}h") if not any(True for _ in p.iterancestors(f"{OFFICE}annotation"))
            ]
            text = " ".join(" ".join(_words(p) for p in paragraphs).split())
            count = _repeats(cell.get(f"{TABLE}number-columns-repeated"))
            cells += [text] * (count if text else min(count, MOST_REPEATS))
        while cells and not cells[-1]:
            cells.pop()
        count = _repeats(row.get(f"{TABLE}number-rows-repeated"))
        yield (count if any(cells) else 1), cells


def _repeats(stated: str | None) -> int:
    return min(int(stated), MOST_REPEATS) if stated and stated.isdigit() else 1
