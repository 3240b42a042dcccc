"""Pages of a PDF as pictures: which are nothing else, and what OCR reads on those without usable text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ingest.documents import PageQuality
from ingest.parse.box import Page
from ingest.parse.engine import Options
from ingest.parse.ocr import PAGES_AT_ONCE, Raster, open_ocr, page_quality, render_dpi

COVERED = 0.5
"""A page is a picture when one covers this share of it."""
MIN_STROKES = 40
"""Text that was turned into outlines takes more; boxes and rules take less."""
MAX_OBJECTS = 2_000
POINTS_PER_INCH = 72.0


def is_picture(document: Any, index: int) -> bool:
    """Whether pictures cover most of the page at `index`, counted from 0."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    page = document[index]
    try:
        left, bottom, right, top = page.get_bbox()
        whole = (right - left) * (top - bottom)
        covered = 0.0
        for count, drawn in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4)):
            if count > MAX_OBJECTS:
                break
            x0, y0, x1, y1 = drawn.get_bounds()
            covered += max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
        return bool(covered > COVERED * whole > 0)
    except pdfium.PdfiumError:
        return False
    finally:
        page.close()


def is_blank(document: Any, index: int) -> bool:
    """Whether the page at `index`, counted from 0, holds nothing that could be a picture of text: no image, few strokes."""
    import pypdfium2.raw as raw

    page = document[index]
    try:
        for strokes, drawn in enumerate(page.get_objects(max_depth=4), 1):
            if drawn.type in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_TEXT) or strokes >= MIN_STROKES:
                return False
        return True
    finally:
        page.close()


def read_pictures(document: Any, indexes: Sequence[int], options: Options) -> Iterator[tuple[Page, PageQuality]]:
    """What OCR reads on the pages at `indexes`, a few at a time. Raises what the engine raises."""
    if not indexes:
        return
    engine = open_ocr(options)
    for start in range(0, len(indexes), PAGES_AT_ONCE):
        rasters = [_raster(document, index) for index in indexes[start : start + PAGES_AT_ONCE]]
        for raster, page in zip(rasters, engine.read_pages(rasters), strict=True):
            yield replace(page, number=raster.number), replace(page_quality(page), page=raster.number)


def _raster(document: Any, index: int) -> Raster:
    import numpy as np

    page = document[index]
    try:
        dpi = render_dpi(*page.get_size())
        bitmap = page.render(scale=dpi / POINTS_PER_INCH, rev_byteorder=True, prefer_bgrx=False)
        try:
            pixels = bitmap.to_numpy()
            if pixels.ndim == 2:
                pixels = pixels[:, :, None]
            rgb = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
            return Raster(np.ascontiguousarray(rgb).copy(), dpi, index + 1)
        finally:
            bitmap.close()
    finally:
        page.close()
