"""The tree of headings of a document, and the pieces of text under each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from index.model import Tokens
from ingest.documents import SEPARATOR, Element
from ingest.sentences import sentence_spans

MAX_DEPTH = 9
CHARACTERS_PER_TOKEN = 16
"""A word of more than 100 letters is a single unknown token to WordPiece: the length bounds a piece too."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that a chunk holds whole: a block, or where a block is too long a sentence, a row, a line or a run of tokens.

    `tokens` is its weight: the tokenizer's count, or more where its words are monsters.
    """

    start: int
    end: int
    tokens: int
    page: int | None


@dataclass(slots=True)
class Section:
    """A heading and what stands under it, in reading order. `heading` is None for the root."""

    heading: Piece | None = None
    text: str = ""
    level: int = 0
    items: list[Piece | Section] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.heading.start if self.heading is not None else self.items[0].start

    @property
    def end(self) -> int:
        section: Section | Piece = self
        while isinstance(section, Section) and section.items:
            section = section.items[-1]
        return section.end if isinstance(section, Piece) else section.heading.end if section.heading is not None else 0

    @property
    def tokens(self) -> int:
        """Of everything in it, its own heading included."""
        own = self.heading.tokens if self.heading is not None else 0
        return own + sum(item.tokens for item in self.items)


def outline(elements: Sequence[Element], text: str, tokens: Tokens, piece_tokens: int, heading_tokens: int) -> Section:
    """The tree over `text`, which is the elements joined. No piece has more than `piece_tokens` tokens.

    A heading of more than `heading_tokens` is no heading: it is a paragraph that somebody set in large type.
    """
    root = Section()
    open_sections = [root]
    start = 0
    for element in elements:
        end = start + len(element.text)
        count = weight(element.text, tokens)
        if element.kind in ("title", "heading") and count <= heading_tokens:
            level = min(max(1, element.level), MAX_DEPTH)
            while open_sections[-1].level >= level:
                open_sections.pop()
            section = Section(Piece(start, end, count, element.page), element.text, level)
            open_sections[-1].items.append(section)
            open_sections.append(section)
        elif count <= piece_tokens:
            open_sections[-1].items.append(Piece(start, end, count, element.page))
        else:
            for a, b in _cut(element, tokens, piece_tokens):
                piece = text[start + a : start + b]
                open_sections[-1].items.append(Piece(start + a, start + b, weight(piece, tokens), element.page))
        start = end + len(SEPARATOR)
    return root


def weight(text: str, tokens: Tokens) -> int:
    """How much of a chunk `text` takes up."""
    return max(tokens.count(text), len(text) // CHARACTERS_PER_TOKEN)


def _cut(element: Element, tokens: Tokens, limit: int) -> list[tuple[int, int]]:
    """The spans of a long element: its rows or lines, else its sentences; what is still too long is cut between tokens."""
    spans = _lines(element.text) if element.kind in ("table", "code") else sentence_spans(element.text)
    cut: list[tuple[int, int]] = []
    for start, end in spans:
        if weight(element.text[start:end], tokens) <= limit:
            cut.append((start, end))
        else:
            cut.extend(_by_tokens(element.text, start, end, tokens, limit))
    return cut


def _lines(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    position = 0
    for line in text.split("\n"):
        if line.strip():
            spans.append((position, position + len(line)))
        position += len(line) + 1
    return spans


def _by_tokens(text: str, start: int, end: int, tokens: Tokens, limit: int) -> list[tuple[int, int]]:
    """Cut text[start:end] between tokens, at white space where some is near. Every other character is in a span."""
    spans: list[tuple[int, int]] = []
    while start < end:
        window = text[start : min(end, start + limit * CHARACTERS_PER_TOKEN)]
        offsets = tokens.offsets(window)
        stop = max(1, offsets[limit][0]) if len(offsets) > limit else len(window)
        if start + stop < end:
            space = max(window.rfind(" ", stop // 2, stop + 1), window.rfind("\n", stop // 2, stop + 1))
            stop = space if space > 0 else stop
        while stop > 1 and weight(window[:stop], tokens) > limit:  # half a word may count for more than the whole did
            stop -= max(1, stop // 20)
        spans.append((start, start + stop))
        start += stop
        while start < end and text[start].isspace():
            start += 1
    return spans
