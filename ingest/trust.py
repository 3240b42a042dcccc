"""How far each page can be trusted decides what of a document is used: all of it, the certain pages, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.documents import CleanDocument, PageQuality
from ingest.errors import Quarantine

SHOWN_PAGES = 10
NOT_READ = "pictures that nothing could read, since the OCR engine is not here"


def trust(document: CleanDocument, min_score: float, warn_score: float) -> tuple[CleanDocument, str | None]:
    """`document` without its pages below `min_score`, and a warning that names those and the ones below `warn_score`.

    Raises `Quarantine` when no page is left: engine_missing where one could be read, else low_confidence.
    A document without page scores passes as it is.
    """
    unread = [page for page in document.pages if page.read_by == "nothing"]
    left_out = [page for page in document.pages if page.score < min_score and page not in unread]
    doubtful = [page for page in document.pages if min_score <= page.score < warn_score and page not in unread]
    if not left_out and not doubtful and not unread:
        return document, None
    bad = {page.page for page in (*left_out, *unread)}
    elements = tuple(element for element in document.elements if element.page not in bad)
    if unread and not elements:
        raise Quarantine("engine_missing", f"{NOT_READ}: {_pages(unread)}; install what INGEST_OCR names")
    if len(left_out) == len(document.pages) or (left_out and not elements):
        best = max(page.score for page in document.pages)
        told = f"its best page was read with a confidence of {best:.2f}, below INGEST_MIN_PAGE_SCORE ({min_score:g})"
        raise Quarantine("low_confidence", f"{told}; scan it anew at 300 dpi or more, or send a file with a text layer")
    warnings = [f"{NOT_READ}: {_pages(unread)}"] if unread else []
    warnings += [f"left out as unreadable: {_pages(left_out)}"] if left_out else []
    warnings += [f"read with doubt: {_pages(doubtful)}"] if doubtful else []
    return replace(document, elements=elements), "; ".join(warnings)


def _pages(pages: Sequence[PageQuality]) -> str:
    more = f" and {len(pages) - SHOWN_PAGES} more" if len(pages) > SHOWN_PAGES else ""
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(_told(pages[:SHOWN_PAGES]))}{more}"


def _told(pages: Iterable[PageQuality]) -> list[str]:
    return [f"{page.page} ({page.score:.2f})" if page.read_by != "nothing" else str(page.page) for page in pages]
