"""Dates and ages: personal only beside a person, so looked for only where a policy asks. Pure.

Dates in figures (ISO 8601 and what people write) with or without a time of day, months and weekdays in English, and years behind
a word that announces one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from privacy.span import Span

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d\d"
_CLOCK = r"(?:[ T](?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?: ?[ap]\.?m\.?)?)?"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_DATES = (
    (re.compile(rf"(?<![\w.-]){_YEAR}-(?:0[1-9]|1[0-2])-{_DAY}{_CLOCK}(?![\w-])"), 0.8),
    (re.compile(rf"(?<![\w./-])(?:{_DAY}[/.-]{_DAY}|{_DAY}[/.-](?:0?[1-9]|1[0-2]))[/.-](?:{_YEAR}|\d\d){_CLOCK}(?![\w/-])"), 0.6),
    (re.compile(rf"(?<!\w){_DAY}(?:st|nd|rd|th)?(?: of)? {_MONTH},?(?: {_YEAR})?(?!\w)", re.IGNORECASE), 0.7),
    (re.compile(rf"(?<!\w){_MONTH} {_DAY}(?:st|nd|rd|th)?(?:,? {_YEAR})?(?!\w)", re.IGNORECASE), 0.7),
    (re.compile(rf"(?<!\w){_MONTH},? {_YEAR}(?!\w)", re.IGNORECASE), 0.6),
    (re.compile(rf"(?<!\w){_WEEKDAY}s?(?!\w)", re.IGNORECASE), 0.5),
    (re.compile(rf"(?<=\b(?:in|of|by) ){_YEAR}(?![\w-])|(?<=\bsince ){_YEAR}(?![\w-])", re.IGNORECASE), 0.5),
)
_AGE = r"(?:1[01]\d|[1-9]?\d)"
_BEFORE = "|".join(rf"(?<=\b{word})" for word in ("aged ", "age ", "age: ", "age of ", "turned ", "turning "))
_AGES = (
    re.compile(rf"(?<![\w.]){_AGE}(?=[ -]?(?:years?|yrs?)[ -](?:old|of age)\b|[ -]?y/?o\b)", re.IGNORECASE),
    re.compile(rf"(?:{_BEFORE}){_AGE}(?![\w.,%])", re.IGNORECASE),
)


def dates(text: str) -> Iterator[Span]:
    for pattern, score in _DATES:
        for found in pattern.finditer(text):
            yield Span(*found.span(), "DATE_TIME", score, "dates")


def ages(text: str) -> Iterator[Span]:
    """Numbers of years that somebody lived, as a sentence or a form says it."""
    for pattern in _AGES:
        for found in pattern.finditer(text):
            yield Span(*found.span(), "AGE", 0.8, "ages")
