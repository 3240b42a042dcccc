"""Reading pages against RapidOCR alone on the same pictures: `python -m benchmarks.ocr PAGE...`. The median of three runs each.

RapidOCR alone has its own defaults and gives lines without reading order; ours includes orientation and reading order.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from ingest.parse.engine import Options
from ingest.parse.layout import elements_of
from ingest.parse.ocr import Raster, open_ocr

RUNS = 3


def main(paths: list[Path]) -> None:
    import rapidocr

    alone = rapidocr.RapidOCR(params={"Global.log_level": "error"})
    ours = open_ocr(Options())
    for path in paths:
        with Image.open(path) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        raster = Raster(pixels, 300.0)
        bgr = np.ascontiguousarray(pixels[:, :, ::-1])
        mine = _seconds(lambda raster=raster: elements_of(ours.read_pages([raster])))  # type: ignore[misc]
        theirs = _seconds(lambda bgr=bgr: alone(bgr))  # type: ignore[misc]
        print(f"{path.name}: {mine:.2f} s, RapidOCR alone {theirs:.2f} s, {mine / theirs:.2f}x", flush=True)


def _seconds(work: Callable[[], Any]) -> float:
    took = []
    work()
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return median(took)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
