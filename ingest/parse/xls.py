"""Workbooks of Excel 97 to 2003, by xlrd: dates and numbers by their formats, as unstructured's reader does not give them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ingest.documents import Element
from ingest.errors import Quarantine
from ingest.parse.cells import show
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import elements_of_grid
from ingest.parse.xlsx import Budget, named


def parse_xls(data: bytes, options: Options) -> Reading:
    """Raises `Quarantine`."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), formatting_info=True, on_demand=True)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).casefold():
            raise Quarantine("encrypted", "it is protected by a password; give it, or save the file without one") from None
        raise
    budget = Budget(options.cells)
    elements: list[Element] = []
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        found = list(elements_of_grid(_rows(book, sheet, budget), number + 1, last=True))
        if found:
            elements += named(sheet.name, found, number + 1, book.nsheets)
        book.unload_sheet(number)
    return Reading(None, elements)


def _rows(book: Any, sheet: Any, budget: Budget) -> Iterator[list[str]]:
    for number in range(sheet.nrows):
        cells = [_show(book, cell) for cell in sheet.row(number)]
        budget.spend(len(cells) - cells.count(""))
        yield cells


def _show(book: Any, cell: Any) -> str:
    import xlrd

    match cell.ctype:
        case xlrd.XL_CELL_EMPTY | xlrd.XL_CELL_BLANK:
            return ""
        case xlrd.XL_CELL_BOOLEAN:
            return show(bool(cell.value))
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, ""))
        case xlrd.XL_CELL_DATE:
            try:
                moment = xlrd.xldate_as_datetime(cell.value, book.datemode)
            except (ValueError, OverflowError, xlrd.XLDateError):
                return show(cell.value)
            return show(moment.time() if 0 < cell.value < 1 else moment)
        case xlrd.XL_CELL_NUMBER:
            style = book.format_map.get(book.xf_list[cell.xf_index].format_key) if cell.xf_index is not None else None
            return show(cell.value, style.format_str if style is not None else "General")
    return show(cell.value)
