"""Delimited text in any encoding: its delimiter found by counting, ragged rows kept as they are.

The standard library's reader, not unstructured's: that one refuses UTF-16 and ragged rows, drops the header, and is slower.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import elements_of_grid

_DELIMITERS = ",\t;|"
SAMPLE_LINES = 50
LONGEST_FIELD = 10_000_000


def parse_csv(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine` too_large above `options.cells`."""
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    delimiter = delimiter_of(text)
    if delimiter is None:
        rows: Iterator[list[str]] = ([line.strip()] for line in text.split("\n"))
    else:
        csv.field_size_limit(LONGEST_FIELD)
        rows = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    grid = []
    cells = 0
    for row in rows:
        cells += len(row)
        if cells > options.cells:
            raise Quarantine("too_large", f"it has more than {options.cells} cells; cut it into several files")
        if filled := [" ".join(cell.split()) for cell in row]:
            grid.append(filled)
    elements: list[Element] = list(elements_of_grid(grid, parted=False, last=True))
    return Reading(None, elements)


def delimiter_of(text: str) -> str | None:
    """The delimiter that cuts most lines into the same number of fields; None where none does.

    Of ragged lines, the one that nearly all of them hold.
    """
    sample = "\n".join(line for line in text.split("\n", SAMPLE_LINES * 2)[: SAMPLE_LINES * 2] if line.strip())
    best, score = None, 0.0
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter)][:SAMPLE_LINES]
        except csv.Error:
            continue
        width, lines = Counter(widths).most_common(1)[0]
        agreed = lines / len(widths) if width > 1 else 0.0
        cut = sum(width > 1 for width in widths) / len(widths)
        if (agreed >= 0.5 or cut >= 0.8) and agreed + cut > score:
            best, score = delimiter, agreed + cut
    return best
