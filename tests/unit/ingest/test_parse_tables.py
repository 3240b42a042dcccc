"""Tables keep their columns' names with every row, their cells as a person sees them, whatever the file is encoded in."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import chunk
from ingest.documents import Element
from ingest.parse.cells import show
from ingest.parse.engine import Options
from ingest.parse.grid import GROUP_TOKENS, elements_of_grid, tokens_of
from tests.unit.ingest.documents import redacted
from tests.unit.ingest.reading import read, reason, shape, text_of
from tests.unit.ingest.tokenizer import RealTokens

TOKENS = RealTokens()
CELLS = st.text(st.characters(categories=("L", "N")), max_size=8)
GRIDS = st.lists(st.lists(CELLS, max_size=6), max_size=60)


def sheet(rows: int) -> list[list[str]]:
    return [["Serial", "City", "Amount"], *([f"N{i}", f"Town{i}", str(i * 10)] for i in range(rows))]


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue()


def xlsx(fill: Any) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    fill(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@settings(deadline=None)
@given(GRIDS, st.booleans(), st.booleans())
def test_no_cell_is_lost(rows: list[list[str]], parted: bool, last: bool) -> None:
    said = " ".join(element.text for element in elements_of_grid(rows, parted=parted, last=last))
    for row in rows:
        for cell in row:
            assert cell in said


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(categories=("L",)), min_size=1, max_size=9), min_size=2, max_size=30, unique=True))
def test_rows_of_any_width_name_their_columns_within_a_group(names: list[str]) -> None:
    rows = [names, *([f"{row}.{column}" for column in range(len(names))] for row in range(40))]
    for element in elements_of_grid(rows):
        assert tokens_of(element.text) <= GROUP_TOKENS + max(tokens_of(" | ".join(row)) for row in rows)
        assert any(name in element.text for name in names)


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_the_chunk_of_row_900_says_what_its_columns_are(kind: str) -> None:
    rows = sheet(1000)
    if kind == "xlsx":
        document = read(xlsx(lambda book: [book.active.append(row) for row in rows]), "a.xlsx")
    else:
        document = read(as_csv(rows, "," if kind == "csv" else "\t"), f"a.{kind}")
    assert text_of(document).count("Serial") == 1
    chunks = chunk(redacted(*document.elements), TOKENS, 256)
    (found,) = (c for c in chunks if "Town900 " in c.text)
    assert "Serial | City | Amount" in found.text


def test_a_row_that_is_inserted_moves_few_chunks() -> None:
    rows = sheet(1000)
    edited = [*rows[:3], ["N_new", "Newtown", "7"], *rows[3:]]
    before, after = ({c.text for c in chunk(redacted(*read(as_csv(r), "a.csv").elements), TOKENS, 256)} for r in (rows, edited))
    assert len(after - before) <= 0.1 * len(after)


def test_tables_in_a_document_repeat_their_header() -> None:
    table = "".join(f"<tr><td>N{i}<td>{i}" for i in range(100))
    document = read(f"<p>before<table><tr><th>Serial<th>Amount{table}</table><p>after", "a.html")
    assert document.elements[-1] == Element("paragraph", "after")


def test_headers_too_long_for_a_heading_are_said_with_each_value() -> None:
    names = [f"a rather long name of a column, number {i}" for i in range(20)]
    document = read(as_csv([names, *([str(i)] * 20 for i in range(50))]), "a.csv")
    assert all(e.kind == "table" for e in document.elements)
    assert "a rather long name of a column, number 19: 49" in document.elements[-1].text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimited_text_in_any_encoding(encoding: str, delimiter: str) -> None:
    rows = [["Straße", "Größe", "Preis"], ["Weg 1", "groß", "1,5"], ["Allee", "klein", "2,5"]] * 3
    assert text_of(read(as_csv(rows, delimiter).encode(encoding), "a.csv")).startswith(
        "Straße | Größe | Preis\nWeg 1 | groß | 1,5"
    )


def test_ragged_and_quoted_rows_stay() -> None:
    text = '1,2,3\n"a ""x"", y",b\n\nc,d,e,f\n'
    assert shape(read(text, "a.csv")) == [("table", 0, '1 | 2 | 3\na "x", y | b\nc | d | e | f')]
    assert text_of(read("Lorem, ipsum\ndolor sit\namet\nand so on", "a.csv")) == "Lorem, ipsum\ndolor sit\namet\nand so on"
    assert reason("a,b\n" * 100, "a.csv", Options(cells=50)) == "too_large"


def test_a_workbook_as_a_person_sees_it() -> None:
    def fill(book: Any) -> None:
        first = book.active
        first.title = "Sales"
        first["A1"] = "Sales by town"
        for row in (("Town", "Day", "Amount", "Share"), ("Köln", date(2024, 5, 1), 1234.5, 0.125)):
            first.append(row)
        first["C3"].number_format, first["D3"].number_format = "#,##0.00 \u20ac", "0.0%"
        first.append([])
        first.append(("Note", "read me"))
        second = book.create_sheet("Side by side")
        for row in (("a", "b", None, "c", "d"), (1, 2, None, 3, 4)):
            second.append(row)

    document = read(xlsx(fill), "a.xlsx")
    assert shape(document) == [
        ("heading", 1, "Sales"),
        ("paragraph", 0, "Sales by town"),
        ("table", 0, "Town | Day | Amount | Share\nKöln | 2024-05-01 | 1,234.50 € | 12.5%"),
        ("table", 0, "Note | read me"),
        ("heading", 1, "Side by side"),
        ("table", 0, "a | b\n1 | 2"),
        ("table", 0, "c | d\n3 | 4"),
    ]
    assert [element.page for element in document.elements] == [1, 1, 1, 1, 2, 2, 2]
    assert (
        reason(xlsx(lambda book: [book.active.append(range(100)) for _ in range(100)]), "a.xlsx", Options(cells=999))
        == "too_large"
    )


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (None, "General", ""), (True, "General", "TRUE"), (3.0, "General", "3"), (0.1 + 0.2, "General", "0.3"),
        (1234567.891, "#,##0", "1,234,568"), (-5, "$#,##0.00", "-$5.00"), (5, '0.00 "kg"', "5.00"), (0.5, "0%", "50%"),
        (2.5, "0.##", "2.5"), (1e300, "0.00E+00", "1e+300"), (7, "@", "7"),
        (datetime.fromisoformat("2024-05-01T09:30"), "General", "2024-05-01 09:30"),
    ],
)  # fmt: skip
def test_cells_show_by_their_format(value: object, code: str, shown: str) -> None:
    assert show(value, code) == shown


@given(st.one_of(st.floats(), st.integers(), st.none()), st.text(max_size=12))
def test_no_format_fails(value: object, code: str) -> None:
    assert isinstance(show(value, code), str)


def test_json_and_xml_records_are_tables() -> None:
    records = '[{"sku":"A1","price":12.5,"stock":true},{"sku":"B2","price":3,"stock":false}]'
    assert shape(read(records, "a.json")) == [("table", 0, "sku | price | stock\nA1 | 12.5 | true\nB2 | 3 | false")]
    assert shape(read(records[1:-1].replace("},", "}\n"), "a.ndjson")) == shape(read(records, "a.json"))
    assert text_of(read('{"a":{"b":[1,2],"c":null},"d":"x"}', "a.json")) == "a.b: 1, 2\nd: x"
    markup = "<?xml version='1.0'?><all><one><name>Ana</name><age>3</age></one><one><name>Ben</name><age>4</age></one></all>"
    assert shape(read(markup, "a.xml")) == [("table", 0, "name | age\nAna | 3\nBen | 4")]
    article = "<?xml version='1.0'?><doc><title>T</title><sec><title>S</title><p>Some <b>bold</b> text.</p></sec></doc>"
    assert shape(read(article, "a")) == [("heading", 1, "T"), ("heading", 2, "S"), ("paragraph", 0, "Some bold text.")]
    assert text_of(read("[" * 100_000 + "]" * 100_000, "a.json")).startswith("[[")  # nested beyond reason: text
    entity = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>one &x; two</a>"
    assert "root" not in text_of(read(entity, "a.xml"))
