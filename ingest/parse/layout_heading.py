"""Which paragraphs are headings, and of what level: by type against the body's, over the whole document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.parse.layout_paragraph import Paragraph
from ingest.parse.layout_rows import is_upright

MAX_CHARACTERS = 160
MAX_LINES = 3
MAX_LEVEL = 6
MAX_SENTENCE_WORDS = 8
BODY_SHARE = 0.15
"""Type in which so much of a document is running text is the body's too: notes may be longer than it."""
LARGER = 1.12
"""A heading's type is larger than the body's by this factor, or as large and bold."""
LARGER_HEIGHT = 1.35
"""Heights of boxes say less than sizes of type: they vary with ascenders."""
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_NUMBER = re.compile(r"^(?:chapter|section|appendix|part)?\s*[\dA-Z]{1,2}(?:\.\d{1,2})*[.:]?\s+", re.IGNORECASE)
_ROMAN = re.compile(r"[IVX]{1,5}\.\s+[A-Z][^\d]{2,60}$")
_SENTENCE = re.compile(r"[.,;]$")

Outline = Mapping[tuple[int, str], int]
"""Page, counted from 1, and title to level: what a file's own bookmarks say."""


@dataclass(frozen=True, slots=True)
class Style:
    """The type of most of a document's text. `exact` where sizes are of type and not of boxes' heights."""

    size: float
    bold: bool
    exact: bool


def style_of(paragraphs: Sequence[Paragraph]) -> Style:
    """The body's: the type of most characters."""
    sizes: Counter[float] = Counter()
    bold = total = 0
    for paragraph in paragraphs:
        sizes[round(paragraph.size, 1)] += len(paragraph.text)
        bold += len(paragraph.text) if paragraph.bold else 0
        total += len(paragraph.text)
    exact = any(box.size for paragraph in paragraphs for row in paragraph.rows for box in row)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    running = Counter[float]()
    for paragraph in paragraphs:
        if len(paragraph.rows) > MAX_LINES:
            running[round(paragraph.size, 1)] += len(paragraph.text)
    size = max([size, *(other for other, count in running.items() if count > BODY_SHARE * total)])
    if not exact and sizes:
        size = _middle(sizes)
    return Style(size, 2 * bold > total, exact)


def is_heading(paragraph: Paragraph, body: Style) -> bool:
    if len(paragraph.rows) > MAX_LINES or len(paragraph.text) > MAX_CHARACTERS + MAX_LINES:
        return False
    text = " ".join(paragraph.text.split())
    letters = sum(character.isalpha() for character in text)
    if is_upright(paragraph.rows[0][0]) or len(text) > MAX_CHARACTERS or letters < max(2, 0.4 * len(text.replace(" ", ""))):
        return False
    if body.size and paragraph.size >= body.size * (LARGER if body.exact else LARGER_HEIGHT):
        sentence = text.endswith(".") and len(text.split()) > MAX_SENTENCE_WORDS
        return not sentence and not text.endswith((",", ";")) and (letters >= 4 or body.exact)
    if _ROMAN.match(text) and len(paragraph.rows) == 1 and not _SENTENCE.search(text) and paragraph.size >= 0.95 * body.size:
        return True
    if paragraph.listed and not _NUMBERED.match(text):
        return False
    return paragraph.bold and not body.bold and paragraph.size >= 0.95 * body.size and not _SENTENCE.search(text)


def outlined_levels(paragraphs: Sequence[tuple[int, Paragraph]], outline: Outline) -> dict[Paragraph, int]:
    """Short paragraphs that say on their page what a bookmark of that page says, with or without its number."""
    if not outline:
        return {}
    levels = {(page, _words(title)): level for (page, title), level in outline.items() if _words(title)}
    found: dict[Paragraph, int] = {}
    for page, paragraph in paragraphs:
        if len(paragraph.rows) <= MAX_LINES and len(paragraph.text) <= MAX_CHARACTERS:
            level = levels.get((page, _words(paragraph.text)))
            if level:
                found[paragraph] = min(MAX_LEVEL, level)
    return found


def _words(title: str) -> str:
    return "".join(c for c in _NUMBER.sub("", title.casefold()) if c.isalnum())


def levels_of(headings: Sequence[Paragraph], body: Style) -> dict[Paragraph, int]:
    """Level 1 for the largest type; of one size bold is above plain, and the numbers of a style tell the levels in it."""
    styles: list[tuple[float, bool]] = []
    for size, bold in sorted({(round(heading.size, 1), heading.bold) for heading in headings}, reverse=True):
        if not styles or styles[-1][0] - size > 0.05 * styles[-1][0] or (styles[-1][1] != bold and body.exact):
            styles.append((size, bold))
    levels: dict[Paragraph, int] = {}
    depths: dict[int, int] = {}
    for heading in headings:
        rank = _rank(heading, styles)
        depth = _depth(heading.text)
        if depth:
            depths[rank] = min(depth, depths.get(rank, depth))
    for heading in headings:
        rank = _rank(heading, styles)
        depth = _depth(heading.text)
        levels[heading] = min(MAX_LEVEL, 1 + rank + (depth - depths[rank] if depth else 0))
    return levels


def _rank(heading: Paragraph, styles: Sequence[tuple[float, bool]]) -> int:
    size = round(heading.size, 1)
    return min(
        range(len(styles)),
        key=lambda i: (abs(styles[i][0] - size) > 0.051 * styles[i][0], styles[i][1] != heading.bold, abs(styles[i][0] - size)),
    )


def _depth(text: str) -> int:
    match = _NUMBERED.match(text)
    return match.group(1).count(".") + 1 if match else 0


def _middle(sizes: Counter[float]) -> float:
    half = sum(sizes.values()) / 2
    for size in sorted(sizes):
        half -= sizes[size]
        if half <= 0:
            return size
    return 0.0
