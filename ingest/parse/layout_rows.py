"""Boxes that stand on one line, in reading direction, and their text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from ingest.parse.box import TextBox

Row = tuple[TextBox, ...]
_LABEL = re.compile(
    "[\u2022\u25aa\u25ab\u25cf\u25cb\u25e6\u2023\u2043\u27a2\u2714\uf000-\uf0ff*\u2013\u2014-]"
    r"|\(?\d{1,2}[.)]|\(?[a-zA-Z][.)]|\(?[ivx]{1,5}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?"
)
LABEL_EMS = 4.0
"""So far from its text may a bullet stand, in heights of its line."""


def rows_of(boxes: Sequence[TextBox], rtl: bool = False) -> list[Row]:
    """Lines from top to bottom. Boxes are on one line where they overlap in height by half of the lower one."""
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda box: (box.y0 + box.y1, box.x0)):
        for row in rows[:-4:-1]:
            if (_level(row[-1], box) or (len(row) > 1 and _level(row[-2], box))) and not any(_over(other, box) for other in row):
                row.append(box)
                break
            if row[-1].y1 < box.y0 - (box.y1 - box.y0):
                rows.append([box])  # rows farther up end higher still
                break
        else:
            rows.append([box])
    return [tuple(sorted(row, key=lambda box: -box.x1 if rtl else box.x0)) if len(row) > 1 else (row[0],) for row in rows]


def _level(a: TextBox, b: TextBox) -> bool:
    low, high = a.y1 - a.y0, b.y1 - b.y0
    return (a.y1 if a.y1 < b.y1 else b.y1) - (a.y0 if a.y0 > b.y0 else b.y0) > 0.5 * (low if low < high else high)


def _over(a: TextBox, b: TextBox) -> bool:
    """Whether two boxes of one height stand over each other: two tight lines, not one."""
    if a.x1 <= b.x0 or b.x1 <= a.x0:
        return False
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 * min(a.x1 - a.x0, b.x1 - b.x0) and abs(a.y0 - b.y0) > 0.3 * (a.y1 - a.y0)


def join_labels(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Bullets and numbers of items become one box with the text that they stand before: the space between is no gutter."""
    labels = [box for box in boxes if _LABEL.fullmatch(box.text.strip())]
    if not labels:
        return list(boxes)
    joined: dict[int, TextBox] = {}
    gone: set[int] = set()
    for label in labels:
        reach = label.x1 + LABEL_EMS * (label.y1 - label.y0)
        right = [box for box in boxes if label.x1 <= box.x0 <= reach and _level(label, box) and id(box) not in joined]
        text = min(right, key=lambda box: box.x0, default=None)
        if text is not None and (not label.text.strip()[0].isdigit() or text.text.strip()[0].isalpha()):
            y0, y1 = min(label.y0, text.y0), max(label.y1, text.y1)
            joined[id(text)] = replace(text, text=f"{label.text.strip()} {text.text}", x0=label.x0, y0=y0, y1=y1)
            gone.add(id(label))
    return [joined.get(id(box), box) for box in boxes if id(box) not in gone]


def text_of(row: Sequence[TextBox]) -> str:
    """The line's text: boxes that touch are one word, others have a space between."""
    text = ""
    previous: TextBox | None = None
    for box in row:
        if previous is not None:
            gap = max(box.x0, previous.x0) - min(box.x1, previous.x1)
            if gap > 0.12 * min(box.y1 - box.y0, previous.y1 - previous.y0) and not text.endswith(" "):
                text += " "
        text += box.text.strip()
        previous = box
    return text


def is_upright(box: TextBox) -> bool:
    """Whether a box holds text that runs up or down the page."""
    return len(box.text.strip()) > 3 and box.y1 - box.y0 > 2.5 * (box.x1 - box.x0)


def is_rtl(boxes: Sequence[TextBox]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    right = left = 0
    for box in boxes:
        if box.text.isascii():
            left += len(box.text)
            continue
        for character in box.text:
            direction = unicodedata.bidirectional(character)
            right += direction in ("R", "AL")
            left += direction == "L"
    return right > left
