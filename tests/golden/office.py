"""The office inputs: zipped formats, packed with one fixed date so that the same content is the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

DAY = (2026, 1, 2, 3, 4, 6)
_SAVED_AT = re.compile(rb"(<dcterms:modified [^>]*>)[^<]*")
MOMENT = datetime(*DAY, tzinfo=UTC).replace(tzinfo=None)


def report() -> bytes:
    """A docx with a title, headings, both kinds of lists, a table with a merged cell, a header and a footer."""
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Yard report"
    document.sections[0].footer.paragraphs[0].text = "For the yard alone"
    document.add_heading("Yard report, winter", 0)
    document.add_paragraph("Two boats were hauled out before the frost, and one stayed in the water for want of a cradle.")
    document.add_heading("Work done", 1)
    for text in ("Keel bolts of the ketch drawn and replaced", "Planks above the waterline caulked"):
        document.add_paragraph(text, style="List Bullet")
    document.add_heading("Order of work in spring", 2)
    for text in ("Launch the ketch", "Haul out the cutter", "Paint both"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=3, cols=3)
    rows = (("Boat", "Hours", "Lead"), ("Ketch", "120", "Ines"), ("Cutter", "45", "Ines"))
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("The hours count apprentices as half.")
    document.core_properties.created = document.core_properties.modified = MOMENT
    return _packed(document.save)


def stock() -> bytes:
    """An xlsx with 50 rows below a header, and a second sheet with a title over its table."""
    import openpyxl

    book = openpyxl.Workbook()
    parts = book.active
    parts.title = "Parts"
    parts.append(["Part number", "Name", "Bin", "Count"])
    for number in range(1, 51):
        parts.append([f"P-{number:04}", f"Bolt {number} mm", f"{'ABCDE'[number % 5]}-{number % 9}", number * 7 % 31])
    people = book.create_sheet("People")
    people.append(["Who counts what"])
    people.merge_cells("A1:B1")
    people.append(["Person", "Bins"])
    people.append(["Ines", "A to C"])
    people.append(["Tomas", "D and E"])
    book.properties.created = book.properties.modified = MOMENT
    return _packed(book.save)


def slides() -> bytes:
    """A pptx: a title slide, bullets in two depths, a table, and notes for the speaker."""
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text = "Slipway safety"
    first.placeholders[1].text = "For everyone who works on the slope"
    second = show.slides.add_slide(show.slide_layouts[1])
    second.shapes.title.text = "Before hauling"
    body = second.placeholders[1].text_frame
    body.text = "Walk the rails"
    for text, level in (("Look for ice", 1), ("Look for loose bolts", 1), ("Sound the horn twice", 0)):
        paragraph = body.add_paragraph()
        paragraph.text, paragraph.level = text, level
    second.notes_slide.notes_text_frame.text = "Tell them about the sling of last November."
    third = show.slides.add_slide(show.slide_layouts[5])
    third.shapes.title.text = "Loads"
    table = third.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(6), Inches(1)).table
    for row, texts in enumerate((("Winch", "Tonnes"), ("East", "12"))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    show.core_properties.created = show.core_properties.modified = MOMENT
    return _packed(show.save)


def poem_book() -> bytes:
    """An epub of two chapters."""
    page = (
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>{0}</title></head><body>{1}</body></html>'
    )
    chapters = {
        "one.xhtml": page.format(
            "Ebb", "<h1>Ebb</h1><p>The water leaves the stones behind and takes the talk of boats along.</p>"
        ),
        "two.xhtml": page.format(
            "Flood", "<h1>Flood</h1><p>It comes back <em>later</em> every day, and nobody has asked it why.</p>"
        ),
    }
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">tides</dc:identifier><dc:title>Two tides</dc:title>'
        '<dc:language>en</dc:language></metadata><manifest><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/>'
        '<itemref idref="b"/></spine></package>'
    )
    container = (
        '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    return packed({"mimetype": "application/epub+zip", "META-INF/container.xml": container, "book.opf": package, **chapters})


def memo_odt() -> bytes:
    """An odt with a heading, a paragraph, a list and a table."""
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "text", "table"))
    cells = ""
    for row in (("Tide", "Height"), ("High", "4.1 m"), ("Low", "0.7 m")):
        inner = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in row)
        cells += f"<table:table-row>{inner}</table:table-row>"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body><office:text>'
        '<text:h text:outline-level="1">Tide memo</text:h><text:p>Read the gauge twice and write down the second.</text:p>'
        "<text:list><text:list-item><text:p>Morning gauge</text:p></text:list-item><text:list-item><text:p>Evening gauge</text:p>"
        f'</text:list-item></text:list><table:table table:name="t"><table:table-column table:number-columns-repeated="2"/>{cells}'
        "</table:table></office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    listed = "".join(
        f'<m:file-entry m:full-path="{path}" m:media-type="{media}"/>'
        for path, media in (("/", kind), ("content.xml", "text/xml"))
    )
    manifest = (
        f'<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{listed}</m:manifest>'
    )
    return packed({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive; the first member is stored, the others deflated, as epub and odt ask for."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for nth, (name, data) in enumerate(files.items()):
            entry = zipfile.ZipInfo(name, DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED if nth else zipfile.ZIP_STORED
            archive.writestr(entry, data)
    return out.getvalue()


def _packed(save: Callable[[Any], Any]) -> bytes:
    """What `save` writes, packed again with one date."""
    made = io.BytesIO()
    save(made)
    with zipfile.ZipFile(made) as archive:
        return packed({name: _SAVED_AT.sub(rb"\g<1>2026-01-02T03:04:06Z", archive.read(name)) for name in archive.namelist()})
