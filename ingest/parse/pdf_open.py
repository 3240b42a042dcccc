"""A PDF is opened with the passwords there are, or the reason why not is named; what it says of itself beside its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from ingest.documents import Member
from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.layout_heading import Outline
from ingest.parse.pdf_annotations import files_on

PASSWORD = 4  # FPDF_ERR_PASSWORD
SECURITY = 5  # FPDF_ERR_SECURITY
MAX_OUTLINE = 20_000
MAX_MEMBERS = 1_000
_NO_TITLE = re.compile(
    r"(?:\(?untitled|unbenannt|sans titre|document\s*\d*$|microsoft (?:word|powerpoint|excel)\b|powerpoint pr|slide \d|title$"
    r"|no title|print$|scan|full page|layout \d|book\d?$|draft$|figure\b|page \d"
    r"|\(?(?:anonymous|unspecified|unknown|unnamed|none|null|default)\)?$)",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|dvi|indd|pptx?|xlsx?|odt|rtf|txt|tex|html?|qxd|p65|ps|eps|wpd|pub|cdr|fm|md|tiff?|jpe?g|png)$", re.I
)


@contextmanager
def opened(data: bytes, options: Options) -> Iterator[Any]:
    """The document; closed at the end. Raises `Quarantine`: encrypted, unsupported, corrupt."""
    import pypdfium2 as pdfium

    document = None
    for password in (None, *options.passwords):
        try:
            document = pdfium.PdfDocument(data, password=password)
            break
        except pdfium.PdfiumError as error:
            code = getattr(error, "err_code", None)
            if code == SECURITY:
                raise Quarantine(
                    "unsupported", "its encryption is of a kind that PDFium does not know; save it without"
                ) from None
            if code != PASSWORD:
                raise Quarantine("corrupt", "PDFium finds no pages in it; open and save it again in its program") from None
    if document is None:
        tried = f"none of the {len(options.passwords)} given opens it" if options.passwords else "none was given"
        raise Quarantine("encrypted", f"it is protected by a password and {tried}; give its password, or save it without one")
    try:
        yield document
    finally:
        document.close()


def title_of(document: Any) -> str | None:
    """What its metadata call it, unless that is a file name or what programs write when nobody said."""
    title = " ".join((document.get_metadata_dict().get("Title") or "").replace("\x00", "").split())
    letters = sum(character.isalpha() for character in title)
    if letters < 3 or len(title) > 300 or "\ufffd" in title or _NO_TITLE.match(title) or _FILE_NAME.search(title):
        return None
    if " " not in title and title == title.lower() and "-" in title:
        return None
    if " " not in title and ("_" in title or "/" in title or "\\" in title or sum(c.isdigit() for c in title) > 2):
        return None
    return title


def outline_of(document: Any) -> Outline:
    """Bookmarks: their page, counted from 1, and words to their level, 1 for the outermost."""
    import pypdfium2 as pdfium

    outline: dict[tuple[int, str], int] = {}
    try:
        for count, bookmark in enumerate(document.get_toc()):
            if count >= MAX_OUTLINE:
                break
            target = bookmark.get_dest()
            index = target.get_index() if target is not None else None
            if index is not None and index >= 0:
                outline.setdefault((index + 1, bookmark.get_title()), bookmark.level + 1)
    except (pdfium.PdfiumError, UnicodeDecodeError, ValueError):
        return {}  # a broken outline costs levels of headings, never the text
    return outline


def members_of(document: Any, pinned: Sequence[int], options: Options) -> list[Member]:
    """The files attached to it, then those pinned to the pages at `pinned`. Raises `Quarantine`: bomb."""
    members: list[Member] = []
    size = 0
    for name, data in chain(_attached(document), (file for index in pinned for file in files_on(document, index))):
        size += len(data)
        if size > options.unpacked_bytes:
            raise Quarantine("bomb", f"its attachments unpack to more than {options.unpacked_bytes} bytes; take them out")
        members.append(Member(name or f"attachment-{len(members) + 1}", data))
        if len(members) >= MAX_MEMBERS:
            break
    return members


def _attached(document: Any) -> Iterator[tuple[str, bytes]]:
    import pypdfium2 as pdfium

    for index in range(document.count_attachments()):
        try:
            attachment = document.get_attachment(index)
            yield attachment.get_name(), bytes(attachment.get_data())
        except (pdfium.PdfiumError, UnicodeDecodeError):
            continue  # an attachment without data holds nothing to read
