"""A grid of cells becomes tables whose every chunk names its columns, so that row 900 still says what its numbers are.

Blank rows part tables, and so does a blank column between two that have headers of their own. A row of one cell above a table is
its title. A table that fits a chunk is one element. Of a longer one at the end of its sheet the header row is a heading, which
every chunk below shows, so that the text says it once and an inserted row moves few chunks; elsewhere, where a heading would hold
what follows the table too, groups of rows repeat the header. Where it is too long
for either, each value carries its column's name.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from ingest.documents import Element
from ingest.parse.table import CELL, rows_to_text

GROUP_TOKENS = 140
"""Of a row group, header included. A chunk of the default size holds a piece of 169."""
HEADER_TOKENS = 60
HEADING_TOKENS = 38
"""A chunk of the default size takes a text of 42 for a heading, and shows headings of 85 together."""
PIECE_ROWS = 64
MAX_HEADER_ROWS = 3
LONG_CELL = 120  # characters: no name of a column is as long
_PIECES = re.compile(r"[A-Za-z]+|\d+|[^\W\d_]+|[^\s]")
_NUMBER = re.compile(r"[-+(]?[^\w\s]?\s?\d[\d.,' \u00a0/:-]*\s?[%\u20ac$\u00a3)]?|n/?a|-", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")

Row = Sequence[str]


def elements_of_grid(
    rows: Iterable[Row], page: int | None = None, *, parted: bool = True, last: bool = False
) -> Iterator[Element]:
    """The tables and the lines between them. With `parted` False the grid is one table whatever is blank in it.

    `last`: nothing follows the grid but another heading of level 1, or nothing.
    """
    blocks = list(_blocks(rows)) if parted else [[row for row in rows if any(row)]]
    for number, block in enumerate(blocks, 1):
        tables = _side_by_side(block) if parted else [block]
        for table in tables:
            yield from _table(_trim(table), page, last and number == len(blocks) and len(tables) == 1)


def tokens_of(text: str) -> int:
    """About how many tokens a word piece model makes of it; rather too many than too few."""
    count = 0
    for piece in _PIECES.findall(text):
        if piece.isdigit():
            count += 1 + (len(piece) - 1) // 3
        elif piece.isascii():
            count += 1 + (len(piece) - 1) // 7
        else:
            count += 1 + (len(piece) - 1) // 2
    return count


def _table(rows: list[Row], page: int | None, last: bool) -> Iterator[Element]:
    start = 0
    while start < len(rows) and _is_title(rows[start], rows):
        yield Element("paragraph", rows_to_text([[cell for cell in rows[start] if cell]]), 0, page)
        start += 1
    rows = rows[start:]
    texts = [rows_to_text([row]) for row in rows]
    sizes = [tokens_of(text) for text in texts]
    if sum(sizes) <= GROUP_TOKENS:
        if rows:
            yield Element("table", "\n".join(texts), 0, page)
        return
    count = _header_rows(rows)
    headings = _headings(rows[:count]) if last and count else []
    if headings:
        yield from (Element("heading", text, level, page) for level, text in enumerate(headings, 2))
        yield from _pieces(texts[count:], page)
    elif sum(sizes[:count]) > HEADER_TOKENS:
        yield from _named_values(rows[:count], rows[count:], page)
    elif count:
        yield from _groups(texts[:count], texts[count:], page)
    else:
        yield from _pieces(texts, page)


def _is_title(row: Row, rows: list[Row]) -> bool:
    """One cell alone, where others stand below; of two columns the first: the second without the first is a header."""
    width = max(map(len, rows))
    return sum(bool(cell) for cell in row) == 1 and (len(rows) == 1 or width > 2 or (width == 2 and bool(row[0])))


def _headings(header: list[Row]) -> list[str]:
    """The names of the columns as one heading, or as two where one would be too long; none where two would be."""
    names = _names(header)
    for parts in (1, 2):
        width = -(-len(names) // parts)
        texts = [CELL.join(names[i : i + width]) for i in range(0, len(names), width)]
        if all(tokens_of(text) <= HEADING_TOKENS for text in texts):
            return texts
    return []


def _pieces(texts: list[str], page: int | None) -> Iterator[Element]:
    """Rows, cut into elements where a row's own hash says so: an inserted row moves no other cut."""
    piece: list[str] = []
    for text in texts:
        if piece and (zlib.crc32(text.encode("utf-8", "replace")) % PIECE_ROWS == 0 or len(piece) >= 10 * PIECE_ROWS):
            yield Element("table", "\n".join(piece), 0, page)
            piece = []
        piece.append(text)
    if piece:
        yield Element("table", "\n".join(piece), 0, page)


def _groups(header: list[str], texts: list[str], page: int | None) -> Iterator[Element]:
    used = sum(map(tokens_of, header))
    group: list[str] = []
    filled = used
    for text in texts:
        size = tokens_of(text)
        if group and filled + size > GROUP_TOKENS:
            yield Element("table", "\n".join([*header, *group]), 0, page)
            group, filled = [], used
        group.append(text)
        filled += size
    yield Element("table", "\n".join([*header, *group]), 0, page)


def _names(header: list[Row]) -> list[str]:
    """Of each column, what stands above it, from top to bottom."""
    return [" ".join(" ".join(dict.fromkeys(cell for cell in column if cell)).split()) for column in _columns(header)]


def _named_values(header: list[Row], rows: list[Row], page: int | None) -> Iterator[Element]:
    """Rows as `name: value`, a long one over several elements that each begin with its first value."""
    names = _names(header)
    group: list[str] = []
    filled = 0
    for row in rows:
        pairs = [f"{names[i]}: {cell}" if i < len(names) and names[i] else cell for i, cell in enumerate(row) if cell]
        for part in _parts(pairs):
            size = tokens_of(part)
            if group and filled + size > GROUP_TOKENS:
                yield Element("table", "\n".join(group), 0, page)
                group, filled = [], 0
            group.append(part)
            filled += size
    if group:
        yield Element("table", "\n".join(group), 0, page)
    elif not rows:
        yield Element("table", rows_to_text(header), 0, page)


def _parts(pairs: list[str]) -> Iterator[str]:
    part: list[str] = []
    filled = 0
    for pair in pairs:
        size = tokens_of(pair) + 1
        if len(part) > 1 and filled + size > GROUP_TOKENS:
            yield CELL.join(part)
            part = pairs[:1] if tokens_of(pairs[0]) < GROUP_TOKENS // 4 else []
            filled = sum(tokens_of(p) for p in part)
        part.append(pair)
        filled += size
    if part:
        yield CELL.join(part)


def _header_rows(rows: list[Row]) -> int:
    """How many rows name the columns: those above the first number, where columns of numbers follow; else one, or none."""
    columns = _columns(rows)
    body = rows[1:]
    numeric = [i for i, column in enumerate(columns) if sum(_is_number(c) for c in column[1:] if c) > 0.6 * len(body)]
    first = rows[0]
    if any(len(cell) > LONG_CELL for cell in first):
        return 0
    if any(i < len(first) and _is_number(first[i]) and not _YEAR.fullmatch(first[i]) for i in numeric):
        return 0
    count = 1
    while numeric and count < min(MAX_HEADER_ROWS, len(rows) - 1):
        row = rows[count]
        if all(rows[count - 1]) or any(i < len(row) and _is_number(row[i]) for i in numeric):
            break
        if any(len(cell) > LONG_CELL for cell in row):
            break
        count += 1
    return count


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell))


def _columns(rows: list[Row]) -> list[list[str]]:
    width = max((len(row) for row in rows), default=0)
    return [[row[i] if i < len(row) else "" for row in rows] for i in range(width)]


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    for row in rows:
        if any(row):
            block.append(row)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _side_by_side(block: list[Row]) -> list[list[Row]]:
    """Tables parted by a blank column, if each is two columns and two rows at least and begins on the block's first row."""
    if len(block) < 2:
        return [block]
    filled = [any(column) for column in _columns(block)]
    spans: list[tuple[int, int]] = []
    start = None
    for i, full in enumerate([*filled, False]):
        if full and start is None:
            start = i
        elif not full and start is not None:
            spans.append((start, i))
            start = None
    if len(spans) < 2 or any(b - a < 2 for a, b in spans):
        return [block]
    tables = [[row[a:b] for row in block if any(row[a:b])] for a, b in spans]
    if any(len(table) < 2 or not all(block[0][a:b]) for table, (a, b) in zip(tables, spans, strict=True)):
        return [block]
    return tables


def _trim(rows: list[Row]) -> list[Row]:
    """Without its blank columns."""
    kept = [i for i, column in enumerate(_columns(rows)) if any(column)]
    return [[row[i] if i < len(row) else "" for i in kept] for row in rows]
