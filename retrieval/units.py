"""Where a passage may be cut: between sentences, rows, list items and lines, never inside one.

A line break is a border where a row of a table, an item or a heading begins or ends, or where the next word would still have
fitted: a paragraph whose lines were wrapped is one stretch of sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ROW = re.compile(r"\s*\||.*(?:\t| \| )")
_ALONE = re.compile(r"\s*(?:#{1,6}\s|```|~~~|={3,}\s*$|-{3,}\s*$)|(?: {4}|\t)\s*\S")
_ITEM = re.compile(r"\s*(?:[-*+•‣–]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_WORD = re.compile(r"\S+")
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[]?[^\W_a-z])|[。！？｡]+[」』”）]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|Sec|Art|Abs|vs|etc|cf|ca|e\.g|i\.e|z\.\s?B|d\.\s?h|bzw|usw|p\.\s?ej|M|Mme)\.$"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A half-open span of a text that stays whole. `head` is the first unit of the table that it is a row of, else None."""

    start: int
    end: int
    head: int | None = None


def units(text: str) -> tuple[Unit, ...]:
    """In order, without overlap; every character that is no white space is in exactly one."""
    found: list[Unit] = []
    head: int | None = None
    for start, end, is_row in _stretches(text):
        if is_row:
            head = len(found) if head is None else head
            found += (Unit(a, b, head) for a, b in _trimmed(text, start, end))
        else:
            head = None
            found.extend(Unit(a, b) for a, b in _sentences(text, start, end))
    return tuple(found)


def _stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """Rows and lines that stand alone, each by itself, and runs of wrapped lines; and whether it is a row of a table."""
    lines = list(_lines(text))
    widths = _widths(text, lines)
    at = 0
    while at < len(lines):
        start, end = lines[at]
        is_row = bool(_ROW.match(text, start, end))
        if not is_row and not _ALONE.match(text, start, end):
            while at + 1 < len(lines) and _goes_on(text, lines[at], lines[at + 1], widths[at]):
                at += 1
        yield start, lines[at][1], is_row
        at += 1


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the lines that hold something, without white space at their ends."""
    position = 0
    for line in text.split("\n"):
        if line.strip():
            yield position, position + len(line.rstrip())
        position += len(line) + 1


def _widths(text: str, lines: list[tuple[int, int]]) -> list[int]:
    """For each line, the longest of those that no blank line parts it from."""
    widths: list[int] = []
    while len(widths) < len(lines):
        first = last = len(widths)
        while last + 1 < len(lines) and text.count("\n", lines[last][1], lines[last + 1][0]) == 1:
            last += 1
        widths += [max(b - a for a, b in lines[first : last + 1])] * (last + 1 - first)
    return widths


def _goes_on(text: str, line: tuple[int, int], after: tuple[int, int], width: int) -> bool:
    """Whether `after` only wraps what `line` began: its first word would not have fitted."""
    if text.count("\n", line[1], after[0]) > 1:
        return False
    if any(kind.match(text, *after) for kind in (_ROW, _ALONE, _ITEM)):
        return False
    word = _WORD.search(text, *after)
    return word is not None and line[1] - line[0] + 1 + len(word.group()) > width


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for border in _END.finditer(text, start, end):
        if _ABBREVIATION.search(text, max(start, border.end() - 8), border.end()):
            continue
        yield from _trimmed(text, start, border.end())
        start = border.end()
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())
