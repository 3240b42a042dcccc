"""PowerPoint slides, by python-pptx: title, text in reading order with its lists, tables, charts, SmartArt, speaker's notes.

unstructured, on the same library, leaves out charts, SmartArt and notes, misplaces what is grouped, and refuses Strict files.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ingest.documents import Element
from ingest.parse.drawing import drawing_texts
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import elements_of_grid
from ingest.parse.ooxml import transitional
from ingest.parse.zipped import open_zip

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MAX_DEPTH = 20


def parse_pptx(data: bytes, options: Options) -> Reading:
    """A slide is a page. Raises `Quarantine`."""
    import pptx

    with open_zip(data, options) as archive:
        diagrams = list(drawing_texts(archive, "ppt/", ("diagrams/data",)))
        data = transitional(data, archive)
    deck = pptx.Presentation(io.BytesIO(data))
    elements: list[Element] = []
    for number, slide in enumerate(deck.slides, 1):
        title = slide.shapes.title
        for shape in _ordered(slide.shapes, title):
            elements.extend(_shape(shape, title, number, 0))
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
            elements.extend(_lines(frame, number, ""))
    elements += [Element("paragraph", text) for text in diagrams]
    return Reading(deck.core_properties.title, elements)


def _ordered(shapes: Any, title: Any) -> list[Any]:
    """The title first, then from top to bottom and left to right; a group keeps its place and its own order."""
    first = title.shape_id if title is not None else None
    return sorted(shapes, key=lambda s: (s.shape_id != first, s.top or 0, s.left or 0))


def _shape(shape: Any, title: Any, page: int, depth: int) -> Iterator[Element]:
    if hasattr(shape, "shapes"):
        if depth < MAX_DEPTH:
            for inner in _ordered(shape.shapes, None):
                yield from _shape(inner, None, page, depth + 1)
    elif getattr(shape, "has_table", False):
        rows = [[_cell(cell) for cell in row.cells] for row in shape.table.rows]
        yield from elements_of_grid(rows, page, parted=False)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, page)
    elif shape.has_text_frame:
        if title is not None and shape.shape_id == title.shape_id:
            words = " ".join(" ".join(_words(p) for p in shape.text_frame.paragraphs).split())
            if words:
                yield Element("heading", words, 1, page)
        else:
            yield from _lines(shape.text_frame, page, "- ")


def _lines(frame: Any, page: int, bullet: str) -> Iterator[Element]:
    """A paragraph of a text frame is a line. It is a list item where it has a bullet of its own or is indented."""
    for paragraph in frame.paragraphs:
        text = " ".join(_words(paragraph).split())
        if not text:
            continue
        properties = paragraph._p.pPr
        marked = properties is not None and any(
            properties.find(f"{_A}{mark}") is not None for mark in ("buChar", "buAutoNum", "buBlip")
        )
        is_item = bool(bullet) and (marked or paragraph.level > 0)
        yield Element("list_item" if is_item else "paragraph", (bullet if is_item else "") + text, 0, page)


def _words(paragraph: Any) -> str:
    """Its runs, fields and equations: python-pptx's own text leaves out the last two."""
    parts = []
    for node in paragraph._p.iter():
        if not isinstance(node.tag, str):
            continue
        name = node.tag.rpartition("}")[2]
        if name == "t" and node.text:
            parts.append(node.text)
        elif name in ("br", "tab"):
            parts.append(" ")
    return "".join(parts).replace("\x0b", " ")


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else " ".join(_words(p) for p in cell.text_frame.paragraphs)


def _chart(chart: Any, page: int) -> Iterator[Element]:
    """Its title and its figures as a table: categories down, series across."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield from _lines(chart.chart_title.text_frame, page, "")
    try:
        plot = chart.plots[0]
        categories = [str(category.label if hasattr(category, "label") else category) for category in plot.categories]
        series = [(one.name or "", list(one.values)) for one in plot.series]
    except (IndexError, KeyError, AttributeError, NotImplementedError, ValueError, TypeError):
        return  # a chart whose figures lie elsewhere
    rows = [["", *(name for name, _ in series)]]
    for i, category in enumerate(categories):
        values = [figures[i] if i < len(figures) else None for _, figures in series]
        rows.append([category, *("" if value is None else f"{value:g}" for value in values)])
    if len(rows) > 1:
        yield from elements_of_grid(rows, page, parted=False)
