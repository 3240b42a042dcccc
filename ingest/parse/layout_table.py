"""Which regions with gutters are tables and not columns of running text, and what their cells hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median

from ingest.parse.box import TextBox
from ingest.parse.layout_rows import Row, text_of

Interval = tuple[float, float]

SHORT_WORDS = 3.5
"""A cell of a table holds so few words in the middle; a line of a column of text holds more."""
ALIGNED = 0.6
CELL_EMS = 0.9
"""Narrower white space than this, in heights of a line, is within a cell."""
SURE_ROWS = 3
STRETCHED_EMS = 2.0
"""Fewer rows than that with narrower gutters are lines that were stretched to fill their measure."""
MERGE_EMS = 3.0
"""So many of a table's rows have something in two columns at least."""


def is_table(rows: Sequence[Row], free: Sequence[Interval]) -> bool:
    """Whether lines that leave the gutters `free` white are rows of cells: level with each other, and short."""
    found: dict[int, list[int]] = defaultdict(list)
    aligned = 0
    for row in rows:
        places = set()
        right = float("-inf")
        for box in row:
            place = _place(box, free)
            count = len(box.text.split())
            if place in places and box.x0 - right < CELL_EMS * (box.y1 - box.y0):
                found[place][-1] += count
            else:
                found[place].append(count)
            places.add(place)
            right = box.x1
        aligned += len(places) > 1
    counts = dict(sorted(found.items()))
    if len(rows) < 2 or len(counts) < 2:
        return False
    if aligned < SURE_ROWS and min(right - left for left, right in free) < STRETCHED_EMS * (rows[0][0].y1 - rows[0][0].y0):
        return False
    words = [median(lengths) for lengths in counts.values()]
    short = sum(count <= SHORT_WORDS for count in words)
    if aligned < ALIGNED * len(rows):
        # A label beside a text of several lines: each label is level with a line of the text.
        return len(counts) == 2 and _labelled(rows, free) and words[0] <= SHORT_WORDS
    if len(counts) == 2:
        return short == 2 or (short == 1 and words[0] <= SHORT_WORDS)
    return short * 2 >= len(counts) or mean(words) <= SHORT_WORDS + 1


def _labelled(rows: Sequence[Row], free: Sequence[Interval]) -> bool:
    labels = [row for row in rows if _place(row[0], free) == 0]
    paired = sum(len({_place(box, free) for box in row}) > 1 for row in labels)
    return len(labels) >= 2 and paired >= 0.8 * len(labels) and len(labels) >= 0.25 * len(rows)


def _place(box: TextBox, free: Sequence[Interval]) -> int:
    middle = (box.x0 + box.x1) / 2
    return sum((left + right) / 2 < middle for left, right in free)


def columns_of(rows: Sequence[Row]) -> list[Interval]:
    """The columns of a table: where boxes of rows with many cells stand, apart from what spans several of them."""
    most = max(len(row) for row in rows)
    columns: list[Interval] = []
    for box in sorted((box for row in rows if len(row) * 2 > most for box in row), key=lambda box: box.x1 - box.x0):
        over = [column for column in columns if min(column[1], box.x1) > max(column[0], box.x0)]
        if not over:
            columns.append((box.x0, box.x1))
        elif len(over) == 1:
            columns.remove(over[0])
            columns.append((min(over[0][0], box.x0), max(over[0][1], box.x1)))
    return _merged(sorted(columns), rows)


def _merged(columns: list[Interval], rows: Sequence[Row]) -> list[Interval]:
    """Neighbours of which no row fills both are one column: a heading in its middle, numbers at its edge."""
    filled = [{_nearest(box, columns) for box in row} for row in rows]
    merged: list[tuple[Interval, set[int]]] = []
    for index, column in enumerate(columns):
        used = {number for number, places in enumerate(filled) if index in places}
        if merged and not (used & merged[-1][1]) and column[0] - merged[-1][0][1] < MERGE_EMS * (rows[0][0].y1 - rows[0][0].y0):
            (left, _), before = merged[-1]
            merged[-1] = ((left, column[1]), before | used)
        else:
            merged.append((column, used))
    return [column for column, _ in merged]


def cells_of(rows: Sequence[Row], columns: Sequence[Interval], rtl: bool = False) -> tuple[tuple[str, ...], ...]:
    """The text of each cell. A line that only continues cells of the row above is joined to it."""
    table: list[list[str]] = []
    tops = [min(box.y0 for box in row) for row in rows]
    usual = median([b - a for a, b in pairwise(tops)] or [0.0])
    above = 0.0
    for row, top in zip(rows, tops, strict=True):
        parts: list[list[TextBox]] = [[] for _ in columns]
        for box in row:
            parts[_nearest(box, columns)].append(box)
        cells = [text_of(part) for part in parts]
        filled = [index for index, cell in enumerate(cells) if cell]
        if table and not cells[0] and len(filled) * 2 <= len(columns) and top - above < 0.85 * usual:
            for index in filled:
                table[-1][index] = f"{table[-1][index]} {cells[index]}".strip()
        else:
            table.append(cells)
        above = top
    return tuple(tuple(reversed(row)) if rtl else tuple(row) for row in table)


def _nearest(box: TextBox, columns: Sequence[Interval]) -> int:
    """The column that the box overlaps most; the first of those that it spans where it is wider than them."""
    overlaps = [min(box.x1, right) - max(box.x0, left) for left, right in columns]
    best = max(overlaps)
    if best <= 0:
        return overlaps.index(best)
    return next(index for index, overlap in enumerate(overlaps) if overlap > 0.5 * best)
