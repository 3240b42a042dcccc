"""Telephone numbers. Presidio's matcher tries eight countries: it sees only what can be dialled and would be believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from privacy.context import follows_thing, speaks_of
from privacy.span import Span

PHONE = "PHONE_NUMBER"
BARE, GROUPED, ANNOUNCED = 0.3, 0.6, 0.8
ANNOUNCING, ABROAD = "number after its word", "number with a country code"
_DIAL = re.compile(r"[+(\d](?<![\w+].)(?:(?<=\d)|(?<=[+(])\(?\d)(?:[ \u00a0().\-/\u2010-\u2014]{0,3}\d){5,}+(?!\w)")
_ABROAD = re.compile(r"\+[1-9](?:[\s().\-/]{0,3}\d){7,14}(?!\d)")
_NO_PHONE = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?:[T \d:.-].*)?"  # a date, and what clocks add to it
    r"|\d{1,2}[-/.] ?\d{1,2}[-/.] ?\d{4}.*"
    r"|-?\d+(?:\.\d+)+"  # a version, a decimal number
    r"|\d{4}\s?[-\u2010-\u2014]\s?\d{4}"  # a span of years
    r"|(?:\d{1,3},)*\d{3}"  # thousands
    r"|\d+\.\d{3,} \(?-?\d+\.\d+.*",  # coordinates
    re.DOTALL,
)
_PART_OF_MORE = tuple("-#/._$\u20ac\u00a3")
"""What stands before a number that is part of something longer: an issue, a version, an amount."""
_THOUSANDS = re.compile(r"\d{1,3}(?:[ \u00a0]\d{3})+")


def phones(text: str, matcher: Callable[[str], list[Any]], least: float, words: tuple[str, ...]) -> Iterator[Span]:
    """The telephone numbers of `text` that score `least` or more. `matcher` gives Presidio's results for a piece of text."""
    for run in _DIAL.finditer(text):
        start, end = run.span()
        value = run.group()
        digits = sum(c.isdecimal() for c in value)
        if _NO_PHONE.fullmatch(value):
            continue
        thing = follows_thing(text, start)
        if not thing and speaks_of(PHONE, text, start, end, words):
            if 6 <= digits <= 15:
                yield Span(start, end, PHONE, ANNOUNCED, ANNOUNCING)
            elif digits > 15:
                yield from _matched(text, start, end, matcher, ANNOUNCED)
            continue
        abroad = _ABROAD.match(value)
        if abroad is not None and digits <= 15:
            yield Span(start, start + abroad.end(), PHONE, GROUPED, ABROAD)
            continue
        bare = value.isdecimal()
        if _THOUSANDS.fullmatch(value):
            continue
        if (bare and least > BARE) or digits < 7 or _continues(text, start, end) or thing:
            continue
        yield from _matched(text, start, end, matcher, BARE if bare else GROUPED)


def _matched(text: str, start: int, end: int, matcher: Callable[[str], list[Any]], score: float) -> Iterator[Span]:
    for result in matcher(text[start:end]):
        first, last = start + result.start, start + result.end
        value = text[first:last]
        if not _NO_PHONE.fullmatch(value) and not _continues(text, first, last):
            yield Span(first, last, PHONE, min(score, BARE) if value.isdecimal() else score, "PhoneRecognizer")


def _continues(text: str, start: int, end: int) -> bool:
    """Whether the digits belong to something longer: `1,234`, `#12`, `a-12-b`, a time of day."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if before.endswith(_PART_OF_MORE) or before == "==":
        return not (before.endswith("-") and before.startswith((" ", "\n")))
    if before[-1:] in (",", ":") and before[:1].isdecimal():
        return True
    return (after[:1] in ("-", "/", "_") and after[1:].isalnum()) or (after[:1] in (":", ",", ".") and after[1:].isdecimal())
