"""A sentence that the end of a column or a page cut in two is one block again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.documents import Element

_ENDED = re.compile(r"[.!?:;\u2026][\"')\]\u2019\u201d\u00bb]*$")
_HYPHEN = re.compile(r"[^\W\d_]{2,}[-\u2010\u00ad]$")
SHORTEST = 40
"""Characters; what is shorter and has no full stop is a caption or a label, not half a sentence."""


def continued(elements: Sequence[Element]) -> tuple[list[Element], int]:
    """Blocks of pages where one ends amid a sentence and the next goes on in lower case. The block keeps its first page."""
    kept: list[Element] = []
    found, last_page = 0, None
    for element in elements:
        if kept and _goes_on(kept[-1], element, last_page):
            kept[-1] = replace(
                kept[-1], text=f"{kept[-1].text.rstrip()}\n{element.text.lstrip()}", confidence=_lesser(kept[-1], element)
            )
            found += 1
        else:
            kept.append(element)
        last_page = element.page
    return kept, found


def _goes_on(before: Element, after: Element, page: int | None) -> bool:
    if before.page is None or after.page is None or page is None or not page <= after.page <= page + 1:
        return False
    if after.kind != "paragraph" or before.kind not in ("paragraph", "list_item"):
        return False
    first, second = before.text.rstrip(), after.text.lstrip()
    if not second[:1].islower() or _ENDED.search(first):
        return False
    if _HYPHEN.search(first):
        return True
    words = second.split(maxsplit=1)
    return len(first) >= SHORTEST and len(second) >= SHORTEST // 2 and len(words) == 2 and words[0].strip(",").isalpha()


def _lesser(one: Element, other: Element) -> float | None:
    known = [e.confidence for e in (one, other) if e.confidence is not None]
    return min(known) if known else None
