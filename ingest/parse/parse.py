"""A file's bytes become its text, or a named reason why not. Nothing out of a non-empty file is never silent success."""

from __future__ import annotations

from pathlib import PurePosixPath

from ingest.container import DOC, DOCX, EPUB, IWORK, LOCKED_OFFICE, MSG, ODP, ODS, ODT, OLE, PPT, PPTX, XLS, XLSB, XLSX, ZIP
from ingest.documents import Element, ParsedDocument, SourceDocument
from ingest.errors import Quarantine
from ingest.parse.archive import parse_compressed, parse_tar, parse_zip
from ingest.parse.csv import parse_csv
from ingest.parse.docx import parse_docx
from ingest.parse.email import parse_email
from ingest.parse.engine import Engine, Options
from ingest.parse.epub import parse_epub
from ingest.parse.html import parse_html
from ingest.parse.image import MEDIA_TYPES, parse_image
from ingest.parse.json import parse_json
from ingest.parse.legacy import parse_doc, parse_ppt
from ingest.parse.locked import unlocked
from ingest.parse.markdown import parse_markdown
from ingest.parse.mbox import parse_mbox
from ingest.parse.msg import parse_msg
from ingest.parse.odf import parse_odf
from ingest.parse.pandoc import parse_org
from ingest.parse.pdf import parse_pdf
from ingest.parse.pptx import parse_pptx
from ingest.parse.rst import parse_rst
from ingest.parse.rtf import parse_rtf
from ingest.parse.text import parse_text
from ingest.parse.vtt import parse_vtt
from ingest.parse.xls import parse_xls
from ingest.parse.xlsx import parse_xlsx
from ingest.parse.xml import parse_xml
from ingest.sniff import (
    BINARY,
    BZIP2,
    CSV,
    EMAIL,
    ENVELOPED,
    GZIP,
    HTML,
    JSON,
    LZMA,
    MARKDOWN,
    MBOX,
    ORG,
    PDF,
    PGP,
    RST,
    RTF,
    SIGNED,
    TAR,
    TEXT,
    VTT,
    XML,
    XZ,
    is_marked,
    sniff,
)  # fmt: skip

ENGINES: dict[str, Engine] = {
    TEXT: parse_text,
    MARKDOWN: parse_markdown,
    HTML: parse_html,
    RST: parse_rst,
    ORG: parse_org,
    VTT: parse_vtt,
    CSV: parse_csv,
    JSON: parse_json,
    XML: parse_xml,
    PDF: parse_pdf,
    DOCX: parse_docx,
    PPTX: parse_pptx,
    XLSX: parse_xlsx,
    DOC: parse_doc,
    PPT: parse_ppt,
    XLS: parse_xls,
    RTF: parse_rtf,
    ODT: parse_odf,
    ODS: parse_odf,
    ODP: parse_odf,
    EPUB: parse_epub,
    EMAIL: parse_email,
    MSG: parse_msg,
    MBOX: parse_mbox,
    ZIP: parse_zip,
    TAR: parse_tar,
    GZIP: parse_compressed,
    BZIP2: parse_compressed,
    XZ: parse_compressed,
    LZMA: parse_compressed,
    **dict.fromkeys(MEDIA_TYPES, parse_image),
}
_REMEDY = "convert it to PDF, docx, HTML or text"
_REMEDIES = {
    OLE: "it is a damaged or unknown Office file; save it as docx, xlsx or pptx",
    LOCKED_OFFICE: "save it without protection",
    XLSB: "save it as xlsx",
    IWORK: "export it from Pages, Numbers or Keynote as PDF or docx",
    "application/x-7z-compressed": "pack it as zip or tar.gz",
    "application/vnd.rar": "pack it as zip or tar.gz",
    "application/x-compress": "pack it as zip or tar.gz",
    "application/vnd.ms-tnef": "save the attachments out of the mail program",
    "application/onenote": "export its pages as PDF or docx",
    SIGNED: "save what was signed without its signature",
    "audio/mpeg": "give a transcript as text",
}
REVISIONS = dict.fromkeys(ENGINES, 3)
"""Raise a media type's whenever its parser gives other text for the same bytes: those documents are then read anew. What goes
through another type's parser (doc through docx) is raised with it."""
PICTURED = frozenset((PDF, *MEDIA_TYPES))
"""What may have pages that are read by OCR."""


def parse(source: SourceDocument, options: Options) -> ParsedDocument:
    """The text of `source`. Raises `Quarantine`: empty, too_large, unsupported, encrypted, corrupt or no_text.

    A message never holds text of the document: of an exception that a parser raised, its type alone is told.
    """
    if not source.data:
        raise Quarantine("empty", "the file has no bytes")
    if len(source.data) > options.file_bytes:
        raise Quarantine("too_large", f"{len(source.data)} bytes; INGEST_MAX_FILE_BYTES allows {options.file_bytes}")
    try:
        data = unlocked(source.data, source.media_type, options)
        media_type = source.media_type if data is source.data else sniff(data, source.entry.path)
        reading = _engine(media_type, source.entry.path)(data, options)
    except Quarantine:
        raise
    except MemoryError:
        raise Quarantine("out_of_memory", "reading it took more memory than a document may use; split it") from None
    except Exception as error:
        raise Quarantine(
            "corrupt", f"its parser failed ({type(error).__name__}); open and save it again in its program"
        ) from None
    elements = tuple(element for element in reading.elements if element.text.strip())
    if not reading.members and not any(_says_something(element) for element in elements):
        raise Quarantine("no_text", "no text was found in it; if it should have some, scan it at 300 dpi or more")
    size = sum(len(element.text) for element in elements)
    if size > options.text_characters:
        raise Quarantine("too_large", f"{size} characters of text; INGEST_MAX_TEXT_CHARACTERS allows {options.text_characters}")
    title = (reading.title or "").strip() or None
    return ParsedDocument(source, title, elements, tuple(reading.members), tuple(reading.pages))


def _says_something(element: Element) -> bool:
    """Whether it is text. OCR makes a bullet of a disc and a bar of an edge: signs alone are none."""
    return element.confidence is None or any(letter.isalnum() for letter in element.text)


def _engine(media_type: str, path: str) -> Engine:
    """Raises `Quarantine`, unsupported, corrupt or encrypted, with what to do instead."""
    if media_type in (PGP, ENVELOPED):
        raise Quarantine("encrypted", "it is encrypted with OpenPGP or S/MIME; decrypt it first")
    if media_type in (BINARY, OLE) and is_marked(path):
        suffix = PurePosixPath(path).suffix
        raise Quarantine("corrupt", f"nothing in it tells a {suffix} file; fetch its original again, or export it anew")
    engine = ENGINES.get(media_type)
    if engine is None:
        raise Quarantine("unsupported", f"no parser reads {media_type}; {_REMEDIES.get(media_type, _REMEDY)}")
    return engine
