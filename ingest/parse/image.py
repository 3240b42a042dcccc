"""Pictures of pages: png, jpeg, tiff with several pages, bmp, gif and webp become RGB, the right way up, and OCR reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ingest.errors import Quarantine
from ingest.parse.box import Page
from ingest.parse.engine import Options, Reading
from ingest.parse.layout import elements_of
from ingest.parse.ocr import MAX_PIXELS, PAGES_AT_ONCE, Raster, open_ocr, page_quality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MEDIA_TYPES = ("image/png", "image/jpeg", "image/tiff", "image/bmp", "image/gif", "image/webp")
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
BOMB_PIXELS = 120_000_000
"""A picture that unpacks to more is no page: A0 at 240 dpi has fewer."""
MAX_FRAMES = 2_000
DEFAULT_DPI = 300.0
DPI_RANGE = (100.0, 1200.0)
"""What a file says of its resolution outside of this is a screen's, or nonsense; `page_dpi` guesses then."""
LONG_SIDE_INCHES = 11.0
MIN_SIDE = 8


def parse_image(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`: bomb, corrupt, no_text where OCR finds none, and what its engine raises."""
    engine = open_ocr(options)
    pages: list[Page] = []
    batch: list[Raster] = []
    for raster in _rasters(data):
        batch.append(raster)
        if len(batch) == PAGES_AT_ONCE:
            pages.extend(engine.read_pages(batch))
            batch = []
    if batch:
        pages.extend(engine.read_pages(batch))
    if not any(page.boxes for page in pages):
        raise Quarantine("no_text", "OCR found no text in the picture; scan it sharper, or leave it out")
    return Reading(None, elements_of(pages), pages=[page_quality(page) for page in pages if page.boxes])


def page_dpi(width: int, height: int, stated: float) -> float:
    """The resolution: what the file states where that can be, else the one that makes the longer side that of a letter."""
    if DPI_RANGE[0] <= stated <= DPI_RANGE[1]:
        return stated
    return min(max(max(width, height) / LONG_SIDE_INCHES, DPI_RANGE[0]), DPI_RANGE[1])


def to_rgb(picture: Image) -> NDArray[np.uint8]:
    """uint8 [height, width, 3]: palettes and CMYK converted, transparency laid on white, 16 bits and floats spread over 8."""
    import numpy as np
    from PIL import Image as images

    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, np.float64)
        top = 65535.0 if picture.mode.startswith("I") and values.max(initial=0) > 255 else max(float(values.max(initial=0)), 1.0)
        grey = np.clip(values * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        white = images.new("RGBA", clear.size, (255, 255, 255, 255))
        return np.asarray(images.alpha_composite(white, clear).convert("RGB"))
    return np.asarray(picture.convert("RGB"))


def _rasters(data: bytes) -> Iterator[Raster]:
    """The pages of a picture, one at a time. What Pillow cannot read is corrupt."""
    import warnings

    from PIL import Image as images
    from PIL import UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture above Pillow's own limit is measured here; odd metadata is no fault
        try:
            with images.open(io.BytesIO(data), formats=FORMATS) as picture:
                frames = 1 if picture.format in ("GIF", "WEBP", "PNG", "MPO") else getattr(picture, "n_frames", 1)
                if frames > MAX_FRAMES:
                    raise Quarantine("bomb", f"it says that it has {frames} pages; {MAX_FRAMES} are allowed")
                for number in range(1, frames + 1):
                    picture.seek(number - 1)
                    yield _raster(picture, number)
        except images.DecompressionBombError:
            raise Quarantine("bomb", f"it unpacks to more than {BOMB_PIXELS} pixels; save it smaller") from None
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            raise Quarantine(
                "corrupt", f"the picture cannot be decoded ({type(error).__name__}); open and save it again in its program"
            ) from None


def _raster(picture: Any, number: int) -> Raster:
    from PIL import ImageOps

    width, height = picture.size
    if width * height > BOMB_PIXELS:
        raise Quarantine("bomb", f"it unpacks to {width} x {height} pixels; {BOMB_PIXELS} are allowed: save it smaller")
    dpi = page_dpi(width, height, _stated_dpi(picture))
    upright = ImageOps.exif_transpose(picture)
    pixels = to_rgb(upright)
    if width * height > MAX_PIXELS:
        pixels, dpi = _shrunk(pixels, dpi)
    if min(pixels.shape[:2]) < MIN_SIDE:
        pixels = _padded(pixels)
    return Raster(pixels, dpi, number)


def _stated_dpi(picture: Any) -> float:
    try:
        x, y = picture.info.get("dpi", (0, 0))
        return max(float(x), float(y))
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _shrunk(pixels: NDArray[np.uint8], dpi: float) -> tuple[NDArray[np.uint8], float]:
    import cv2
    import numpy as np

    ratio = (MAX_PIXELS / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    small = cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), dpi * ratio


def _padded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import numpy as np

    low = [(0, max(0, MIN_SIDE - side)) for side in pixels.shape[:2]]
    return np.pad(pixels, (*low, (0, 0)), constant_values=255)
