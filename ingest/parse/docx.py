"""Word documents, by unstructured: headings by style, list labels as Word counts them, tables and pages in place."""

from __future__ import annotations

import io
from typing import Any

from ingest.documents import Element, ElementKind
from ingest.parse.docx_flat import flat
from ingest.parse.drawing import drawing_texts
from ingest.parse.engine import Options, Reading
from ingest.parse.offline import prepare_unstructured
from ingest.parse.ooxml import transitional
from ingest.parse.table import rows_of_html
from ingest.parse.zipped import open_zip

_LEFT_OUT = frozenset({"Header", "Footer", "PageBreak", "PageNumber", "Image"})


def parse_docx(data: bytes, options: Options) -> Reading:
    """Running headers and footers are left out, unless there is nothing else. Raises `Quarantine`."""
    with open_zip(data, options) as archive:
        drawn = [Element("paragraph", text) for text in drawing_texts(archive, "word/", ("diagrams/data", "charts/chart"))]
        data = transitional(data, archive)
    data = flat(data)
    prepare_unstructured()
    from unstructured.partition.docx import partition_docx

    blocks = partition_docx(file=io.BytesIO(data), languages=["eng"])  # told, for guessing it takes a third of the time
    elements = [_element(block) for block in blocks if block.category not in _LEFT_OUT]
    if not any(element.text.strip() for element in elements):
        elements = [Element("paragraph", block.text) for block in blocks if block.category in ("Header", "Footer")]
    return Reading(None, elements + drawn)


def _element(block: Any) -> Element:
    page = block.metadata.page_number
    if block.category == "Table":
        return Element("table", rows_of_html(block.metadata.text_as_html) or block.text, 0, page)
    if block.category == "Title":
        return Element("heading", block.text.strip(), (block.metadata.category_depth or 0) + 1, page)
    kinds: dict[str, ElementKind] = {"ListItem": "list_item", "CodeSnippet": "code"}
    return Element(kinds.get(block.category, "paragraph"), block.text.strip(), 0, page)
