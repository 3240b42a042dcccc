"""How fast born-digital PDFs are read, with what unstructured's fast strategy takes beside it.

    python benchmarks/pdf.py FOLDER [--files N] [--seconds S] [--json]

The N largest PDFs below FOLDER with a usable text layer on every page, each read whole (text, layout, elements, no OCR) in one
process; then the same files by unstructured's `fast` where it can be imported, else by pdfminer.six's `extract_pages` with the
parameters that it uses, else by nothing, and the output says which. Wall and processor seconds, garbage collection as it comes.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.pdf import parse_pdf
from ingest.parse.pdf_quality import USABLE

WITHOUT_OCR = Options(ocr="none")
Read = Callable[[bytes], int]


def ours(data: bytes) -> int:
    return sum(len(element.text) for element in parse_pdf(data, WITHOUT_OCR).elements)


def peer() -> tuple[str, Read] | None:
    """The name and reader of the best peer that is installed."""
    try:
        from ingest.parse.offline import prepare_unstructured

        prepare_unstructured()  # or it reaches for a model on the internet
        from unstructured.partition.pdf import partition_pdf

        return "unstructured fast", lambda data: sum(len(str(e)) for e in partition_pdf(file=io.BytesIO(data), strategy="fast"))
    except ImportError:
        pass
    try:
        from pdfminer.high_level import extract_pages
        from pdfminer.layout import LAParams, LTTextContainer

        def read(data: bytes) -> int:
            pages = extract_pages(io.BytesIO(data), laparams=LAParams())
            return sum(len(box.get_text()) for page in pages for box in page if isinstance(box, LTTextContainer))

        return "pdfminer.six", read
    except ImportError:
        return None


def born_digital(folder: Path, count: int) -> list[tuple[Path, int]]:
    """The largest files, and how many pages each has."""
    found: list[tuple[Path, int]] = []
    for path in sorted(folder.rglob("*.pdf"), key=lambda path: (-path.stat().st_size, path)):
        try:
            pages = parse_pdf(path.read_bytes(), WITHOUT_OCR).pages
        except Quarantine:
            continue
        if pages and all(page.score >= USABLE for page in pages):
            found.append((path, len(pages)))
        if len(found) == count:
            break
    return found


def measure(read: Read, files: list[tuple[Path, int]], seconds: float) -> dict[str, Any]:
    """Files from the first on until the time is over; each once, after one that warms up."""
    data = [path.read_bytes() for path, _ in files]
    read(data[0])
    wall, processor = time.perf_counter(), time.process_time()
    pages = characters = 0
    for content, (_, count) in zip(data, files, strict=True):
        characters += read(content)
        pages += count
        if time.perf_counter() - wall > seconds:
            break
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "pages": pages,
        "characters": characters,
        "seconds": round(wall, 3),
        "processor_seconds": round(processor, 3),
        "pages_per_second": round(pages / wall, 1),
        "pages_per_processor_second": round(pages / processor, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = born_digital(options.folder, options.files)
    if not files:
        print(f"no born-digital PDF below {options.folder}", file=sys.stderr)
        return 1
    result: dict[str, Any] = {"files": len(files), "portcullis": measure(ours, files, options.seconds)}
    other = peer()
    if other is not None:
        result[other[0]] = measure(other[1], files, options.seconds)
    if options.json:
        print(json.dumps(result, indent=1))
        return 0
    for name, figures in result.items():
        print(f"{name:18} {figures}")
    if other is None:
        print("no peer is installed: neither unstructured's fast strategy nor pdfminer.six can be imported")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
