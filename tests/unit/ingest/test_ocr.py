"""Pages as pictures: how they lie is told by their lines, where letters stand by ink, and no engine reaches for the network."""

from __future__ import annotations

import socket
from math import cos, radians, sin
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ingest.errors import Quarantine
from ingest.parse.box import Page, TextBox
from ingest.parse.engine import Options
from ingest.parse.ocr import MAX_PIXELS, RENDER_DPI, Raster, open_ocr, page_quality, render_dpi
from ingest.parse.ocr_ink import SAME_SIZE, em_of, even_sizes, inks_of, printed_area
from ingest.parse.ocr_upright import place, pose_of

WIDTH, HEIGHT = 800, 1000
LINES = [(100.0, 100.0 + 40 * n, 700.0, 120.0 + 40 * n) for n in range(12)]


def quads_of(degrees: float, width: float, height: float) -> NDArray[np.float32]:
    """LINES, on a page that was turned clockwise by `degrees` about its middle into a picture `width` by `height`."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    quads = []
    for x0, y0, x1, y1 in LINES:
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        turned = [
            (width / 2 + c * (x - WIDTH / 2) - s * (y - HEIGHT / 2), height / 2 + s * (x - WIDTH / 2) + c * (y - HEIGHT / 2))
            for x, y in corners
        ]
        quads.append(clockwise(turned))
    return np.array(quads, np.float32)


def clockwise(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Upper left, upper right, lower right, lower left as a detector gives them, whatever the text's direction."""
    by_x = sorted(points)
    (tl, bl), (tr, br) = sorted(by_x[:2], key=lambda p: p[1]), sorted(by_x[2:], key=lambda p: p[1])
    return [tl, tr, br, bl]


@given(st.floats(-12, 12))
def test_skew_is_found_and_taken_out(degrees: float) -> None:
    quads = quads_of(degrees, WIDTH, HEIGHT)
    pose = pose_of(quads, WIDTH, HEIGHT)
    assert pose.turn == 0
    assert abs(pose.skew - degrees) < 0.2
    for quad, line in zip(quads, LINES, strict=True):
        assert np.allclose(place(quad, pose), line, atol=2.5)


@given(st.sampled_from([90, 180, 270]), st.floats(-3, 3))
def test_quarter_turns_are_taken_back(turn: int, skew: float) -> None:
    """Which of two opposite ways is up only the letters tell: `turned_over` is that answer."""
    width, height = (HEIGHT, WIDTH) if turn in (90, 270) else (WIDTH, HEIGHT)
    quads = quads_of(turn + skew, width, height)
    pose = pose_of(quads, width, height)
    if pose.turn != turn:
        pose = pose.turned_over()
    assert pose.turn == turn
    assert (pose.width, pose.height) == (WIDTH, HEIGHT)
    assert not pose.across.any()
    for quad, line in zip(quads, LINES, strict=True):
        assert np.allclose(place(quad, pose), line, atol=2.5)


def test_a_line_across_the_others_is_marked_and_votes_for_nothing() -> None:
    stamp = np.array([[[20, 200], [40, 200], [40, 800], [20, 800]]], np.float32)
    pose = pose_of(np.concatenate([quads_of(0, WIDTH, HEIGHT), stamp]), WIDTH, HEIGHT)
    assert pose.turn == 0
    assert pose.across.tolist() == [False] * len(LINES) + [True]


@given(st.lists(st.tuples(st.floats(2, 80), st.integers(1, 60)), min_size=1, max_size=30))
def test_even_sizes_moves_no_size_far_and_is_done_in_one_go(measured: list[tuple[float, int]]) -> None:
    boxes = [TextBox("x" * letters, 0, 0, 10, 10, size) for size, letters in measured]
    even = even_sizes(boxes)
    for before, after in zip(boxes, even, strict=True):
        assert abs(before.size - after.size) <= SAME_SIZE * after.size / (1 - SAME_SIZE) + 0.1
    assert len({box.size for box in even}) <= len({box.size for box in boxes})


def test_ink_tells_parts_from_words_and_dirt() -> None:
    crop = np.full((40, 600, 3), 255, np.uint8)
    for x in (10, 40, 70, 400, 430):
        crop[8:32, x : x + 20] = 0
    crop[0:6, 200:204] = 0  # the tail of a letter in the line above
    parts = inks_of(crop)
    assert [(round(p.x0 * 600), round(p.x1 * 600)) for p in parts] == [(10, 90), (400, 450)]
    assert {(round(p.y0 * 40), round(p.y1 * 40)) for p in parts} == {(8, 32)}
    assert inks_of(255 - crop) == parts


@given(st.sampled_from(["xenon", "Title", "pages", "EAGLE", "1944", "anno"]), st.floats(5, 60))
def test_the_size_of_type_does_not_depend_on_which_letters_a_line_has(text: str, em: float) -> None:
    above = 0.71 if any(c in "ldhktTEAGL1944" for c in text) else 0.47
    below = 0.21 if any(c in "gjpqy" for c in text) else 0.0
    found, drop = em_of(text, (above + below) * em)
    assert found == pytest.approx(em)
    assert drop == pytest.approx(below * em)


def test_the_printed_area_holds_all_ink_and_is_never_small() -> None:
    page = np.full((1000, 800, 3), 250, np.uint8)
    page[300:330, 700:790] = 10
    left, top, right, bottom = printed_area(page, 400)
    assert left <= 700 < 790 <= right
    assert top <= 300 < 330 <= bottom
    assert (right - left, bottom - top) == (400, 400)
    assert printed_area(np.full((50, 60, 3), 9, np.uint8), 400) == (0, 0, 60, 50)


@given(st.floats(1, 20_000), st.floats(1, 20_000))
def test_a_page_is_never_rendered_larger_than_allowed(width: float, height: float) -> None:
    dpi = render_dpi(width, height)
    assert dpi <= RENDER_DPI
    assert width * height * (dpi / 72) ** 2 <= MAX_PIXELS * 1.001


@given(st.lists(st.tuples(st.text(min_size=1), st.floats(0, 1)), max_size=9))
def test_quality_lies_between_the_worst_and_the_best_line(lines: list[tuple[str, float]]) -> None:
    page = Page(3, 100, 100, tuple(TextBox(text, 0, 0, 1, 1, confidence=score) for text, score in lines))
    quality = page_quality(page)
    assert (quality.page, quality.read_by) == (3, "ocr")
    low, high = (min(s for _, s in lines), max(s for _, s in lines)) if lines else (0.0, 0.0)
    assert low - 1e-3 <= quality.score <= high + 1e-3


def test_what_cannot_be_read_with_is_named() -> None:
    with pytest.raises(Quarantine) as none:
        open_ocr(Options(ocr="none"))
    assert none.value.reason == "no_text"
    with pytest.raises(Quarantine) as unknown:
        open_ocr(Options(ocr_languages=("en", "tlh")))
    assert unknown.value.reason == "engine_missing"
    assert "tlh" in unknown.value.detail
    assert "de" in unknown.value.detail


def test_tesseract_that_is_not_there_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ingest.parse.ocr_tesseract import Tesseract

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Quarantine) as missing:
        Tesseract(("en",))
    assert missing.value.reason == "engine_missing"
    assert "install" in missing.value.detail


def test_tesseracts_table_is_read_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A program that answers as Tesseract does: lines are parted where white space is wide, confidence is weighed by letters."""
    from ingest.parse.ocr_tesseract import Tesseract

    header = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    rows = [
        "1\t1\t0\t0\t0\t0\t0\t0\t1000\t800\t-1\t",
        "5\t1\t1\t1\t1\t1\t100\t50\t100\t20\t90\tDear",
        "5\t1\t1\t1\t1\t2\t206\t50\t90\t20\t50\tBen,",
        "5\t1\t1\t1\t1\t3\t600\t50\t90\t20\t80\tright",
    ]
    (tmp_path / "table").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    program = tmp_path / "tesseract"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --list-langs ] && printf "List:\\neng\\n" && exit 0\n'
        f"/bin/cat >/dev/null\n/bin/cat {tmp_path}/table\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (page,) = Tesseract(("en",)).read_pages([Raster(np.full((800, 1000, 3), 255, np.uint8), 144.0, 7)])
    assert (page.number, page.width, page.height) == (7, 500.0, 400.0)
    assert [(box.text, box.x0, box.confidence) for box in page.boxes] == [
        ("Dear Ben,", 50.0, pytest.approx(0.7)),
        ("right", 300.0, pytest.approx(0.8)),
    ]
    with pytest.raises(Quarantine, match="deu"):
        Tesseract(("de",))


def drawn(lines: list[str], size: int = 32) -> Image.Image:
    picture = Image.new("RGB", (900, 60 + 2 * size * len(lines)), "white")
    pen = ImageDraw.Draw(picture)
    for n, line in enumerate(lines):
        pen.text((40, 30 + 2 * size * n), line, "black", ImageFont.load_default(size))
    return picture


@pytest.mark.slow
def test_rapidocr_reads_any_way_up_in_one_batch_and_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    lines = ["Delivery note 4471 for the sawmill", "Twelve pallets of oak, checked by hand", "Signed at the gate in the morning"]
    upright = drawn(lines)
    pictures = [upright, upright.rotate(180), upright.rotate(90, expand=True), upright.rotate(-90, expand=True)]
    rasters = [Raster(np.asarray(p, np.uint8), 144.0, n) for n, p in enumerate(pictures, 1)]
    rasters.append(Raster(np.full((300, 300, 3), 255, np.uint8), 144.0, 5))
    pages = open_ocr(Options()).read_pages(rasters)
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    for page in pages[:4]:
        assert [box.text for box in sorted(page.boxes, key=lambda box: box.y0)] == lines
        assert (page.width, page.height) == (upright.width / 2, upright.height / 2)
        for box in page.boxes:
            assert box.x0 == pytest.approx(20, abs=3)
            assert 0.9 < (box.confidence or 0) <= 1
            assert box.size == pytest.approx(16, rel=0.2)
    assert pages[4].boxes == ()
    assert page_quality(pages[0]).score > 0.9
