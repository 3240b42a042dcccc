"""How far a text layer can be trusted, judged by its letters alone. Prose, tables and code pass; wrongly mapped fonts do not."""

from __future__ import annotations

import re
import unicodedata

USABLE = 0.5
"""A page whose text scores less is read by OCR. Of 159 pages with a text layer in 89 files of many makers, 155 scored 0.8 and
more, two from 0.5 to 0.8, none from 0.4 to 0.5 and two 0.4 and less; which of them read well was not judged one by one."""
MIN_LETTERS = 40
"""Fewer letters tell nothing by their frequencies."""
UNMAPPED = 0.6
"""Less than all: some fonts do not say what their signs mean and yet number them as everybody does."""
MIN_TOKENS = 15
_CID = re.compile(r"\(cid:\d+\)")
_SPACE = re.compile(r"\s+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]")
_VOWEL = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ]", re.IGNORECASE)
_MIXED = re.compile(r"[a-z][A-Z]|\b[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{6,}\b")
"""A small letter before a capital, or a long run without a vowel: seldom in a language, common in garbage."""
_LEADERS = "._-\u2026\u2013\u2014=*|\u2022\u00b7"
"""Of dotted and ruled lines in forms and tables of contents: many signs, nothing wrong."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_FIT = frozenset(
    ("Ll", "Lu", "Lo", "Lm", "Lt", "Nd", "Mn", "Mc", "Nl", "No", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "So", "Sk", "Pc")
)


def usable(text: str, unmapped: float = 0.0) -> float:
    """From 0 (nothing, or garbage) to 1. `unmapped` is the share of signs whose font does not say what they mean."""
    cids = len(_CID.findall(text))
    signs = _SPACE.sub("", _CID.sub("", text) if cids else text)
    total = len(signs) + cids
    if not total:
        return 0.0
    odd = {sign for sign in set(signs) if not sign.isalnum()}
    lost = cids + sum(signs.count(sign) for sign in odd if _is_lost(sign))
    score = max(0.0, 1.0 - 2.5 * lost / total) * (1.0 - UNMAPPED * unmapped)
    words = total - cids - sum(signs.count(sign) for sign in odd)
    if words < 0.35 * total and total >= MIN_LETTERS and sum(signs.count(sign) for sign in _LEADERS) < 0.4 * total:
        score *= words / (0.35 * total)
    return round(score * _language(text) * _whole(text), 4)


def _whole(text: str) -> float:
    """Low where most words are a single letter: what OCR sees in drawings and maps."""
    tokens = [token for token in text.split() if any(map(str.isalpha, token))]
    if len(tokens) < MIN_TOKENS:
        return 1.0
    single = sum(len(token) == 1 and token.isascii() for token in tokens) / len(tokens)
    return 1.0 if single < 0.35 else max(0.0, (0.6 - single) / 0.25)


def _is_lost(sign: str) -> bool:
    return sign == "\ufffd" or unicodedata.category(sign) not in _FIT


def _language(text: str) -> float:
    """Whether Latin letters stand as in a language: vowels among them, capitals first. 1 for other scripts and short texts."""
    latin = len(_LATIN.findall(text))
    if latin < MIN_LETTERS:
        return 1.0
    vowels = len(_VOWEL.findall(text)) / latin
    words = len(_WORD.findall(text))
    if not words:
        return 0.6
    mixed = len(_MIXED.findall(text)) / words
    return min(1.0, max(0.0, (vowels - 0.1) / 0.12)) * min(1.0, max(0.0, (0.72 - vowels) / 0.1)) * max(0.0, 1.0 - 1.5 * mixed)
