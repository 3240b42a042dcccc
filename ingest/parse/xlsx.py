"""Excel workbooks, by openpyxl's streaming reader: formulas by their last value, a sheet's name as the heading of its tables.

unstructured loads the whole workbook twice and gives neither header nor number formats: two to twenty times as slow.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.cells import show
from ingest.parse.drawing import drawing_texts
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import elements_of_grid
from ingest.parse.ooxml import transitional
from ingest.parse.zipped import open_zip

BLANK_ROWS = 10_000
"""Further down than this below the last value nobody looks: a sheet that was formatted to its end is not read to it."""


def parse_xlsx(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`."""
    import openpyxl

    with open_zip(data, options) as archive:
        drawn = [Element("paragraph", text) for text in drawing_texts(archive, "xl/")]
        data = transitional(data, archive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that a reader of values need not know
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        budget = Budget(options.cells)
        sheets = book.worksheets
        elements: list[Element] = []
        for number, sheet in enumerate(sheets, 1):
            sheet.reset_dimensions()
            found = list(elements_of_grid(_rows(sheet, budget), number, last=True))
            if found:
                elements += named(sheet.title, found, number, len(sheets))
        title = book.properties.title
        book.close()
    return Reading(title, elements + drawn)


def named(name: str, found: list[Element], number: int, sheets: int) -> list[Element]:
    """`found` under the sheet's name, unless it is the one that every new workbook has."""
    plain = name.rstrip("0123456789 ").casefold() in (
        "sheet",
        "tabelle",
        "feuil",
        "hoja",
        "foglio",
        "table",
        "blad",
        "planilha",
        "",
    )
    return found if plain and sheets == 1 else [Element("heading", name, 1, number), *found]


class Budget:
    """How many filled cells a workbook may still have. Raises `Quarantine` too_large when they are spent."""

    __slots__ = ("cells", "left")

    def __init__(self, cells: int) -> None:
        self.cells = self.left = cells

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Quarantine("too_large", f"it has more than {self.cells} cells; cut it into several files, or load it as data")


def _rows(sheet: Any, budget: Budget) -> Iterator[list[str]]:
    blank = 0
    for row in sheet.iter_rows():
        cells = [show(cell.value, cell.number_format or "General") if cell.value is not None else "" for cell in row]
        filled = len(cells) - cells.count("")
        blank = 0 if filled else blank + 1
        if blank > BLANK_ROWS:
            return
        budget.spend(filled)
        yield cells
