"""What stands on a PDF's pages and not in them: filled-in form fields, text boxes that somebody added, files pinned to a page."""

from __future__ import annotations

from collections import Counter
from typing import Any

MAX_ANNOTATIONS = 5_000


def kinds_of(page: Any) -> Counter[int]:
    """PDFium's subtypes of a page's annotations, and how many there are of each."""
    import pypdfium2.raw as raw

    kinds: Counter[int] = Counter()
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            kinds[raw.FPDFAnnot_GetSubtype(annotation)] += 1
            raw.FPDFPage_CloseAnnot(annotation)
    return kinds


def with_fields(document: Any, index: int, page: Any) -> Any:
    """The page at `index` with its fields and text boxes drawn into it, so that they are text like any; else `page` itself.

    It changes the document in memory, never the file. A page that is given back anew has replaced `page`, which is closed.
    """
    import pypdfium2.raw as raw

    kinds = kinds_of(page)
    if not kinds[raw.FPDF_ANNOT_WIDGET] + kinds[raw.FPDF_ANNOT_FREETEXT]:
        return page
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[index]


def files_on(document: Any, index: int) -> list[tuple[str, bytes]]:
    """Name and bytes of the files pinned to the page at `index`, counted from 0."""
    import pypdfium2 as pdfium
    import pypdfium2.raw as raw

    files: list[tuple[str, bytes]] = []
    page = document[index]
    try:
        for number in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
            annotation = raw.FPDFPage_GetAnnot(page, number)
            if not annotation:
                continue
            try:
                pinned = raw.FPDFAnnot_GetFileAttachment(annotation)
                if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_FILEATTACHMENT and pinned:
                    attachment = pdfium.PdfAttachment(pinned, document)
                    files.append((attachment.get_name(), bytes(attachment.get_data())))
            except (pdfium.PdfiumError, UnicodeDecodeError):
                continue  # it holds nothing to read
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
    finally:
        page.close()
    return files
