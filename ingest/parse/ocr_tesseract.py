"""OCR by Tesseract, when its program is on the PATH: one process a page, its table of words read back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import Quarantine
from ingest.parse.box import Page, TextBox
from ingest.parse.ocr import Raster
from ingest.parse.ocr_ink import even_sizes
from ingest.parse.progress import step_done

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# fmt: off
MODELS = {
    "af": "afr", "bg": "bul", "ca": "cat", "ch": "chi_sim", "cs": "ces", "da": "dan", "de": "deu", "el": "ell",
    "en": "eng", "es": "spa", "et": "est", "fi": "fin", "fr": "fra", "hr": "hrv", "hu": "hun", "id": "ind",
    "is": "isl", "it": "ita", "ja": "jpn", "ko": "kor", "la": "lat", "lt": "lit", "lv": "lav", "nl": "nld",
    "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk", "sl": "slv", "sq": "sqi",
    "sv": "swe", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "chi_sim",
}
# fmt: on
"""Two-letter languages to the names of Tesseract's models; a model's own name serves as well."""
PAGE_SECONDS = 120.0
GAP_EMS = 0.8
"""White space within a line that is wider may part two columns."""
WORD = "5"


class Tesseract:
    """Raises `Quarantine` engine_missing without the program or a language's model, timeout when a page takes too long."""

    def __init__(self, languages: Sequence[str]) -> None:
        program = shutil.which("tesseract")
        if program is None:
            raise Quarantine(
                "engine_missing", "there is no program tesseract on the PATH; install Tesseract 5, or set INGEST_OCR to rapidocr"
            )
        self._program = program
        there = _run([program, "--list-langs"], b"").split("\n")[1:]
        models = [MODELS.get(language.casefold(), language) for language in languages or ("en",)]
        unknown = sorted(set(models) - {name.strip() for name in there})
        if unknown:
            raise Quarantine(
                "engine_missing",
                f"Tesseract has no model {', '.join(unknown)}; it has {', '.join(sorted(n.strip() for n in there if n.strip()))}",
            )
        self._models = "+".join(models)
        self._layout = (
            "1" if "osd" in {name.strip() for name in there} else "3"
        )  # with the model for it, orientation is found too

    def read_pages(self, rasters: Sequence[Raster]) -> list[Page]:
        pages = []
        for raster in rasters:
            pages.append(self._read(raster))
            step_done()
        return pages

    def _read(self, raster: Raster) -> Page:
        dpi = str(round(min(max(raster.dpi, 70.0), 2400.0)))
        table = _run(
            [self._program, "-", "-", "-l", self._models, "--psm", self._layout, "--dpi", dpi, "tsv"], _pnm(raster.pixels)
        )
        points = 72.0 / raster.dpi
        words, width, height = _words(table)
        boxes = [box for line in words for box in _boxes(line, points)]
        return Page(raster.number, width * points, height * points, even_sizes(boxes))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: int
    y0: int
    x1: int
    y1: int
    confidence: float


def _words(table: str) -> tuple[list[list[_Word]], int, int]:
    """Words by line, in pixels, and the size of the page as Tesseract turned it."""
    lines: dict[tuple[str, ...], list[_Word]] = {}
    width = height = 0
    for row in table.split("\n")[1:]:
        cells = row.split("\t")
        if len(cells) != 12:
            continue
        left, top, wide, high = (int(cell) for cell in cells[6:10])
        if cells[0] == "1":
            width, height = wide, high
        elif cells[0] == WORD and cells[11].strip():
            word = _Word(cells[11].strip(), left, top, left + wide, top + high, max(0.0, float(cells[10]) / 100))
            lines.setdefault(tuple(cells[1:5]), []).append(word)
    return list(lines.values()), width, height


def _boxes(line: Sequence[_Word], points: float) -> list[TextBox]:
    """A line, parted where white space is wide."""
    top, bottom = min(word.y0 for word in line), max(word.y1 for word in line)
    groups: list[list[_Word]] = [[line[0]]]
    for word in line[1:]:
        if word.x0 - groups[-1][-1].x1 > GAP_EMS * (bottom - top):
            groups.append([word])
        else:
            groups[-1].append(word)
    boxes = []
    for group in groups:
        letters = sum(len(word.text) for word in group)
        confidence = sum(word.confidence * len(word.text) for word in group) / letters
        text = " ".join(word.text for word in group)
        x0, x1 = group[0].x0 * points, max(word.x1 for word in group) * points
        if x1 > x0 and bottom > top:
            boxes.append(TextBox(text, x0, top * points, x1, bottom * points, (bottom - top) * points, False, confidence))
    return boxes


def _pnm(pixels: NDArray[np.uint8]) -> bytes:
    import numpy as np

    return b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + np.ascontiguousarray(pixels).tobytes()


def _run(command: Sequence[str], picture: bytes) -> str:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "2"}
    try:
        done = subprocess.run(command, input=picture, capture_output=True, check=True, timeout=PAGE_SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        raise Quarantine(
            "timeout", f"Tesseract took more than {PAGE_SECONDS:.0f} s for a page; set INGEST_OCR to rapidocr"
        ) from None
    return done.stdout.decode("utf-8", "replace")
