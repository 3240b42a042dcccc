"""Office formats, old and new, closed and open, and books: their words in order with their structure."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.container import DOC, LOCKED_OFFICE, PPT
from ingest.parse.engine import Options
from ingest.parse.rtf import in_unicode, without_binary
from ingest.sniff import DOCX, sniff
from tests.unit.ingest.reading import read, reason, shape, text_of

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NEEDS_LIBREOFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def docx(body: str, replace: tuple[str, str] = ("", ""), **parts: str) -> bytes:
    """A Word document around `body`; `replace` rewrites its content types."""
    import docx as python_docx

    buffer = io.BytesIO()
    python_docx.Document().save(buffer)
    with zipfile.ZipFile(buffer) as archive:
        found: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
        document = archive.read("word/document.xml").decode()
        types = archive.read("[Content_Types].xml").decode()
    start = document.index("<w:body>") + len("<w:body>")
    found["word/document.xml"] = document[:start] + body + "</w:body></w:document>"
    found["[Content_Types].xml"] = types.replace(*replace) if replace[0] else types
    return packed(found | {f"word/{name}.xml": text for name, text in parts.items()})


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def pptx(fill: Any) -> bytes:
    import pptx as python_pptx

    deck = python_pptx.Presentation()
    fill(deck)
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def test_word_gives_what_its_reader_leaves_out() -> None:
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('In a control.')}</w:sdtContent></w:sdt>"
        f"<w:p><w:r><w:t>Anchor.</w:t></w:r><w:r><w:pict>"
        f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent></w:pict></w:r></w:p>"
        f"<w:p><w:r><w:t>Area </w:t></w:r><m:oMath {math}><m:r><m:t>A=bc</m:t></m:r></m:oMath></w:p>"
        '<w:p><w:r><w:t>Noted</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + paragraph("Click here") + "</w:sdtContent></w:sdt>"
    )
    notes = f'<w:footnotes {W}><w:footnote w:id="2">{paragraph("The note.")}</w:footnote></w:footnotes>'
    words = [element.text for element in read(docx(body, footnotes=notes), "a.docx").elements]
    assert words == ["In a control.", "Anchor.", "In a box.", "Area A=bc", "Noted [The note.]"]


@pytest.mark.parametrize(
    "main",
    [
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_macro_files_and_templates_are_read_as_documents(main: str) -> None:
    plain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    data = docx(paragraph("Words."), (plain, main))
    assert sniff(data, "a.docm") == DOCX
    assert text_of(read(data, "a.docm")) == "Words."


def test_strict_open_xml(real_data: Path) -> None:
    assert text_of(read((real_data / "docs/docling/docx/sources/Strict.docx").read_bytes(), "a.docx")) == "Some text"


def test_slides() -> None:
    def fill(deck: Any) -> None:
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE
        from pptx.util import Inches

        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "The title"
        slide.placeholders[1].text_frame.text = "First"
        inner = slide.placeholders[1].text_frame.add_paragraph()
        inner.text, inner.level = "Below it", 1
        slide.notes_slide.notes_text_frame.text = "What I say."
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
        for i, text in enumerate(("h", "i", "1", "2")):
            table.cell(i // 2, i % 2).text = text
        data = CategoryChartData()
        data.categories = ["North", "South"]
        data.add_series("Sales", (4.5, 2))
        slide.shapes.add_chart(XL_CHART_TYPE.PIE, Inches(1), Inches(6), Inches(4), Inches(2), data)

    document = read(pptx(fill), "a.pptx")
    assert shape(document) == [
        ("heading", 1, "The title"),
        ("paragraph", 0, "First"),
        ("list_item", 0, "- Below it"),
        ("table", 0, "h | i\n1 | 2"),
        ("table", 0, " | Sales\nNorth | 4.5\nSouth | 2"),
        ("paragraph", 0, "What I say."),
    ]
    assert {element.page for element in document.elements} == {1}


def open_document(kind: str, body: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    return packed({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def test_open_document() -> None:
    text = (
        '<office:text><text:h text:outline-level="2">Head</text:h><text:p>a<text:s text:c="2"/>b<text:note><text:note-citation>1'
        "</text:note-citation><text:note-body><text:p>The note.</text:p></text:note-body></text:note></text:p>"
        "<text:list><text:list-item><text:p>x</text:p></text:list-item></text:list></office:text>"
    )
    assert shape(read(open_document("text", text), "a.odt")) == [
        ("heading", 2, "Head"), ("paragraph", 0, "a b"), ("paragraph", 0, "The note."), ("list_item", 0, "- x"),
    ]  # fmt: skip
    row = "<table:table-row{0}><table:table-cell><text:p>{1}</text:p></table:table-cell>{2}</table:table-row>"
    wide = '<table:table-cell table:number-columns-repeated="16000"/>'
    rows = "".join(
        row.format("", name, f"<table:table-cell><text:p>{i}</text:p></table:table-cell>{wide}") for i, name in enumerate("nab")
    )
    rows += row.format(' table:number-rows-repeated="1048000"', "", wide)
    book = f'<office:spreadsheet><table:table table:name="Towns">{rows}</table:table></office:spreadsheet>'
    assert shape(read(open_document("spreadsheet", book), "a.ods")) == [
        ("heading", 1, "Towns"), ("table", 0, "n | 0\na | 1\nb | 2"),
    ]  # fmt: skip


def test_a_book_in_the_order_of_its_spine() -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title>'
        '</metadata><manifest><item id="b" href="b%201.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="O/p.opf"/></rootfiles></container>',
        "O/p.opf": package,
        "O/a.xhtml": "<html><body><h2>Second</h2><p>b</p></body></html>",
        "O/b 1.xhtml": "<html><body><h1>First</h1><p>a</p></body></html>",
    }
    document = read(packed(parts), "a.epub")
    assert document.title == "T"
    assert [e.text for e in document.elements] == ["First", "a", "Second", "b"]
    assert reason(packed(parts | {"META-INF/encryption.xml": "<EncryptionMethod Algorithm='aes'/>"}), "a.epub") == "encrypted"


def test_rich_text_in_its_own_code_pages() -> None:
    czech = rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\pard \'c8l\'e1nek \f1 \'cc\'e8\'f0\par}"
    assert text_of(read(czech, "a.rtf")).startswith("Článek")
    russian = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\pard {\f1 \'cc\'e8\'f0} caf\'e9\par}"
    assert text_of(read(russian, "a.rtf")) == "Мир café"
    plain = rb"{\rtf1\ansi caf\'e9 \u8364\'80\par}"
    assert in_unicode(plain) == plain
    assert without_binary(rb"a\bin4 {{{{b") == b"ab"


def test_org() -> None:
    assert shape(read("* One\n\nText /em/.\n\n- x\n", "a.org")) == [
        ("heading", 1, "One"), ("paragraph", 0, "Text em."), ("list_item", 0, "x"),
    ]  # fmt: skip


def test_subtitles() -> None:
    cues = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\n<v Ana>Hello <b>there</b>\n\nNOTE no\n\n00:02.000 --> 00:03.000\nYes &amp; no\n"
    assert [e.text for e in read(cues, "a.vtt").elements] == ["Ana: Hello there", "Yes & no"]


def test_passwords_open_office_files(real_data: Path) -> None:
    folder = real_data / "malformed/tika"
    for name in ("testEXCEL_protected_passtika.xlsx", "testPPT_protected_passtika.pptx", "testWORD_protected_passtika.docx"):
        data = (folder / name).read_bytes()
        assert sniff(data, name) == LOCKED_OFFICE
        assert reason(data, name) == "encrypted"
        assert text_of(read(data, name, Options(passwords=("wrong", "tika"))))
    assert reason((folder / "testWORD_protected_drm.doc").read_bytes(), "a.doc") == "encrypted"
    assert reason((folder / "testWORD_protected_passtika.doc").read_bytes(), "a.doc") == "encrypted"


def test_without_libreoffice_old_files_name_the_remedy(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert reason((real_data / "docs/unstructured/simple.doc").read_bytes(), "a.doc") == "engine_missing"


@pytest.mark.slow
@NEEDS_LIBREOFFICE
def test_old_word_and_powerpoint(real_data: Path) -> None:
    doc = (real_data / "docs/unstructured/simple.doc").read_bytes()
    ppt = (real_data / "docs/docling/ppt/sources/legacy_sample.ppt").read_bytes()
    assert (sniff(doc, ""), sniff(ppt, "")) == (DOC, PPT)
    assert "These are a few of my favorite things:" in text_of(read(doc, "a.doc"))
    assert {element.page for element in read(ppt, "a.ppt").elements} >= {1, 2}
