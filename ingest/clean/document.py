"""A document without the damage of its journey: what pages added goes, what they broke is joined, misread words are mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ingest.clean.characters import flow
from ingest.clean.continued import continued
from ingest.clean.quality import page_scores
from ingest.clean.running import running_heads
from ingest.clean.text import clean_text
from ingest.clean.vocabulary import Vocabulary
from ingest.documents import CleanDocument, Element, ParsedDocument


def clean(document: ParsedDocument) -> CleanDocument:
    """`document` repaired, empty blocks dropped. `repairs` counts by rule what was mended."""
    repairs: Counter[str] = Counter()
    furniture = running_heads(document.elements)
    repairs.update({"running_head": len(furniture)} if furniture else {})
    blocks, joined = continued([e for place, e in enumerate(document.elements) if place not in furniture])
    repairs.update({"continued": joined} if joined else {})
    words = Vocabulary([element.text for element in blocks])
    recognised = {page.page for page in document.pages if page.read_by == "ocr"}
    elements = []
    for element in blocks:
        text = _mend(element, element.confidence is not None or element.page in recognised, words, repairs)
        if text:
            elements.append(replace(element, text=text))
    title = flow(clean_text(document.title, ocr=False, repairs=repairs), lines=False) if document.title else ""
    pages = page_scores(document.pages, _as_read(document.elements), words)
    return CleanDocument(document.source, title or None, tuple(elements), dict(repairs), pages)


def _mend(element: Element, ocr: bool, words: Vocabulary, repairs: Counter[str]) -> str:
    """Code is nobody's sentence: its characters are mended, its words are not."""
    lines = element.kind in ("code", "table")
    typeset = element.page is not None and not lines
    text = clean_text(element.text, ocr=ocr and element.kind != "code", typeset=typeset, words=words, repairs=repairs)
    return flow(text, lines=lines)


def _as_read(elements: Sequence[Element]) -> Sequence[Element]:
    """The page is judged by what OCR gave, before anything is mended."""
    return elements
