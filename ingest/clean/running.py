"""Running heads, feet and page numbers: what stands at the edge of page after page belongs to none of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from ingest.documents import Element

EDGE = 2
"""How many blocks at the top and at the foot of a page may be its furniture."""
PAGES = 3  # on so many pages it repeats at least
SHARE = 0.5  # of the pages among those between its first and its last; left and right pages may differ
LONGEST = 120
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|-|\u2013|\u2014)?\s*(\d{1,4})\s*(?:(?:of|von|sur|de|/)\s*\d{1,4})?\s*(?:-|\u2013|\u2014)?", re.I
)


def running_heads(elements: Sequence[Element]) -> frozenset[int]:
    """The places of `elements` that are page furniture: the same but for numbers on several pages' edges, or the page's number.

    The heading of the first page stays, though later pages repeat it. No page is emptied, nor left with its number alone.
    """
    pages: dict[int, list[int]] = defaultdict(list)
    for place, element in enumerate(elements):
        if element.page is not None:
            pages[element.page].append(place)
    if len(pages) < PAGES:
        return frozenset()
    edges = {page: [*places[:EDGE], *places[max(EDGE, len(places) - EDGE) :]] for page, places in pages.items()}
    repeated: dict[str, set[int]] = defaultdict(set)
    shifts: Counter[int] = Counter()
    for page, places in edges.items():
        for place in places:
            if shape := _shape(elements[place]):
                repeated[shape].add(page)
            if (number := _page_number(elements[place])) is not None:
                shifts[number - page] += 1
    running = {shape for shape, on in repeated.items() if len(on) >= PAGES and len(on) >= SHARE * (max(on) - min(on) + 1)}
    numbered = {shift for shift, found in shifts.items() if found >= PAGES}
    gone: set[int] = set()
    for page, places in edges.items():
        here = {place for place in places if _is_furniture(elements[place], page, running, numbered, min(pages))}
        if any(_page_number(elements[place]) is None for place in pages[page] if place not in here):
            gone |= here  # a page that holds nothing else but numbers has this to say
    return frozenset(gone)


def _is_furniture(element: Element, page: int, running: set[str], numbered: set[int], first: int) -> bool:
    number = _page_number(element)
    if number is not None:
        return number - page in numbered
    return _shape(element) in running and not (page == first and element.kind in ("title", "heading"))


def _shape(element: Element) -> str:
    """The text with its numbers masked; nothing for what cannot be furniture. A table's first row repeats for its readers."""
    text = " ".join(element.text.split())
    if element.kind in ("table", "code") or len(text) > LONGEST or not any(c.isalpha() for c in text):
        return ""
    return _NUMBER.sub("#", text.casefold())


def _page_number(element: Element) -> int | None:
    match = _PAGE_NUMBER.fullmatch(element.text.strip())
    return int(match.group(1)) if match and element.kind != "table" else None
