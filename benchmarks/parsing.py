"""Seconds to read each format, ours beside unstructured's own, and pages a second of born-digital PDF.

    python -m benchmarks.parsing DATA [--runs 3] [--files 12] [--only EXTENSION] [--json]

For each format the largest files below DATA/docs, up to --files and 2 MB each; both readers in processes of their own, those of
`evals/fidelity.py`. Scans are left out, and only files that both read count. A run reads every file once with ours, then once
with the peer; one reading before the first run warms up. Figures are medians over the runs, the ratio is the median of the ratios
within one run, since other work on the machine slows both.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from evals.side import Side

FORMATS = (
    "pdf",
    "docx",
    "pptx",
    "xlsx",
    "xls",
    "csv",
    "tsv",
    "html",
    "md",
    "rst",
    "org",
    "rtf",
    "odt",
    "epub",
    "eml",
    "msg",
    "xml",
    "json",
    "txt",
)
FILE_BYTES = 2_000_000
WARM_UP_SECONDS = 180.0
SCANS = frozenset(("ocr", "webp", "olmocr-gnarly"))


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds for all `files` of a format; `ratio` is ours by the peer's. `pages` is None for what has none."""

    format: str
    files: int
    ours_seconds: float
    peer_seconds: float
    ratio: float
    pages: int | None = None

    @property
    def pages_a_second(self) -> float | None:
        return self.pages / self.ours_seconds if self.pages else None


def pick(data: Path, extension: str, count: int) -> list[Path]:
    """The largest files of the format, what is known to be scanned left out."""
    found = [p for p in (data / "docs").rglob(f"*.{extension}") if p.is_file() and not SCANS & set(p.parts)]
    found = [p for p in found if "groundtruth" not in p.parts and "evaluate" not in p.parts and "expected" not in str(p)]
    sized = sorted((p for p in found if 0 < p.stat().st_size <= FILE_BYTES), key=lambda p: (-p.stat().st_size, p))
    return sized[:count]


def measure(extension: str, files: Sequence[Path], ours: Side, peer: Side, runs: int) -> Speed | None:
    """None when no file is read by both."""
    both = [p for p in files if _readable(ours, p) and _readable(peer, p)]
    if not both:
        return None
    took = [(sum(ours.read(p).seconds for p in both), sum(peer.read(p).seconds for p in both)) for _ in range(runs)]
    ratio = median(a / b for a, b in took)
    pages = sum(map(_pages, both)) if extension == "pdf" else None
    return Speed(extension, len(both), median(a for a, _ in took), median(b for _, b in took), ratio, pages)


def _readable(side: Side, path: Path) -> bool:
    """Reads it once, which warms up too; a page without a text layer would make this a benchmark of OCR."""
    return side.read(path).reason is None


def _pages(path: Path) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return len(document)
    finally:
        document.close()


def born_digital(path: Path) -> bool:
    """Whether every page has letters in its text layer."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return False
    try:
        return len(document) > 0 and all(page.get_textpage().count_chars() > 100 for page in document)
    finally:
        document.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parsing", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--only", action="append", metavar="EXTENSION")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    speeds: dict[str, Speed] = {}
    missing: dict[str, int] = defaultdict(int)
    with Side("ours", WARM_UP_SECONDS) as ours, Side("peer", WARM_UP_SECONDS) as peer:
        for extension in options.only or FORMATS:
            files = pick(options.data, extension, 10 * options.files if extension == "pdf" else options.files)
            if extension == "pdf":
                files = [path for path in files if born_digital(path)][: options.files]
            speed = measure(extension, files, ours, peer, options.runs)
            if speed is None:
                missing[extension] = len(files)
            else:
                speeds[extension] = speed
                print(_line(speed), file=sys.stderr)
    if options.json:
        print(json.dumps({"formats": {k: asdict(s) | {"pages_a_second": s.pages_a_second} for k, s in speeds.items()}}, indent=1))
        return 0
    print(f"{'format':6} {'files':>5} {'ours s':>8} {'peer s':>8} {'ratio':>6}")
    for speed in speeds.values():
        print(_line(speed))
    for extension, count in missing.items():
        print(f"{extension:6} {count:5} files, none of them read by both")
    return 0


def _line(speed: Speed) -> str:
    pages = f"  {speed.pages} pages, {speed.pages_a_second:.0f} a second" if speed.pages_a_second else ""
    return f"{speed.format:6} {speed.files:5} {speed.ours_seconds:8.3f} {speed.peer_seconds:8.3f} {speed.ratio:6.3f}{pages}"


if __name__ == "__main__":
    raise SystemExit(main())
