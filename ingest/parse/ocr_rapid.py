"""OCR by RapidOCR: PP-OCR models on ONNX Runtime, which its package carries. Nothing is ever fetched.

Lines are found on a picture of at most DETECTION_SIDE pixels, cut out of the full one, and recognised in batches over all pages.
How the page lies is voted by its lines: their quadrilaterals tell quarter turns and skew, a small classifier tells upside down.
Crops are straightened one by one, so no picture is turned or read twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.cores import cores
from ingest.errors import Quarantine
from ingest.parse.box import Page, TextBox
from ingest.parse.ocr import PAGES_AT_ONCE, Raster
from ingest.parse.ocr_ink import ABOVE, BELOW, Ink, em_of, even_sizes, inks_of, printed_area
from ingest.parse.ocr_upright import Pose, place, pose_of
from ingest.parse.progress import step_done

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# fmt: off
LANGUAGES = frozenset((
    "af", "az", "bs", "ca", "ch", "chinese_cht", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi",
    "fr", "ga", "gl", "hr", "hu", "id", "is", "it", "japan", "ku", "la", "lb", "lt", "lv", "mi", "ms",
    "mt", "nl", "no", "oc", "pl", "pt", "qu", "rm", "ro", "rs_latin", "sk", "sl", "sq", "sv", "sw",
    "tl", "tr", "uz", "vi",
))
# fmt: on
"""What the one recognition model in the package reads: Latin alphabets, Chinese and Japanese."""
MODELS = ("PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx", "ch_ppocr_mobile_v2.0_cls_mobile.onnx")
DETECTION_SIDE = 2000
BORDER = 32
"""Pixels around the picture, as its edge is: letters at the very edge are not found."""
LEAST_SIDE = 736
"""What the detector enlarges a smaller picture to."""
ENLARGED_SIDE = 420
"""A smaller picture gets more border instead of being enlarged many times, which costs time and blurs it."""
MIN_CONFIDENCE = 0.5
"""Below it a line is a guess at a picture's texture."""
LINES_AT_ONCE = 64
"""Of one call to the recogniser, which puts lines of like length together: enough for that, few enough for seconds."""
VOTERS = 12
"""How many of its longest lines say whether a page is upside down."""
MAX_THREADS = 4
MARGIN = 0.15
"""Of white around a part of a line, in heights of its crop: what the detector leaves around a line."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A line or a part of one: its upright picture, the upright box around the whole line in pixels, and its ink in that.

    `ink` is None for a line that runs across the others on its page: it keeps the loose box.
    """

    crop: NDArray[np.uint8]
    around: tuple[float, float, float, float]
    ink: Ink | None


class RapidOcr:
    """Raises `Quarantine` engine_missing for a language that its model does not read, or when its models are gone."""

    def __init__(self, languages: Sequence[str]) -> None:
        unknown = sorted({language.casefold() for language in languages} - LANGUAGES)
        if unknown:
            raise Quarantine(
                "engine_missing",
                f"RapidOCR's model does not read {', '.join(unknown)}; set INGEST_OCR_LANGUAGES to some of"
                f" {', '.join(sorted(LANGUAGES))}, or INGEST_OCR to tesseract",
            )
        self._lock = threading.Lock()
        self._engine: Any = None

    def read_pages(self, rasters: Sequence[Raster]) -> list[Page]:
        pages: list[Page] = []
        with self._lock:  # ONNX Runtime has threads of its own: two pages at once would only take turns
            if self._engine is None:
                self._engine = _open()
            for begin in range(0, len(rasters), PAGES_AT_ONCE):
                pages.extend(self._read(rasters[begin : begin + PAGES_AT_ONCE]))
        return pages

    def _read(self, rasters: Sequence[Raster]) -> list[Page]:
        import numpy as np

        found: list[tuple[Pose, list[_Part]]] = []
        for raster in rasters:
            pixels = np.ascontiguousarray(raster.pixels[:, :, ::-1])  # the models were trained on OpenCV's order
            quads = self._detect(pixels)
            pose, crops = self._upright(quads, self._engine.crop_text_regions(pixels, quads), pixels.shape[:2])
            parts = [part for n, crop in enumerate(crops) for part in _parts(crop, place(quads[n], pose), bool(pose.across[n]))]
            found.append((pose, parts))
            step_done()
        texts = iter(self._recognized([part.crop for _, parts in found for part in parts]))
        pages = []
        for raster, (pose, parts) in zip(rasters, found, strict=True):
            points = 72.0 / raster.dpi
            boxes = []
            for part in parts:
                text, confidence = next(texts)
                if text.strip() and confidence >= MIN_CONFIDENCE:
                    boxes.append(_box(text.strip(), float(confidence), part, points))
            pages.append(Page(raster.number, pose.width * points, pose.height * points, even_sizes(boxes)))
        return pages

    def _recognized(self, crops: list[NDArray[np.uint8]]) -> list[tuple[str, float]]:
        read: list[tuple[str, float]] = []
        for begin in range(0, len(crops), LINES_AT_ONCE):
            some = self._engine.recognize_txt(crops[begin : begin + LINES_AT_ONCE])
            read.extend(zip(some.txts, some.scores, strict=True))
            step_done()
        return read

    def _detect(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Quadrilaterals of lines, float32 [n, 4, 2] in pixels of the full picture: upper left, then clockwise."""
        import cv2
        import numpy as np

        height, width = pixels.shape[:2]
        ratio = min(1.0, DETECTION_SIDE / max(height, width))
        small = cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA) if ratio < 1.0 else pixels
        left, top, right, bottom = printed_area(np.asarray(small, np.uint8), LEAST_SIDE)
        small = small[top:bottom, left:right]
        beside, above = (max(0, ENLARGED_SIDE - side) // 2 + BORDER for side in (small.shape[1], small.shape[0]))
        framed = cv2.copyMakeBorder(small, above, above, beside, beside, cv2.BORDER_REPLICATE)
        found = self._engine._load_det_model()(framed).boxes
        if found is None:
            return np.zeros((0, 4, 2), np.float32)
        quads = (np.asarray(found, np.float32) + np.array([left - beside, top - above], np.float32)) / np.float32(ratio)
        return np.asarray(np.clip(quads, 0, np.array([width, height])), np.float32)

    def _upright(
        self, quads: NDArray[np.float32], crops: list[NDArray[np.uint8]], shape: tuple[int, int]
    ) -> tuple[Pose, list[NDArray[np.uint8]]]:
        """How the page lies, and its lines the right way up. A line across the others is asked for itself."""
        import numpy as np

        pose = pose_of(quads, shape[1], shape[0])
        crops = [
            np.ascontiguousarray(crop[::-1, ::-1]) if back else crop
            for crop, back in zip(crops, pose.backwards.tolist(), strict=True)
        ]
        along = [n for n in range(len(quads)) if bool(pose.across[n]) is False]
        voters = sorted(along, key=lambda n: -crops[n].shape[1])[:VOTERS]
        others = [n for n in range(len(quads)) if pose.across[n]]
        asked = voters + others
        if not asked:
            return pose, crops
        answers = dict(zip(asked, self._engine.cls_and_rotate([crops[n] for n in asked])[1].cls_res, strict=True))
        down = sum(score if label == "180" else -score for label, score in (answers[n] for n in voters))
        if down > 0:
            pose = pose.turned_over()
        turned = [
            np.ascontiguousarray(crop[::-1, ::-1])
            if (answers[n][0] == "180" and answers[n][1] > 0.9 if pose.across[n] else down > 0)
            else crop
            for n, crop in enumerate(crops)
        ]
        return pose, turned


def _parts(crop: NDArray[np.uint8], around: tuple[float, float, float, float], across: bool) -> list[_Part]:
    """A line where wide white space divides it, each part with a margin as the models know it."""
    if across:
        return [_Part(crop, around, None)]
    inks = inks_of(crop)
    if len(inks) == 1:
        return [_Part(crop, around, inks[0])]
    margin = max(1, round(MARGIN * crop.shape[0]))
    width = crop.shape[1]
    cuts = [(max(0, round(ink.x0 * width) - margin), min(width, round(ink.x1 * width) + margin)) for ink in inks]
    return [_Part(crop[:, left:right], around, ink) for (left, right), ink in zip(cuts, inks, strict=True)]


def _box(text: str, confidence: float, part: _Part, points: float) -> TextBox:
    """The line as type stands."""
    x0, y0, x1, y1 = part.around
    ink = part.ink
    if ink is None:
        return TextBox(text, x0 * points, y0 * points, x1 * points, y1 * points, 0.0, False, confidence)
    width, height = x1 - x0, y1 - y0
    em, drop = em_of(text, (ink.y1 - ink.y0) * height)
    base = y0 + ink.y1 * height - drop
    return TextBox(
        text,
        (x0 + ink.x0 * width) * points,
        (base - ABOVE * em) * points,
        (x0 + ink.x1 * width) * points,
        (base + BELOW * em) * points,
        em * points,
        False,
        confidence,
    )


def _open() -> Any:
    """The engine with its models loaded when first used. Refuses to start without them: RapidOCR would fetch them."""
    try:
        import rapidocr
    except ImportError:
        raise Quarantine(
            "engine_missing", "the package rapidocr is not here; install it, or set INGEST_OCR to tesseract"
        ) from None

    folder = Path(rapidocr.__file__).parent / "models"
    missing = [name for name in MODELS if not (folder / name).is_file()]
    if missing:
        raise Quarantine("engine_missing", f"the package rapidocr lacks {', '.join(missing)}; install rapidocr 3.10 again")
    threads = min(MAX_THREADS, cores())
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            **{f"{task}.model_path": str(folder / name) for task, name in zip(("Det", "Rec", "Cls"), MODELS, strict=True)},
        }
    )
