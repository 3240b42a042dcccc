"""From boxes on pages to the elements of a document, in reading order. Text layers of PDFs and OCR are read by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.documents import Element
from ingest.parse.box import Page, TextBox
from ingest.parse.layout_cut import Block, Table, cut
from ingest.parse.layout_heading import Outline, Style, is_heading, levels_of, outlined_levels, style_of
from ingest.parse.layout_paragraph import Paragraph, goes_on, paragraphs_of
from ingest.parse.layout_rows import is_rtl, is_upright, join_labels
from ingest.parse.layout_running import without_running
from ingest.parse.table import rows_to_text


def read_order(page: Page) -> list[Block]:
    """The blocks of a page as they are read. Every box that holds text is in exactly one; text that stands upright comes last."""
    boxes = [box for box in page.boxes if box.text.strip()]
    upright = [box for box in boxes if is_upright(box)]
    level = join_labels([box for box in boxes if not is_upright(box)])
    rtl = is_rtl(level)
    blocks = cut(level, rtl)
    for box in upright:
        blocks.extend(cut([box], rtl))
    return blocks


def elements_of(pages: Sequence[Page], outline: Outline | None = None) -> list[Element]:
    """Headings, paragraphs, list items and tables of a document, without running heads and feet.

    Levels of headings are told over all pages: by `outline` where it names them, else by type.
    """
    read: list[tuple[int, Table | Paragraph]] = []
    for page in without_running(pages):
        for block in read_order(page):
            if isinstance(block, Table):
                read.append((page.number, block))
            else:
                read.extend((page.number, paragraph) for paragraph in paragraphs_of(block.rows))
    read = _continued(read)
    paragraphs = [block for _, block in read if isinstance(block, Paragraph)]
    body = style_of(paragraphs)
    outlined = outlined_levels([(number, p) for number, p in read if isinstance(p, Paragraph)], outline or {})
    headings = [p for p in paragraphs if p in outlined or is_heading(p, body)]
    levels = levels_of(headings, body) | outlined
    return [_element(block, number, body, levels) for number, block in read]


def _continued(read: Sequence[tuple[int, Table | Paragraph]]) -> list[tuple[int, Table | Paragraph]]:
    """A sentence that goes on at the top of the next column is one paragraph again."""
    joined: list[tuple[int, Table | Paragraph]] = []
    for number, block in read:
        if joined and isinstance(block, Paragraph):
            before, last = joined[-1]
            if before == number and isinstance(last, Paragraph) and goes_on(last, block):
                joined[-1] = (number, replace(last, rows=(*last.rows, *block.rows), text=f"{last.text}\n{block.text}"))
                continue
        joined.append((number, block))
    return joined


def _element(block: Table | Paragraph, number: int, body: Style, levels: dict[Paragraph, int]) -> Element:
    if isinstance(block, Table):
        return Element("table", rows_to_text(block.cells), 0, number, _confidence(block.boxes))
    confidence = _confidence([box for row in block.rows for box in row])
    level = levels.get(block, 0)
    if level:
        return Element("heading", " ".join(block.text.split()), level, number, confidence)
    return Element("list_item" if block.listed else "paragraph", block.text, 0, number, confidence)


def _confidence(boxes: Sequence[TextBox]) -> float | None:
    """The mean of what is known, each box weighed by its length."""
    known = [(box.confidence, len(box.text)) for box in boxes if box.confidence is not None]
    return sum(value * size for value, size in known) / sum(size for _, size in known) if known else None
