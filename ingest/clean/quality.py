"""How far a page that OCR read can be trusted: what the engine says of itself, and how many of the words are words.

score = sqrt(confidence * wordness), from 0 to 1. Readable pages stand above .6, garbage below .35 (evals/cleaning.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

from ingest.clean.vocabulary import Vocabulary
from ingest.documents import Element, PageQuality

_TOKEN = re.compile(r"\S+")
_EDGES = re.compile(r"^\W+|[\W_]+$")
_NUMBER = re.compile(r"[\d.,:/%$\u20ac\u00a3+-]*\d[\d.,:/%-]*")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_VOWEL = re.compile("[aeiouy\u00e0-\u00e6\u00e8-\u00ef\u00f2-\u00f6\u00f8-\u00fc\u0153]", re.I)
_CROWD = re.compile(r"[^aeiouy\W\d_]{6,}", re.I)
NONE, ALL = 0.3, 0.8
"""The share of words in garbage, whose short tokens are words by accident, and in pages that read well in spite of names."""
LEAST_TOKENS = 5  # fewer tell nothing: the engine's word counts alone
COMMON = 2.0  # zipf; the lexicon's rarest entries are misreadings themselves


def page_scores(pages: Sequence[PageQuality], elements: Sequence[Element], words: Vocabulary) -> tuple[PageQuality, ...]:
    """`pages` with the scores of those that OCR read; the others keep what their parser says."""
    by_page: dict[int, list[Element]] = {}
    for element in elements:
        if element.page is not None:
            by_page.setdefault(element.page, []).append(element)
    return tuple(
        replace(page, score=round(_score(page, by_page[page.page], words), 4))
        if page.read_by == "ocr" and page.page in by_page
        else page
        for page in pages
    )


def _score(page: PageQuality, elements: Sequence[Element], words: Vocabulary) -> float:
    sure = [(e.confidence, len(e.text)) for e in elements if e.confidence is not None]
    total = sum(length for _, length in sure)
    confidence = sum(c * length for c, length in sure) / total if total else page.score
    share = word_share(" ".join(e.text for e in elements), words)
    if share is None:
        return confidence
    return sqrt(confidence * min(1.0, max(0.0, (share - NONE) / (ALL - NONE))))


def word_share(text: str, words: Vocabulary) -> float | None:
    """The share of letters and digits that stand in words and numbers, by length. None where there is too little to judge by."""
    good = all_ = seen = 0
    for match in _TOKEN.finditer(text):
        token = _EDGES.sub("", match.group()) or match.group()
        seen += 1
        all_ += len(token)
        if _NUMBER.fullmatch(token) or _is_word(token, words):
            good += len(token)
    return good / all_ if seen >= LEAST_TOKENS else None


def _is_word(token: str, words: Vocabulary) -> bool:
    if not any(c.isalpha() for c in token):
        return False
    if not _LATIN.search(token):
        return True  # another script: no lexicon can say
    parts = [p for p in re.split(r"[-\u2010\u2013\u2014'\u2019/.&]", token) if p]
    return all(_is_part(part, words) for part in parts)


def _is_part(part: str, words: Vocabulary) -> bool:
    if part.isdigit():
        return True
    if not part.isalpha() or not (part.islower() or part.isupper() or part[1:].islower()):
        return False
    if words.lexicon is not None:
        if len(part) == 1:
            return part in ("a", "A", "I")
        if words.zipf(part) >= (COMMON if len(part) > 3 else COMMON + 2):
            return True
        if len(part) <= 3 or part.islower():
            return False
    return len(part) <= 20 and bool(_VOWEL.search(part)) and not _CROWD.search(part)
