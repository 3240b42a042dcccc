from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.documents import CleanDocument, Element, PageQuality
from ingest.errors import Quarantine
from ingest.trust import trust
from tests.unit.ingest.documents import cleaned


def scanned(*scores: float) -> CleanDocument:
    elements = [Element("paragraph", f"Page {n}.", 0, n) for n, _ in enumerate(scores, 1)]
    return replace(cleaned(*elements), pages=tuple(PageQuality(n, score, "ocr") for n, score in enumerate(scores, 1)))


def test_a_document_without_scores_or_doubts_passes() -> None:
    document = cleaned(Element("paragraph", "Words."))
    assert trust(document, 0.35, 0.6) == (document, None)
    assert trust(scanned(0.6, 1.0), 0.35, 0.6) == (scanned(0.6, 1.0), None)


def test_many_doubtful_pages_are_told_in_one_line() -> None:
    _, warning = trust(scanned(*[0.5] * 14), 0.35, 0.6)
    assert warning is not None
    assert warning.startswith("read with doubt: pages 1 (0.50), 2 (0.50)")
    assert warning.endswith("and 4 more")


def test_pages_for_which_the_engine_is_not_here_are_named_and_cost_only_themselves() -> None:
    document = scanned(0.9, 0.0, 0.9)
    pages = (document.pages[0], PageQuality(2, 0.0, "nothing"), document.pages[2])
    used, warning = trust(replace(document, pages=pages), 0.0, 0.0)
    assert [e.page for e in used.elements] == [1, 3]
    assert warning is not None
    assert "engine is not here: page 2" in warning
    with pytest.raises(Quarantine, match="engine_missing"):
        trust(replace(scanned(0.1, 0.9), pages=(scanned(0.1).pages[0], PageQuality(2, 0.0, "nothing"))), 0.35, 0.6)


def test_what_has_no_page_stays() -> None:
    document = scanned(0.1, 0.9)
    document = replace(document, elements=(Element("title", "T"), *document.elements))
    assert [e.text for e in trust(document, 0.35, 0.6)[0].elements] == ["T", "Page 2."]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(0, 1), st.floats(0, 1))
def test_no_page_below_the_limit_is_used_and_no_doubt_is_silent(scores: list[float], low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    good = [n for n, score in enumerate(scores, 1) if score >= low]
    if not good:
        with pytest.raises(Quarantine, match="low_confidence"):
            trust(scanned(*scores), low, high)
        return
    used, warning = trust(scanned(*scores), low, high)
    assert [e.page for e in used.elements] == good
    assert (warning is None) == all(score >= high for score in scores)
