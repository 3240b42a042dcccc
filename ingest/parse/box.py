"""What a page consists of before anybody knows in which order it is read: the seam between PDF text layers, OCR and layout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextBox:
    """A line of text, or a part of one, where it stands: points from the page's upper left corner, x1 > x0, y1 > y0."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float = 0.0  # of the type, in points; 0 where unknown
    bold: bool = False
    confidence: float | None = None  # of OCR, from 0 to 1


@dataclass(frozen=True, slots=True)
class Page:
    """A page's boxes in no particular order. `number` counts from 1; width and height in points, as a person sees the page."""

    number: int
    width: float
    height: float
    boxes: tuple[TextBox, ...]
