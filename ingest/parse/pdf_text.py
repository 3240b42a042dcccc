"""The text layer of a page as boxes: parts of lines, with type and place, turned so that most of its text stands upright.

PDFium tells letter by letter. Two questions a word are asked instead, where its first letter stands and where its last, into one
array; what follows from it is reckoned for all words at once. Type is asked once for each part of a line.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.parse.box import Page, TextBox
from ingest.parse.pdf_annotations import kinds_of, with_fields

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HYPHEN = "\ufffe"
"""PDFium's sign for a hyphen that breaks a word at the end of a line; the line end itself it leaves out."""
_WORD = re.compile(f"(?:\r\n?|\n)|[^\\s{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|(?:[-,_]|\b)(?:bd|b)\b|medi\b", re.IGNORECASE)
_BOLD_TEX = re.compile(r"^(?:[A-Z]{6}\+)?(?:CMBX|SFBX|LMRoman\d+-Bold|NimbusRomNo9L-Medi|NimbusSanL-Bold)")
BOLD_WEIGHT = 600
GAP_EMS = 0.55
"""Wider white space than this, in heights of a line, parts it: what stands beyond may be another column or cell."""
SAMPLES = 40
"""So many letters of a page tell how its text is turned."""
_LIGATURE = re.compile("[\u0622\u0623\u0625\u0627]\u0644")
INVISIBLE = 3  # FPDF_TEXTRENDERMODE_INVISIBLE: the text that OCR lays under a picture


class _Calls(NamedTuple):
    """PDFium's functions with plain numbers for handles: several times faster than its typed pointers."""

    loose_box: Any
    text_object: Any
    font: Any
    mode: Any
    map_error: Any
    char_index: Any


@dataclass(frozen=True, slots=True)
class TextLayer:
    """A page's text and boxes. `unmapped` counts letters of fonts that do not say what their signs mean, among `sampled`."""

    page: Page
    characters: int
    unmapped: int
    sampled: int
    invisible: bool  # whether most of the text is not painted
    pinned: bool = False  # whether a file is pinned to the page


def read_layer(document: Any, index: int) -> TextLayer:
    """The text layer of the page at `index`, counted from 0. Raises pypdfium2.PdfiumError where the page cannot be loaded."""
    import pypdfium2.raw as raw

    page = document[index]
    try:
        pinned = kinds_of(page)[raw.FPDF_ANNOT_FILEATTACHMENT] > 0
        page = with_fields(document, index, page)
        text_page = page.get_textpage()
        try:
            text, identical = _text(text_page)
            turn = _turn(text_page, text, page.get_rotation() // 90)
            left, bottom, right, top = page.get_bbox()
            width, height = (right - left, top - bottom) if turn % 2 == 0 else (top - bottom, right - left)
            words = _words(text_page, text, identical)
            boxes: list[TextBox] = []
            unmapped, sampled, hidden = 0, 0, False
            if words.lines:
                corners = _upright(words.corners, turn, (left, bottom, right, top))
                boxes, unmapped, sampled, hidden = _boxes(text_page, text, words, corners)
            characters = sum(len(box.text) for box in boxes)
            return TextLayer(Page(index + 1, width, height, tuple(boxes)), characters, unmapped, sampled, hidden, pinned)
        finally:
            text_page.close()
    finally:
        page.close()


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    import pypdfium2.raw as raw

    def plain(function: Any, *arguments: Any, result: Any = ctypes.c_int) -> Any:
        return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)

    pointer, number = ctypes.c_void_p, ctypes.c_int
    return _Calls(
        loose_box=plain(raw.FPDFText_GetLooseCharBox, pointer, number, pointer),
        text_object=plain(raw.FPDFText_GetTextObject, pointer, number, result=pointer),
        font=plain(raw.FPDFTextObj_GetFont, pointer, result=pointer),
        mode=plain(raw.FPDFTextObj_GetTextRenderMode, pointer),
        map_error=plain(raw.FPDFText_HasUnicodeMapError, pointer, number),
        char_index=plain(raw.FPDFText_GetCharIndexFromTextIndex, pointer, number),
    )


def _handle(text_page: Any) -> int:
    return ctypes.cast(text_page.raw, ctypes.c_void_p).value or 0


def _text(text_page: Any) -> tuple[str, bool]:
    """The page's text, and whether a sign's place in it is PDFium's index: it leaves out what stands for nothing."""
    import pypdfium2.raw as raw

    count = raw.FPDFText_CountChars(text_page)
    if count <= 0:
        return "", True
    buffer = (ctypes.c_ushort * (2 * count + 1))()
    written = raw.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", errors="replace")
    return text, len(text) == count


def _turn(text_page: Any, text: str, rotation: int) -> int:
    """Quarter turns clockwise of most of the text; a page that does not tell is turned as its viewer turns it."""
    import pypdfium2.raw as raw

    if not text.strip():
        return (-rotation) % 4
    step = max(1, len(text) // SAMPLES)
    places = [index for index in range(0, len(text), step) if not text[index].isspace()]
    angles = [raw.FPDFText_GetCharAngle(text_page, index) for index in places]
    turns = Counter(round(angle / (math.pi / 2)) % 4 for angle in angles if math.isfinite(angle))
    return turns.most_common(1)[0][0] if turns else (-rotation) % 4


@dataclass(frozen=True, slots=True)
class _Words:
    """Where words begin and end in the text, PDFium's index of their first and last letter, their line, and two rectangles each.

    `corners` is float64 [n, 2, 4]: left, bottom, right, top of the first letter and of the last, in the page's own points.
    """

    starts: list[int]
    ends: list[int]
    first: list[int]
    last: list[int]
    lines: list[int]
    corners: NDArray[np.float64]


def _words(text_page: Any, text: str, identical: bool) -> _Words:
    import numpy as np

    calls, handle = _calls(), _handle(text_page)
    starts: list[int] = []
    ends: list[int] = []
    lines: list[int] = []
    line = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        if text[start] in "\r\n":
            line += 1
            continue
        starts.append(start)
        ends.append(end)
        lines.append(line)
        line += text[end - 1] == HYPHEN
    first, last = starts, [end - 1 for end in ends]
    if not identical:
        first = [max(0, calls.char_index(handle, index)) for index in first]
        last = [max(0, calls.char_index(handle, index)) for index in last]
    rectangles = (ctypes.c_float * (8 * len(first)))()
    address = ctypes.addressof(rectangles)
    loose = calls.loose_box
    for one, other in zip(first, last, strict=True):
        loose(handle, one, address)
        if one != other:
            loose(handle, other, address + 16)
        else:
            ctypes.memmove(address + 16, address, 16)
        address += 32
    # PDFium's FS_RECTF is left, top, right, bottom.
    corners = (
        np.frombuffer(memoryview(rectangles).cast("B"), dtype=np.float32).reshape(-1, 2, 4)[:, :, [0, 3, 2, 1]].astype(np.float64)
    )
    return _Words(starts, ends, first, last, lines, corners)


def _upright(corners: NDArray[np.float64], turn: int, page: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Left, top, right, bottom in points from the upper left corner, after the text is turned back by `turn` quarters."""
    import numpy as np

    left, bottom, right, top = page
    x0, y0, x1, y1 = np.moveaxis(corners, -1, 0)
    turned = (
        (x0 - left, top - y1, x1 - left, top - y0),
        (top - y1, right - x1, top - y0, right - x0),
        (right - x1, y0 - bottom, right - x0, y1 - bottom),
        (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
    )[turn]
    return np.stack(turned, axis=-1)


def _boxes(text_page: Any, text: str, words: _Words, corners: NDArray[np.float64]) -> tuple[list[TextBox], int, int, bool]:
    """The parts of lines with their type, how many of how many begin with an unknown sign, whether most are not painted."""
    import numpy as np

    ends = np.array(words.ends)
    lengths = ends - np.array(words.starts)
    tall = (lengths > 1) & (np.abs(corners[:, 1, 1] - corners[:, 0, 1]) > 2 * np.abs(corners[:, 1, 0] - corners[:, 0, 0]))
    x0, y0 = corners[:, :, 0].min(axis=1), corners[:, :, 1].min(axis=1)
    x1, y1 = corners[:, :, 2].max(axis=1), corners[:, :, 3].max(axis=1)
    keep = np.flatnonzero((x1 > x0) & (y1 > y0) & np.isfinite(x0 + x1 + y0 + y1))
    if not len(keep):
        return [], 0, 0, False
    x0, y0, x1, y1, tall = x0[keep], y0[keep], x1[keep], y1[keep], tall[keep]
    lines = np.array(words.lines)[keep]
    single = (lengths[keep][1:] == 1) & tall[:-1] & (lines[1:] == lines[:-1])
    tall[1:] |= single & (np.minimum(x1[1:], x1[:-1]) > np.maximum(x0[1:], x0[:-1]))  # a letter alone stands as the word before
    begins = _begins(x0, y0, x1, y1, tall, lines)
    lefts, tops = np.minimum.reduceat(x0, begins).tolist(), np.minimum.reduceat(y0, begins).tolist()
    rights, bottoms = np.maximum.reduceat(x1, begins).tolist(), np.maximum.reduceat(y1, begins).tolist()
    order = keep.tolist()
    edges = [*begins.tolist(), len(order)]
    types = _Types(text_page)
    arabic = _LIGATURE.search(text) is not None
    boxes: list[TextBox] = []
    unmapped = sampled = invisible = 0
    every = max(1, len(lefts) // SAMPLES)
    for number, (left, top, right, bottom) in enumerate(zip(lefts, tops, rights, bottoms, strict=True)):
        one, other = edges[number], edges[number + 1] - 1
        start, end = words.starts[order[one]], words.ends[order[other]]
        said = _logical(text_page, text, start, end, words.first[order[one]]) if arabic else text[start:end]
        said = (" ".join(said.split()) if one != other else said).replace(HYPHEN, "-")
        first, last = words.first[order[one]], words.last[order[other]]
        size, bold, hidden = types.of(first, last, words.first[order[(one + other + 1) // 2]])
        if number % every == 0:
            sampled += 1
            unmapped += types.calls.map_error(types.handle, first) == 1
        invisible += len(said) if hidden else 0
        boxes.append(TextBox(said, left, top, right, bottom, size, bold))
    return boxes, unmapped, sampled, 2 * invisible > sum(len(box.text) for box in boxes)


def _begins(
    x0: NDArray[np.float64],
    y0: NDArray[np.float64],
    x1: NDArray[np.float64],
    y1: NDArray[np.float64],
    tall: NDArray[np.bool_],
    lines: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The words that do not follow the one before on its line without a wide space; upright words follow in their own column."""
    import numpy as np

    height = np.minimum(y1[1:] - y0[1:], y1[:-1] - y0[:-1])
    level = np.minimum(y1[1:], y1[:-1]) - np.maximum(y0[1:], y0[:-1]) >= 0.4 * height
    gap = np.where(x0[1:] > x0[:-1], x0[1:] - x1[:-1], x0[:-1] - x1[1:])
    along = (lines[1:] == lines[:-1]) & level & (gap < GAP_EMS * height)
    stacked = np.minimum(x1[1:], x1[:-1]) > np.maximum(x0[1:], x0[:-1])
    follows = np.where(tall[1:] | tall[:-1], tall[1:] & tall[:-1] & stacked, along)
    return np.flatnonzero(np.concatenate(([True], ~follows)))


def _logical(text_page: Any, text: str, start: int, end: int, first: int) -> str:
    """Lam and alef in the order in which they are read: PDFium takes the one sign that both share apart the wrong way round."""
    import pypdfium2.raw as raw

    said = text[start:end]
    a, b = raw.FS_RECTF(), raw.FS_RECTF()
    for match in _LIGATURE.finditer(said):
        at = first + match.start()
        boxed = raw.FPDFText_GetLooseCharBox(text_page, at, a) and raw.FPDFText_GetLooseCharBox(text_page, at + 1, b)
        if boxed and (a.left, a.right) == (b.left, b.right):
            said = said[: match.start()] + match.group()[::-1] + said[match.end() :]
    return said


class _Types:
    """Size and weight of letters, asked once for each text object and font of a page."""

    def __init__(self, text_page: Any) -> None:
        self.text_page, self.handle, self.calls = text_page, _handle(text_page), _calls()
        self._sizes: dict[int, tuple[float, bool]] = {}
        self._bolds: dict[int, bool] = {}

    def of(self, first: int, last: int, middle: int) -> tuple[float, bool, bool]:
        """Size in points in the middle; whether first and last letter are bold; whether they are not painted."""
        drawn = self.calls.text_object
        one = drawn(self.handle, first) or 0
        other = drawn(self.handle, last) or 0
        between = one if one == other else drawn(self.handle, middle) or one
        if between not in self._sizes or not between:
            self._sizes[between] = self._size(middle, between)
        size, hidden = self._sizes[between]
        return size, self._bold(first, one) and (one == other or self._bold(last, other)), hidden

    def _bold(self, index: int, text_object: int) -> bool:
        font = (self.calls.font(text_object) or 0) if text_object else 0
        if font not in self._bolds or not font:
            self._bolds[font] = _is_bold(self.text_page, index)
        return self._bolds[font]

    def _size(self, index: int, text_object: int) -> tuple[float, bool]:
        import pypdfium2.raw as raw

        matrix = raw.FS_MATRIX()
        scale = 1.0
        if raw.FPDFText_GetMatrix(self.text_page, index, matrix):
            scale = math.hypot(matrix.c, matrix.d) or 1.0
        size = float(raw.FPDFText_GetFontSize(self.text_page, index)) * scale
        hidden = text_object != 0 and self.calls.mode(text_object) == INVISIBLE
        return (round(size, 1) if 0 < size < 1000 else 0.0), hidden


def _is_bold(text_page: Any, index: int) -> bool:
    import pypdfium2.raw as raw

    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(text_page, index, buffer, 128, ctypes.byref(flags))
    name = buffer.value.decode("latin-1")
    return raw.FPDFText_GetFontWeight(text_page, index) >= BOLD_WEIGHT or bool(_BOLD.search(name) or _BOLD_TEX.match(name))
