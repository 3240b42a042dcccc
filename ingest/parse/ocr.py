"""The seam to engines that read pictures of pages, and how far what they read can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from ingest.documents import PageQuality
from ingest.errors import Quarantine
from ingest.parse.box import Page
from ingest.parse.engine import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RENDER_DPI = 300.0
"""What a page of a PDF is rendered at: ten-point type is then as tall as the recognition model's input, 48 pixels."""
MAX_PIXELS = 20_000_000
"""Of one page: A3 at 300 dpi. More shows no more text and costs memory."""
PAGES_AT_ONCE = 4
"""How many pages are worth handing over together; each is held as MAX_PIXELS * 3 bytes at most."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A page as a picture: uint8 [height, width, 3] in RGB. `number` counts from 1; `dpi` turns pixels into points."""

    pixels: NDArray[np.uint8] = field(repr=False)
    dpi: float = 72.0
    number: int = 1


class Ocr(Protocol):
    """Reads pictures of pages, upright or not. Safe to call from several threads."""

    def read_pages(self, rasters: Sequence[Raster]) -> list[Page]:
        """One page for each raster, in their order; no boxes where there is no text.

        A box is one line, or the part of a line within a column, with its confidence. Boxes, width and height are in points, of
        the page turned upright and straightened, as a person would hold it.
        """


def open_ocr(options: Options) -> Ocr:
    """The engine that `options` name, loaded once in a process. Raises `Quarantine`: no_text, engine_missing."""
    if options.ocr == "none":
        raise Quarantine(
            "no_text", "it is a picture of text and INGEST_OCR is none; set it to rapidocr, or run OCR over it first"
        )
    return _engine(options.ocr, options.ocr_languages)


@lru_cache(maxsize=8)
def _engine(name: str, languages: tuple[str, ...]) -> Ocr:
    if name == "tesseract":
        from ingest.parse.ocr_tesseract import Tesseract

        return Tesseract(languages)
    from ingest.parse.ocr_rapid import RapidOcr

    return RapidOcr(languages)


def render_dpi(width: float, height: float, dpi: float = RENDER_DPI) -> float:
    """The resolution for a page of that many points: `dpi`, or what keeps it within MAX_PIXELS."""
    pixels = width * height * (dpi / 72.0) ** 2
    return dpi if pixels <= MAX_PIXELS else dpi * (MAX_PIXELS / pixels) ** 0.5


def page_quality(page: Page) -> PageQuality:
    """How far the words of an OCR page can be trusted: the share of its characters that are likely right."""
    weights = [len(box.text) for box in page.boxes if box.confidence is not None]
    total = sum(weights)
    if not total:
        return PageQuality(page.number, 0.0, "ocr")
    mean = sum(len(box.text) * box.confidence for box in page.boxes if box.confidence is not None) / total
    return PageQuality(page.number, round(min(max(mean, 0.0), 1.0), 4), "ocr")
