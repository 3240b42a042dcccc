"""Running heads and feet: lines at the edge of page after page that say the same but for a number."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from ingest.parse.box import Page, TextBox
from ingest.parse.layout_rows import Row, rows_of, text_of

EDGE = 0.16
"""Of a page's height: no head reaches lower, no foot higher."""
EDGE_ROWS = 4
REPEATS = 3
"""A line that stands on fewer pages is part of the text."""
SHARE = 0.4
"""Of the pages from a line's first to its last: every second page is enough, for left and right pages."""
LINE_NUMBERS = 20
LINE_WORDS = 4
SHIFT = 0.02
"""Of a page's height: so far may a head move from page to page."""
SAME_PLACE = 0.004
"""Of a page's height: two pages are little proof, so what repeats on them may hardly move."""
APART_EMS = 1.5
MARGIN = 0.075
"""Of a page's height: nothing but furniture is set so near to the edge."""
_IMPRINT = re.compile(
    r"\bvol(?:ume|\.)\s*\d|\bissue\s+\d|\bno\.\s*\d|\bpp?\.\s*\d|\bet al\b|\bdownload(?:ed)?\b.*\d"
    r"|\bpublished (?:by|online)\b|\bdoi\b|\bissn\b|\u00a9|\bcopyright\b|\ball rights reserved\b"
    r"|\bprinted (?:on|in|by)\b|\bpage \d|\bseite \d",
    re.IGNORECASE,
)
_LINE_NUMBER = re.compile(r"\d{1,2}")
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p[aá]gina|p\.|s\.)?\s*[-\u2013\u2014|\[(]*\s*(\d{1,4})\s*[-\u2013\u2014|\])]*(?:\s*(?:of|von|de|/)\s*\d{1,4})?",
    re.I,
)


def without_running(pages: Sequence[Page]) -> list[Page]:
    """The pages without their running heads, feet and numbers. A line goes only where all that stands farther out goes too.

    No page is emptied, nor left with its number alone: there the line is what the page says.
    """
    pages = [_unnumbered(page) for page in pages]
    edges = [(_edge(page, top=True), _edge(page, top=False)) for page in pages]
    texts = [{box for box in page.boxes if box.text.strip()} for page in pages]
    for depth in (EDGE_ROWS, 1):
        gone = _gone(pages, edges, depth)
        emptied = [bool(out) and all(_is_number(box) for box in text - out) for text, out in zip(texts, gone, strict=True)]
        if 2 * sum(emptied) <= sum(1 for text in texts if text):
            return [
                replace(page, boxes=tuple(b for b in page.boxes if b not in out)) if out and not empty else page
                for page, out, empty in zip(pages, gone, emptied, strict=True)
            ]
    return list(pages)  # where most pages say nothing else, this is what the document says


def _is_number(box: TextBox) -> bool:
    return _PAGE_NUMBER.fullmatch(box.text.strip()) is not None


def _gone(pages: Sequence[Page], edges: Sequence[tuple[list[Row], list[Row]]], depth: int) -> list[set[TextBox]]:
    gone = [set[TextBox]() for _ in pages]
    for side in (0, 1):
        rows = [edge[side][:depth] for edge in edges]
        whole = [edge[side] for edge in edges]
        running = _repeated(pages, rows) | _numbers(pages, rows) | _furniture(pages, whole)
        if len(pages) == 2:
            running |= _same_on_both(pages, whole)
        for number, page_rows in enumerate(rows):
            for at, row in enumerate(page_rows):
                if (number, at) not in running:
                    break
                gone[number].update(row)
    return gone


def _unnumbered(page: Page) -> Page:
    """The page without the numbers of its lines, as pleadings and transcripts carry them at the left edge of their prose."""
    numbers = sorted((box for box in page.boxes if _LINE_NUMBER.fullmatch(box.text.strip())), key=lambda box: box.y0)
    if len(numbers) < LINE_NUMBERS:
        return page
    right = Counter(round(box.x1 / 4) for box in numbers).most_common(1)[0][0]
    column = [box for box in numbers if abs(box.x1 / 4 - right) <= 1]
    values = [int(box.text) for box in column]
    if len(column) < LINE_NUMBERS or values != list(range(values[0], values[0] + len(values))):
        return page
    edge = max(box.x1 for box in column)
    rest = [box for box in page.boxes if box not in column]
    beside = sum(box.x0 > edge for box in rest)
    words = [len(text_of(row).split()) for row in rows_of([box for box in rest if box.x0 > edge])]
    if beside < 0.9 * len(rest) or not words or median(words) < LINE_WORDS or column[-1].y1 - column[0].y0 < 0.5 * page.height:
        return page
    return replace(page, boxes=tuple(rest))


def _edge(page: Page, *, top: bool) -> list[Row]:
    """The outermost rows of a page, from the edge inwards."""
    reach = EDGE * page.height
    if top:
        near = [box for box in page.boxes if box.text.strip() and box.y1 <= reach]
    else:
        near = [box for box in page.boxes if box.text.strip() and box.y0 >= page.height - reach]
    rows = rows_of(near)
    return rows[:EDGE_ROWS] if top else rows[: -EDGE_ROWS - 1 : -1]


def _furniture(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> set[tuple[int, int]]:
    """What stands alone in the very margin and says what it is: a page's number, a journal's volume, who published it."""
    found: set[tuple[int, int]] = set()
    for number, page_rows in enumerate(rows):
        height = pages[number].height
        for at, row in enumerate(page_rows):
            top, bottom = min(box.y0 for box in row), max(box.y1 for box in row)
            within = bottom <= MARGIN * height or top >= (1 - MARGIN) * height
            inner = page_rows[at + 1] if at + 1 < len(page_rows) else None
            gap = max(min(box.y0 for box in inner) - bottom, top - max(box.y1 for box in inner)) if inner else height
            if not within or gap < 0.8 * (bottom - top):
                break
            numbered = any(_PAGE_NUMBER.fullmatch(box.text.strip()) for box in row)
            if numbered or _IMPRINT.search(text_of(row)):
                found.add((number, at))
    return found


def _repeated(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> set[tuple[int, int]]:
    places: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for number, page_rows in enumerate(rows):
        for at, row in enumerate(page_rows):
            text = text_of(row)
            key = _NUMBER.sub("#", text.casefold())
            if sum(c.isalpha() for c in key) >= 2:
                places[key].append((number, at, row[0].y0 / pages[number].height))
    running: set[tuple[int, int]] = set()
    for found in places.values():
        found.sort(key=lambda place: place[2])
        start = 0
        for end in range(1, len(found) + 1):
            if end < len(found) and found[end][2] - found[end - 1][2] <= SHIFT:
                continue
            group = found[start:end]
            start = end
            numbers = {number for number, _, _ in group}
            if len(numbers) >= REPEATS and len(numbers) >= SHARE * (max(numbers) - min(numbers) + 1):
                running.update((number, at) for number, at, _ in group)
    return running


def _same_on_both(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> set[tuple[int, int]]:
    """The outermost row of two pages: the same but for numbers, at one place, set apart, in type no larger than the text."""
    if not all(rows):
        return set()
    one, other = rows[0][0], rows[1][0]
    texts = [_NUMBER.sub("#", text_of(row).casefold()) for row in (one, other)]
    moved = max(abs(one[0].y0 - other[0].y0), abs(one[0].x0 - other[0].x0))
    if texts[0] != texts[1] or sum(c.isalpha() for c in texts[0]) < 2 or moved > SAME_PLACE * pages[0].height:
        return set()
    alone = all(_set_apart(page, row) for page, row in zip(pages, (one, other), strict=True))
    return {(0, 0), (1, 0)} if alone else set()


def _set_apart(page: Page, row: Row) -> bool:
    rest = [box for box in page.boxes if box not in row and box.text.strip()]
    if not rest:
        return False
    top, bottom = min(box.y0 for box in row), max(box.y1 for box in row)
    gap = min(max(box.y0 - bottom, top - box.y1) for box in rest)
    largest = max(box.size or box.y1 - box.y0 for box in row)
    return gap >= APART_EMS * (bottom - top) and largest <= median(box.size or box.y1 - box.y0 for box in rest)


def _numbers(pages: Sequence[Page], rows: Sequence[Sequence[Row]]) -> set[tuple[int, int]]:
    """Rows that are a page's number and nothing else: numbers that grow with the pages, on three of them at least."""
    offsets: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, page_rows in enumerate(rows):
        for at, row in enumerate(page_rows):
            match = _PAGE_NUMBER.fullmatch(text_of(row).strip())
            if match:
                offsets[int(match.group(1)) - pages[number].number].append((number, at))
    needed = min(REPEATS, max(2, len(pages)))
    return {place for places in offsets.values() if len({number for number, _ in places}) >= needed for place in places}
