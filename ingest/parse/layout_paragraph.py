"""Lines of a column become paragraphs and list items: by distance, indentation, type and bullets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.parse.layout_rows import Row, text_of

BULLET = re.compile(
    r"(?:[\u2022\u25aa\u25ab\u25cf\u25cb\u25e6\u2023\u2043\u27a2\u2714\uf000-\uf0ff*\u2013\u2014-]\s*(?=\S)|\(?\d{1,3}[.)]\s+|\(?[a-zA-Z][.)]\s+|\(?[ivx]{1,5}[.)]\s+)\S"
)
_DASHED = re.compile(r"[\u2013\u2014*-]\S")  # a dash that touches its word begins no item
_END = re.compile(r"[.!?:;\u3002]['\")\]\u201d\u2019\u00bb]*$")
SIZE_STEP = 0.08
MAX_LEADING = 2.6
"""Of its type size: farther apart stand no two lines of a paragraph, however a page is spaced."""


@dataclass(frozen=True, slots=True, eq=False)
class Paragraph:
    """Lines that belong together. `text` keeps their ends, for hyphens at them; sizes in points, 0 where unknown."""

    rows: tuple[Row, ...]
    text: str
    size: float
    bold: bool
    listed: bool


def paragraphs_of(rows: Sequence[Row]) -> list[Paragraph]:
    """Every line is in exactly one paragraph, in order."""
    if not rows:
        return []
    lines = [_line(row) for row in rows]
    left = sorted(line.x0 for line in lines)[len(lines) // 10]
    right = max(line.x1 for line in lines)
    usual = _usual(lines)
    groups: list[list[_Line]] = [[lines[0]]]
    for line in lines[1:]:
        if _breaks(groups[-1], line, left, right, usual):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [_paragraph(group) for group in groups]


class _Line(NamedTuple):
    row: Row
    text: str
    size: float  # of most of its text; from the height of its boxes where no size is known
    sized: bool
    bold: bool
    middle: float  # of its height
    x0: float
    x1: float
    begins: bool  # an item
    ends: bool  # a sentence


def _line(row: Row) -> _Line:
    text = text_of(row)
    longest = row[0] if len(row) == 1 else max(row, key=lambda box: len(box.text))
    size = longest.size or 0.8 * (longest.y1 - longest.y0)
    if len(row) == 1:
        bold, x1 = longest.bold, longest.x1
    else:
        bold = 2 * sum(len(box.text) for box in row if box.bold) > sum(len(box.text) for box in row)
        x1 = max(box.x1 for box in row)
    x0 = min(box.x0 for box in row)
    begins = bool(BULLET.match(text)) and not _DASHED.match(text)
    return _Line(
        row, text, size, longest.size > 0, bold, (longest.y0 + longest.y1) / 2, x0, x1, begins, _END.search(text) is not None
    )


def goes_on(last: Paragraph, following: Paragraph) -> bool:
    """Whether the one ends above the other in mid-sentence, at the foot of a column: same type, no end, no capital."""
    if last.bold != following.bold or following.listed or abs(last.size - following.size) > SIZE_STEP * last.size:
        return False
    below = following.rows[0][0].y0 < last.rows[-1][0].y0 and len(last.rows) > 1
    return below and not _END.search(last.text) and following.text[:1].islower()


def _breaks(group: Sequence[_Line], line: _Line, left: float, right: float, usual: float) -> bool:
    previous = group[-1]
    if line.begins:
        return True
    tolerance = SIZE_STEP if line.sized and previous.sized else 0.3
    larger = max(line.size, previous.size)
    if abs(line.size - previous.size) > tolerance * larger and min(len(line.text), len(previous.text)) > 2:
        return True
    if line.bold != previous.bold and (previous.bold or len(group) > 1 or previous.ends):
        return True
    step = line.middle - previous.middle
    if usual and step > max(1.35 * usual, usual + 0.35 * line.size, 1.3 * line.size if line.size > usual else 0.0):
        return True
    em = max(line.size, 1.0)
    if step > MAX_LEADING * em:
        return True
    if group[0].begins:
        return previous.ends and line.x0 < group[0].x0 - 0.5 * em
    short = previous.x1 < right - 0.15 * (right - left) - em
    if not previous.ends or not line.text[:1].isupper():
        return False
    return short or (line.x0 > previous.x0 + 0.8 * em and previous.x0 < left + 0.8 * em and line.x0 < left + 5 * em)


def _paragraph(lines: Sequence[_Line]) -> Paragraph:
    longest = max(lines, key=lambda line: len(line.text))
    letters = bold = 0
    for line in lines:
        for box in line.row:
            letters += len(box.text)
            bold += len(box.text) if box.bold else 0
    text = "\n".join(line.text for line in lines)
    return Paragraph(tuple(line.row for line in lines), text, longest.size, bold > 0.8 * letters, lines[0].begins)


def _usual(lines: Sequence[_Line]) -> float:
    """The distance from line to line inside of paragraphs: the lower half of all distances, in the middle; 0 where unknown."""
    steps = sorted(b.middle - a.middle for a, b in pairwise(lines) if b.middle > a.middle)
    return median(steps[: (len(steps) + 1) // 2]) if steps else 0.0
