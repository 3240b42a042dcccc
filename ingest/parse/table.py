"""Tables become rows of text: one line a row, ` | ` between cells, nothing kept of spans and borders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CELL = " | "


def rows_to_text(rows: Iterable[Sequence[str]]) -> str:
    """One line for each row that holds something; white space in cells is single, empty cells at a row's end are dropped."""
    lines = []
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            lines.append(CELL.join(cells))
    return "\n".join(lines)


def rows_of_html(markup: str | None) -> str:
    """The rows of the first table in `markup`; empty when there is none."""
    if not markup:
        return ""
    from lxml import html

    root = html.fragment_fromstring(markup, create_parent="div")
    return rows_to_text([" ".join(cell.itertext()) for cell in row.iterchildren("td", "th")] for row in root.iter("tr"))
