"""A page's boxes in the order in which a person reads them: columns, full-width blocks and tables, told by white space.

A recursive cut (Nagy and Seth's X-Y tree) with one change: bands of lines that leave the same vertical gutter free are taken
together, so a heading over two columns ends them and a table is not torn into its columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.parse.box import TextBox
from ingest.parse.layout_rows import Row, rows_of
from ingest.parse.layout_table import Interval, cells_of, columns_of, is_table

GUTTER_EMS = 0.9
"""Narrower white space than this, in heights of a line, parts words and not columns."""
SHRINK = 0.22
"""Boxes are as high as their line; those of neighbouring lines overlap by less than this share of it."""
DEPTH = 12
CANDIDATES = 6
"""So many runs with a common gutter are looked at, from the one with most boxes on."""


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that stand under each other, from top to bottom, each its boxes in reading direction."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, with what stands in each as text, and all boxes that are in it."""

    cells: tuple[tuple[str, ...], ...]
    boxes: tuple[TextBox, ...]


Block = Column | Table


def cut(boxes: Sequence[TextBox], rtl: bool = False, depth: int = 0) -> list[Block]:
    """The blocks of a region in reading order; every box is in exactly one of them."""
    if not boxes:
        return []
    bands = _bands(boxes)
    gutter = GUTTER_EMS * median(box.y1 - box.y0 for box in boxes)
    runs: list[tuple[int, int, list[Interval]]] = []
    start = 0
    while start < len(bands):
        end, free = _run(bands, start, gutter)
        if free:
            runs.append((start, end, free))
        start = max(end, start + 1)
    runs.sort(key=lambda run: -sum(len(band) for band in bands[run[0] : run[1]]))
    for start, end, free in runs[:CANDIDATES] if depth < DEPTH else ():
        found = _middle(bands[start:end], free, rtl, depth)
        if found is not None:
            middle, skipped, used = found
            above = [box for band in bands[: start + skipped] for box in band]
            below = [box for band in bands[start + skipped + used :] for box in band]
            return [*cut(above, rtl, depth + 1), *middle, *cut(below, rtl, depth + 1)]
    return [Column(tuple(rows_of(boxes, rtl)))]


def _middle(
    bands: Sequence[Sequence[TextBox]], free: list[Interval], rtl: bool, depth: int
) -> tuple[list[Block], int, int] | None:
    """What bands with common gutters are: blocks, how many bands before are not of them, how many are. None for mere lines."""
    boxes = [box for band in bands for box in band]
    rows = rows_of(boxes)
    if is_table(rows, free):
        first, last = _dense(bands)
        last = first + _closed(bands[first:last])
        rows = rows_of([box for band in bands[first:last] for box in band])
        if is_table(rows, free):
            cells = cells_of(rows, columns_of(rows), rtl)
            return [Table(cells, tuple(box for row in rows for box in row))], first, last - first
    columns = _split(boxes, free)
    # A line that only a wide space divides is no page of columns.
    if len(rows) < 3 and min(len(rows_of(column)) for column in columns) < 2:
        return None
    ordered = reversed(columns) if rtl else columns
    return [block for column in ordered for block in cut(column, rtl, depth + 1)], 0, len(bands)


def _dense(bands: Sequence[Sequence[TextBox]]) -> tuple[int, int]:
    """The longest run of bands without a wide gap: a table's rows follow each other."""
    tops = [min(box.y0 for box in band) for band in bands]
    bottoms = [max(box.y1 for box in band) for band in bands]
    height = median(bottom - top for top, bottom in zip(tops, bottoms, strict=True))
    pitch = median([b - a for a, b in pairwise(tops)] or [0.0])
    wide = max(3 * height, 2.5 * pitch)
    edges = [0, *(i for i in range(1, len(bands)) if tops[i] - bottoms[i - 1] > wide), len(bands)]
    return max(pairwise(edges), key=lambda edge: edge[1] - edge[0])


def _closed(bands: Sequence[Sequence[TextBox]]) -> int:
    """How many bands are the table's: a single box over several of its columns at the end is a line of text below it."""
    end = len(bands)
    while end > 2 and len(bands[end - 1]) == 1:
        box = bands[end - 1][0]
        columns = columns_of(rows_of([box for band in bands[: end - 1] for box in band]))
        if sum(min(right, box.x1) > max(left, box.x0) for left, right in columns) < 2:
            break
        end -= 1
    return end


def _split(boxes: Sequence[TextBox], free: Sequence[Interval]) -> list[list[TextBox]]:
    edges = [(left + right) / 2 for left, right in free]
    columns: list[list[TextBox]] = [[] for _ in range(len(edges) + 1)]
    for box in boxes:
        middle = (box.x0 + box.x1) / 2
        columns[sum(edge < middle for edge in edges)].append(box)
    return [column for column in columns if column]


def _bands(boxes: Sequence[TextBox]) -> list[list[TextBox]]:
    """Boxes whose heights overlap, from top to bottom: between two bands runs a white line over the whole region."""
    bands: list[list[TextBox]] = []
    bottom = float("-inf")
    for box in sorted(boxes, key=lambda box: box.y0 + box.y1):
        margin = SHRINK * (box.y1 - box.y0)
        if bands and box.y0 + margin < bottom:
            bands[-1].append(box)
            bottom = max(bottom, box.y1 - margin)
        else:
            bands.append([box])
            bottom = box.y1 - margin
    return bands


def _run(bands: Sequence[Sequence[TextBox]], start: int, gutter: float) -> tuple[int, list[Interval]]:
    """How far the bands from `start` on leave a gutter free, and which; the end is `start` where the first has none."""
    free = _gaps(bands[start], gutter)
    if not free:
        return start, []
    end = start + 1
    both = end  # one after the last band that has text on both sides of a gutter
    while end < len(bands):
        left = _subtract(free, bands[end], gutter)
        if not left:
            break
        if any(_sides(bands[end], interval) for interval in left):
            both = end + 1
        free = left
        end += 1
    # What stands alone on one side below the last pair belongs to the column only where nothing full-width follows it.
    if end < len(bands) and both < end:
        previous = max(box.y1 for box in bands[both - 1])
        for index in range(both, end):
            top = min(box.y0 for box in bands[index])
            if top - previous > gutter:
                end = index
                break
            previous = max(box.y1 for box in bands[index])
    used = [box for band in bands[start:end] for box in band]
    return end, [interval for interval in free if _sides(used, interval)]


def _sides(boxes: Sequence[TextBox], interval: Interval) -> bool:
    middle = (interval[0] + interval[1]) / 2
    return any(box.x1 <= middle for box in boxes) and any(box.x0 >= middle for box in boxes)


def _gaps(boxes: Sequence[TextBox], gutter: float) -> list[Interval]:
    gaps: list[Interval] = []
    right = float("inf")
    for box in sorted(boxes, key=lambda box: box.x0):
        if box.x0 - right >= gutter:
            gaps.append((right, box.x0))
        right = box.x1 if right == float("inf") else max(right, box.x1)
    return gaps


def _subtract(free: Sequence[Interval], boxes: Sequence[TextBox], gutter: float) -> list[Interval]:
    left = list(free)
    for box in boxes:
        if all(box.x1 <= a or box.x0 >= b for a, b in left):
            continue
        pieces = [piece for a, b in left for piece in ((a, min(b, box.x0)), (max(a, box.x1), b))]
        left = sorted({(a, b) for a, b in pieces if b - a >= gutter})
    return left
