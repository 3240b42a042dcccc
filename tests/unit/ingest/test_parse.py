"""Each kind of file gives its text with its structure, or the reason why not."""

from __future__ import annotations

import io
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.documents import ParsedDocument
from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.parse import parse
from ingest.sniff import DOCX, HTML, MARKDOWN, PDF, RST, TEXT, sniff
from tests.unit.ingest.documents import source


def read(data: bytes | str, path: str, options: Options | None = None) -> ParsedDocument:
    return parse(source(data.encode() if isinstance(data, str) else data, path), options or Options())


def shape(document: ParsedDocument) -> list[tuple[str, int, str]]:
    return [(e.kind, e.level, e.text) for e in document.elements]


def reason(data: bytes, path: str, options: Options | None = None) -> str:
    with pytest.raises(Quarantine) as refused:
        read(data, path, options)
    return refused.value.reason


def docx(build: Any) -> bytes:
    import docx as python_docx

    document = python_docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf(draw: Any, **options: Any) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, **options)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def test_markdown() -> None:
    text = (
        "---\ntitle: The *title*\n---\n# One\n\nSome *text* with [a link](http://x) and\n`code`.\n\n"
        "## Two\n\n- a\n- b\n  1. c\n\n"
        "| h | i |\n|---|---|\n| 1 | 2 |\n\n```py\nx  =  1\n```\n<!-- hidden -->\n<p>html</p>\n"
    )
    document = read(text, "a.md")
    assert document.title == "The *title*"
    assert shape(document) == [
        ("heading", 1, "One"),
        ("paragraph", 0, "Some text with a link and\ncode."),
        ("heading", 2, "Two"),
        ("list_item", 0, "- a"),
        ("list_item", 0, "- b"),
        ("list_item", 0, "1. c"),
        ("table", 0, "h | i\n1 | 2"),
        ("code", 0, "x  =  1"),
        ("paragraph", 0, "html"),
    ]


def test_html() -> None:
    text = (
        "<html><head><title>T</title><style>p{}</style></head><body><nav>menu</nav><h1>One</h1><p>a <b>b</b><br>c</p>"
        "<script>evil()</script>"
        "<h3>Three</h3><ul><li>x<li>y</ul><table><tr><th>h<th>i<tr><td>1<td>2</table><pre>x\n  y</pre>"
        "tail<table><tr><td>layout</table></body>"
    )
    document = read(text, "a.html")
    assert document.title == "T"
    assert shape(document) == [
        ("heading", 1, "One"),
        ("paragraph", 0, "a b c"),
        ("heading", 3, "Three"),
        ("list_item", 0, "x"),
        ("list_item", 0, "y"),
        ("table", 0, "h | i\n1 | 2"),
        ("code", 0, "x\n  y"),
        ("paragraph", 0, "tail"),
        ("paragraph", 0, "layout"),
    ]


def test_html_that_is_nested_beyond_reason_is_read_all_the_same() -> None:
    document = read("<div>" * 1000 + "deep" + "</div>" * 1000, "a.html")
    assert "deep" in document.elements[-1].text
    assert reason(b"before" + b"<div>" * 3000 + b"deep", "a.html") == "corrupt"


def test_rst_reaches_nothing_outside_its_text(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    text = (
        f"Title\n=====\n\nPara *em*.\n\nSub\n---\n\n- a\n- b\n\n::\n\n  code\n\n.. include:: {secret}\n\n"
        f".. raw:: html\n\n   <b>RAW</b>\n\n"
        f".. csv-table::\n   :file: {secret}\n\n:unknown:`role` stays\n"
    )
    document = read(text, "a.rst")
    assert "SECRET" not in repr(document.elements)
    assert "RAW" not in repr(document.elements)
    assert shape(document)[:6] == [
        ("title", 1, "Title"),
        ("paragraph", 0, "Para em."),
        ("heading", 2, "Sub"),
        ("list_item", 0, "- a"),
        ("list_item", 0, "- b"),
        ("code", 0, "code"),
    ]
    assert "role" in document.elements[-1].text


def test_a_pep_states_its_title() -> None:
    text = "PEP: 9\nTitle: A long\n  title\nAuthor: A\nStatus: B\n\n\nAbstract\n========\n\nText.\n\nNext\n====\n\nMore.\n"
    document = read(text, "a.rst")
    assert document.title == "A long title"
    assert ("heading", 1, "Abstract") in shape(document)


def test_text_in_any_encoding() -> None:
    prose = "Grüße aus Köln. " * 5
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"):
        assert prose.strip() in read(prose.encode(encoding), "a.txt").elements[0].text
    assert [e.text for e in read("a b\nc\n\n- x\n- y\n\r\n\r\nz", "a.txt").elements] == ["a b\nc", "- x", "- y", "z"]


def test_docx_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(document: Any) -> None:
        document.add_heading("One", 1)
        document.add_paragraph("A paragraph of prose that is long enough to be one.")
        document.add_heading("Two", 2)
        document.add_paragraph("item", style="List Bullet")
        table = document.add_table(rows=2, cols=2)
        for row, texts in zip(table.rows, (("h", "i"), ("1", "2")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = shape(read(docx(build), "a.docx"))
    assert found[:3] == [
        ("heading", 1, "One"),
        ("paragraph", 0, "A paragraph of prose that is long enough to be one."),
        ("heading", 2, "Two"),
    ]
    assert found[3][0] == "list_item"
    assert "item" in found[3][2]
    assert found[4] == ("table", 0, "h | i\n1 | 2")


def test_pdf_pages_paragraphs_and_headings() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica", 20)
        canvas.drawString(72, 760, "The heading")
        canvas.setFont("Helvetica", 11)
        for i, line in enumerate(("The first line of a paragraph", "and the second line of it.")):
            canvas.drawString(72, 720 - 13 * i, line)
        canvas.drawString(72, 660, "Another paragraph stands here on its own.")
        canvas.showPage()
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 760, "The second page.")

    assert [(e.kind, e.level, e.page, e.text) for e in read(pdf(draw), "a.pdf").elements] == [
        ("heading", 1, 1, "The heading"),
        ("paragraph", 0, 1, "The first line of a paragraph\nand the second line of it."),
        ("paragraph", 0, 1, "Another paragraph stands here on its own."),
        ("paragraph", 0, 2, "The second page."),
    ]


def test_every_failure_has_its_reason() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    scan = pdf(lambda canvas: canvas.rect(10, 10, 100, 100))
    locked = pdf(lambda canvas: canvas.drawString(72, 700, "secret"), encrypt=StandardEncryption("user", "owner"))
    drawing = (Path(__file__).parents[3] / "examples" / "company" / "yard" / "slipway.png").read_bytes()
    empty_docx = docx(lambda document: None)
    assert reason(b"", "a.txt") == "empty"
    assert reason(b" \n\t\n", "a.txt") == "no_text"
    assert reason(b"<html><script>x</script></html>", "a.html") == "no_text"
    assert reason(scan, "a.pdf") == "no_text"
    assert reason(drawing, "a.png") == "no_text", "what OCR takes a disc for is no text"
    assert reason(empty_docx, "a.docx") == "no_text"
    assert reason(locked, "a.pdf") == "encrypted"
    assert reason(b"%PDF-1.7\ngarbage", "a.pdf") == "corrupt"
    assert reason(docx(lambda d: d.add_paragraph("x"))[:-40] + b"x" * 40, "a.docx") in ("corrupt", "unsupported")
    assert reason(b"\x89PNG\r\n\x1a\n1234", "a.txt") == "corrupt"
    assert reason(bytes(range(256)) * 4, "a.md") == "unsupported"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    for data, path in ((b"junk", "a.pdf"), (bytes(99), "a.PDF"), (b"junk", "a.docx"), (b"junk", "a.png"), (ole, "a.doc")):
        assert reason(data, path) == "corrupt"
    assert reason(ole, "a.bin") == "unsupported"
    assert reason(b"", "a.pdf") == "empty"
    assert reason(b"hello", "a.txt", Options(file_bytes=4)) == "too_large"
    assert reason(b"hello", "a.txt", Options(text_characters=4)) == "too_large"
    assert reason(docx(lambda d: d.add_paragraph("x")), "a.docx", Options(unpacked_bytes=100)) == "too_large"


def test_a_failure_never_quotes_the_document() -> None:
    with pytest.raises(Quarantine) as refused:
        read(b"%PDF-1.7\nana@example.com", "a.pdf")
    assert "ana" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_content_decides_before_the_name() -> None:
    assert sniff(b"%PDF-1.4 x", "a.md") == PDF
    assert sniff(b"<!DOCTYPE html><p>x", "a.txt") == HTML
    assert sniff("<html>x".encode("utf-16"), "page") == HTML
    assert sniff(b"# x", "a.md") == MARKDOWN
    assert sniff(b"x", "A.RST") == RST
    assert sniff(b"<< /Type /Page >>", "broken.pdf") == "application/octet-stream"
    assert sniff(b"BMW is a company", "a") == TEXT
    assert sniff(docx(lambda d: d.add_paragraph("x")), "a.zip") == DOCX
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "x")
    assert sniff(archive.getvalue(), "a.docx") == "application/zip"


def test_malformed_files_end_in_a_reason(real_data: Path) -> None:
    """No file crashes a run, and none that holds bytes is silently empty."""
    folder = real_data / "malformed" / "qpdf"
    reasons: set[str] = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size < 200_000)[:80]:
        try:
            document = parse(source(path.read_bytes(), path.name), Options(ocr="none"))
        except Quarantine as refused:
            reasons.add(refused.reason)
        else:
            assert any(element.text.strip() for element in document.elements)
    assert reasons >= {"encrypted", "corrupt", "no_text"}
