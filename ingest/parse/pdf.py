"""A PDF page by page: its text layer where that can be trusted, OCR where not; then one layout over all pages."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from ingest.documents import Element, PageQuality
from ingest.errors import Quarantine
from ingest.parse.box import Page
from ingest.parse.engine import Options, Reading
from ingest.parse.layout import elements_of
from ingest.parse.pdf_ocr import is_blank, is_picture, read_pictures
from ingest.parse.pdf_open import members_of, opened, outline_of, title_of
from ingest.parse.pdf_quality import USABLE, usable
from ingest.parse.pdf_text import TextLayer, read_layer

PDFIUM = threading.RLock()
"""PDFium is not made for threads: one call at a time in a process."""
LONG_CHARACTERS = 200
FEW_CHARACTERS = 150
"""A page with fewer may be a picture with a stamp or a number on it: then the picture is looked for."""


def parse_pdf(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: encrypted, unsupported, corrupt, too_large, bomb, no_text, and what OCR raises."""
    with PDFIUM, opened(data, options) as document:
        layers = _layers(document, options)
        qualities = {layer.page.number: _quality(document, layer) for layer in layers}
        title, outline = title_of(document), outline_of(document)
        members = members_of(document, [layer.page.number - 1 for layer in layers if layer.pinned], options)
        pages = {layer.page.number: layer.page for layer in layers}
        poor = [number - 1 for number, quality in qualities.items() if quality.score < USABLE and pages[number].width > 0]
        poor = [index for index in poor if not is_blank(document, index)]
        missing: Quarantine | None = None
        try:
            for page, quality in read_pictures(document, poor if options.ocr != "none" else [], options):
                if quality.score > qualities[page.number].score:
                    pages[page.number], qualities[page.number] = page, quality
        except Quarantine as bad:
            if bad.reason != "engine_missing":
                raise
            missing = bad  # it costs the pages that need it
            qualities.update({index + 1: PageQuality(index + 1, 0.0, "nothing") for index in poor})
    elements = elements_of([page if qualities[number].score > 0 else _blank(page) for number, page in pages.items()], outline)
    if not elements and missing is not None and not members:
        raise missing
    if not elements and not members:
        hint = "INGEST_OCR is none; set it to rapidocr" if options.ocr == "none" else "OCR found none either; scan it again"
        raise Quarantine("no_text", f"none of its {len(pages)} pages has usable text; {hint}")
    return Reading(title or _first_heading(elements), elements, members, [qualities[number] for number in pages])


def _layers(document: Any, options: Options) -> list[TextLayer]:
    """A page that cannot be loaded is empty; a document of which none can is corrupt."""
    import pypdfium2 as pdfium

    layers: list[TextLayer] = []
    broken = characters = 0
    for index in range(len(document)):
        try:
            layer = read_layer(document, index)
        except pdfium.PdfiumError:
            broken += 1
            layer = TextLayer(Page(index + 1, 0.0, 0.0, ()), 0, 0, 0, False)
        characters += layer.characters
        if characters > options.text_characters:
            raise Quarantine("too_large", f"more than {options.text_characters} characters of text; split it")
        layers.append(layer)
    if broken and broken == len(layers):
        raise Quarantine("corrupt", f"none of its {broken} pages can be loaded; open and save it again in its program")
    return layers


def _quality(document: Any, layer: TextLayer) -> PageQuality:
    text = "\n".join(box.text for box in layer.page.boxes)
    score = usable(text, layer.unmapped / layer.sampled if layer.sampled else 0.0)
    if 0 < layer.characters < FEW_CHARACTERS and is_picture(document, layer.page.number - 1):
        score = min(score, USABLE / 2)
    return PageQuality(layer.page.number, score, "text_layer")


def _blank(page: Page) -> Page:
    return Page(page.number, page.width, page.height, ())


def _first_heading(elements: Sequence[Element]) -> str | None:
    """The largest of those that stand above the first text of some length, else the first."""
    headings: list[Element] = []
    for element in elements:
        if element.kind == "heading":
            headings.append(element)
        elif headings and len(element.text) > LONG_CHARACTERS:
            break
    return min(headings, key=lambda element: element.level).text if headings else None
