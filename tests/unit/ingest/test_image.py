"""Pictures of every kind become RGB the right way up; what is none is named."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.image import DPI_RANGE, page_dpi, parse_image, to_rgb


def page(text: str, mode: str = "RGB") -> Image.Image:
    picture = Image.new("L", (700, 160), 255)
    ImageDraw.Draw(picture).text((40, 50), text, 0, ImageFont.load_default(40))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    held = io.BytesIO()
    picture.save(held, kind, **options)
    return held.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "F", "I;16"])
def test_every_mode_becomes_rgb_with_dark_letters_on_white(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(page("dark"), np.uint16)[:, :, 0] * 257)
        assert picture.mode == mode
    else:
        picture = page("dark", mode)
    pixels = to_rgb(picture)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (160, 700, 3)
    assert pixels[0, 0].min() >= 250
    assert pixels.min() <= 40


def test_what_is_transparent_is_paper() -> None:
    letters = np.zeros((60, 80, 4), np.uint8)
    letters[20:40, 20:40, 3] = 255
    pixels = to_rgb(Image.fromarray(letters, "RGBA"))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[30, 30].tolist() == [0, 0, 0]


@given(st.integers(1, 40_000), st.integers(1, 40_000), st.floats(-10, 1e6))
def test_the_resolution_is_always_possible(width: int, height: int, stated: float) -> None:
    assert DPI_RANGE[0] <= page_dpi(width, height, stated) <= DPI_RANGE[1]


@pytest.mark.slow
def test_pages_of_a_tiff_are_counted_and_a_turned_photograph_is_turned_back() -> None:
    pages = saved(page("First page here", "1"), "TIFF", save_all=True, append_images=[page("Second page here")])
    reading = parse_image(pages, Options())
    assert [(element.page, element.text) for element in reading.elements] == [(1, "First page here"), (2, "Second page here")]
    assert [(quality.page, quality.read_by) for quality in reading.pages] == [(1, "ocr"), (2, "ocr")]
    assert all(element.confidence and element.confidence > 0.9 for element in reading.elements)

    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    photograph = saved(page("Held sideways").rotate(90, expand=True), "JPEG", exif=exif, quality=95)
    assert [element.text for element in parse_image(photograph, Options()).elements] == ["Held sideways"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "GIF"])
def test_every_format_is_read(kind: str) -> None:
    assert [element.text for element in parse_image(saved(page("Forty pallets"), kind), Options()).elements] == ["Forty pallets"]


def reason(data: bytes) -> str:
    with pytest.raises(Quarantine) as caught:
        parse_image(data, Options())
    return caught.value.reason


def test_what_cannot_be_read_is_named() -> None:
    whole = saved(page("cut off"), "PNG")
    assert reason(whole[: len(whole) // 2]) == "corrupt"
    assert reason(whole[:20]) == "corrupt"
    assert reason(b"\xff\xd8\xff" + b"no picture" * 20) == "corrupt"
    assert reason(saved(Image.new("RGB", (400, 400), "white"), "PNG")) == "no_text"
    assert reason(saved(Image.new("RGBA", (1, 1)), "PNG")) == "no_text"


@pytest.mark.parametrize(("width", "height"), [(12_000, 12_000), (60_000, 60_000), (2_000_000, 80)])
def test_a_bomb_is_told_by_its_header_before_it_is_unpacked(width: int, height: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    assert reason(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")) == "bomb"
