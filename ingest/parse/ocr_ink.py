"""Where the letters of a line stand within its crop, and the size of their type: a detector's boxes vary by a fifth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.parse.box import TextBox

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

X_HEIGHT, ASCENDER, DESCENDER = 0.47, 0.71, 0.21
"""Of common text faces, in ems above and below the base line."""
IDEOGRAPH_ABOVE, IDEOGRAPH_BELOW = 0.84, 0.08
ABOVE, BELOW = 0.75, 0.25
"""What a box spans: all of them alike, whatever letters a line has."""
PART_EMS = 0.8
"""White space within a line that is wider, in heights of its ink, may part two columns or cells."""
SPECK = 0.002
"""Smaller spots, in squares of the crop's height, are dirt."""
TAIL = 0.35
"""What touches the upper or lower edge and is no higher belongs to the next line."""
RULE = 0.12
FLAT = 0.3
MIN_SIDE = 4
BLANK = 48
"""Grey values nearer to the page's are paper."""
SAME_SIZE = 0.15
"""Measured sizes that differ by less are one size of type."""
_TALL = re.compile(r"[^\W_acegmnopqrsuvwxyz]|[!?()\[\]{}/\\|\"'#$%&@*]")
_DEEP = re.compile(r"[gjpqyQ,;()\[\]{}/|@$]")
_IDEOGRAPH = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Ink:
    """The extent of a line's letters as shares of its crop, from 0 to 1, from its upper left corner."""

    x0: float
    y0: float
    x1: float
    y1: float


WHOLE = Ink(0.0, 0.0, 1.0, 1.0)


def inks_of(crop: NDArray[np.uint8]) -> list[Ink]:
    """The parts of a line `crop` [height, width, 3] with white space of PART_EMS between; the whole where nothing stands out.

    Dark on light or light on dark. Rules, specks and what reaches in from the lines above and below is no ink of the line.
    """
    import cv2
    import numpy as np

    height, width = crop.shape[:2]
    if height < MIN_SIDE or width < MIN_SIDE:
        return [WHOLE]
    _, mask = cv2.threshold(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if 2 * int(mask.sum()) > mask.size:
        mask = 1 - mask
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x0, y0, wide, high, area = stats[1:].T
    at_edge = (y0 == 0) | (y0 + high == height)
    tail = at_edge & (high < TAIL * height)
    rule = ((wide > 2 * height) & (high < RULE * height)) | ((y0 == 0) & (high == height) & (wide < RULE * height))
    keep = ~tail & ~rule & (area > SPECK * height * height)
    if not keep.any():
        return [WHOLE]
    x0, y0, x1, y1 = x0[keep], y0[keep], (x0 + wide)[keep], (y0 + high)[keep]
    top, bottom = int(y0.min()), int(y1.max())
    if bottom - top < FLAT * height:  # a dotted row or a dash tells nothing about type
        top, bottom = 0, height
    order = np.argsort(x0)
    x0, x1 = x0[order], np.maximum.accumulate(x1[order])
    wide_gaps = np.flatnonzero(x0[1:] - x1[:-1] > PART_EMS * (bottom - top)) + 1
    starts, ends = [0, *wide_gaps.tolist()], [*wide_gaps.tolist(), len(x0)]
    return [
        Ink(float(x0[a]) / width, top / height, float(x1[b - 1]) / width, bottom / height)
        for a, b in zip(starts, ends, strict=True)
    ]


def em_of(text: str, ink_height: float) -> tuple[float, float]:
    """The size of type whose letters of `text` are so high, and how far the base line is above the ink's lower edge."""
    if _IDEOGRAPH.search(text):
        above, below = IDEOGRAPH_ABOVE, IDEOGRAPH_BELOW
    else:
        above = ASCENDER if _TALL.search(text) else X_HEIGHT
        below = DESCENDER if _DEEP.search(text) else 0.0
    em = ink_height / (above + below)
    return em, below * em


def even_sizes(boxes: Sequence[TextBox]) -> tuple[TextBox, ...]:
    """The boxes of a page with sizes measured alike made equal: each takes the middle of the fullest group that it fits."""
    left = sorted((box.size, len(box.text)) for box in boxes if box.size)
    groups: list[float] = []
    while left:
        half = sum(letters for _, letters in left) / 2
        center, passed = left[-1][0], 0
        for size, letters in left:
            passed += letters
            if passed >= half:
                center = size
                break
        groups.append(center)
        left = [(size, letters) for size, letters in left if abs(size - center) > SAME_SIZE * center]
    return tuple(
        replace(box, size=round(next(c for c in groups if abs(box.size - c) <= SAME_SIZE * c), 1)) if box.size else box
        for box in boxes
    )


def printed_area(pixels: NDArray[np.uint8], least: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not blank, at least `least` pixels each way where the picture has them.

    On a page with a single line the detector finds nothing: what it sees must hold enough of ink.
    """
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    ink = cv2.absdiff(grey, np.full_like(grey, int(np.median(grey)))) > BLANK
    columns, rows = np.flatnonzero(ink.sum(axis=0) > 1), np.flatnonzero(ink.sum(axis=1) > 1)
    if not len(columns) or not len(rows):
        return 0, 0, width, height
    left, right = _grown(int(columns[0]), int(columns[-1]) + 1, width, least)
    top, bottom = _grown(int(rows[0]), int(rows[-1]) + 1, height, least)
    return left, top, right, bottom


def _grown(begin: int, end: int, whole: int, least: int) -> tuple[int, int]:
    """The interval with a margin, and `least` long where `whole` is."""
    wanted = min(whole, max(least, end - begin + whole // 20))
    begin = max(0, min((begin + end - wanted) // 2, whole - wanted))
    return begin, begin + wanted
