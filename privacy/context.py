"""Whether the words around a number say what it is. A bare number with a one-digit checksum is one in ten times anybody's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from privacy.words import SOFTWARE, THINGS, WORDS

BEFORE_CHARACTERS = 60
AFTER_CHARACTERS = 30
AFTER = {"PHONE_NUMBER": 12}
"""`(mobile)` behind a number names it, `and call you back` does not."""
THING_CHARACTERS = 40
BOOST = 0.35
COLUMN_LINES = 200
COLUMN_CHARACTERS = 20_000

ALWAYS = frozenset(
    {
        "MEDICAL_LICENSE",
        "DE_TAX_ID",
        "PL_PESEL",
        "UK_UTR",
        "FR_TAX_ID",
        "NL_BSN",
        "PT_NIF",
        "CA_SIN",
        "AU_TFN",
        "IN_PAN",
        "PASSPORT",
    }
)
"""Nothing but digits, or a shape that serial numbers share: without its word it is not believed."""
WHEN_BARE = frozenset(
    {
        "UK_NHS",
        "SE_PERSONNUMMER",
        "IN_AADHAAR",
        "KR_RRN",
        "US_SSN",
        "US_ITIN",
        "PHONE_NUMBER",
        "BE_NATIONAL_NUMBER",
        "BR_CPF",
    }
)
"""Believed when it is grouped as people write it; as bare digits only with its word."""
_NUMBER = "|".join(("no", "nr", "num", "number", "nummer", "numéro", "numero", "número", "id", "code", "is", "was"))
_FILLER = rf"(?:\s*(?:(?:{_NUMBER})\b|n[°º]|<\/?\w{{1,6}}>|[.:=#\"'`*>|&;()\t-])){{0,5}}\s*"
_NOT_NAMED = "".join(rf"(?<!\b{word} )" for word in ("this", "that", "any", "each", "which"))
"""`in this case` names no case."""


def one_of(words: Iterable[str]) -> str:
    """A regular expression for any of `words`, as whole words."""
    return rf"(?<![^\W_])(?:{'|'.join(map(_spelt, sorted(set(words), key=len, reverse=True)))})(?![^\W_])"


def _spelt(word: str) -> str:
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"[\w-]*"
    if word.isalpha() and len(word) <= 4:
        return r"\.?".join(map(re.escape, word)) + r"\.?s?"
    return re.escape(word) + "s?"


@cache
def _announcing(entity: str, more: tuple[str, ...] = ()) -> re.Pattern[str] | None:
    words = (*WORDS.get(entity, ()), *more)
    return re.compile(one_of(words), re.IGNORECASE) if words else None


_THING = re.compile(_NOT_NAMED + one_of(THINGS) + _FILLER + r"$", re.IGNORECASE)
_IN_THING = re.compile(_NOT_NAMED + one_of(THINGS), re.IGNORECASE)
_VERSION = re.compile(one_of(SOFTWARE) + _FILLER + r"$|(?:==|[~^<>]=|[@~^-])$|[^\W_]/$", re.IGNORECASE)
_IN_VERSION = re.compile(one_of(SOFTWARE), re.IGNORECASE)


def speaks_of(entity: str, text: str, start: int, end: int, more: tuple[str, ...] = ()) -> bool:
    """Whether a word of `entity`, or one of `more`, stands near text[start:end] or above it in its column."""
    pattern = _announcing(entity, more)
    if pattern is None:
        return False
    before, after = text[max(0, start - BEFORE_CHARACTERS) : start], text[end : end + AFTER.get(entity, AFTER_CHARACTERS)]
    return any(pattern.search(part) for part in (before, after)) or bool(pattern.search(heading_of(text, start)))


def follows_thing(text: str, start: int) -> bool:
    """Whether what stands before `start` announces the number of a thing: an order, a part, a page."""
    return bool(_THING.search(text[max(0, start - THING_CHARACTERS) : start]) or _IN_THING.search(heading_of(text, start)))


def follows_version(text: str, start: int) -> bool:
    """Whether what stands before `start` announces the number of a version: `v`, `version`, `pkg==`."""
    return bool(_VERSION.search(text[max(0, start - THING_CHARACTERS) : start]) or _IN_VERSION.search(heading_of(text, start)))


def heading_of(text: str, start: int) -> str:
    """The first cell of the column that text[start] stands in, where lines are rows of cells; else nothing."""
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start]
    by = "|" if "|" in before else "\t" if "\t" in before or text[start : start + 40].partition("\n")[0].count("\t") else ""
    if not by or not line:
        return ""
    above = text[max(0, line - COLUMN_CHARACTERS) : line].splitlines()[-COLUMN_LINES:]
    nth = before.count(by)
    heading = ""
    for row in reversed(above):
        if by not in row:
            break
        heading = row
    cells = heading.split(by)
    return cells[nth].strip() if nth < len(cells) else ""


def mentions(entity: str, text: str, more: tuple[str, ...] = ()) -> bool:
    """Whether a word of `entity`, or one of `more`, stands anywhere in `text`."""
    pattern = _announcing(entity, more)
    return pattern is not None and pattern.search(text) is not None
