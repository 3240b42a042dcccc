"""Presidio's recognizers, called one by one on what has their shape: its engine would load a language model and cost far more.

`tldextract`, which Presidio's e-mail recognizer calls, would fetch a list from the internet, and it knows no internal host names.
So an address is judged here by its shape alone: what looks like one is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from privacy.context import mentions
from privacy.light import without
from privacy.phones import phones
from privacy.shapes import SHAPES, Shape
from privacy.span import Span

Window = tuple[int, int]

GROUPED = {
    "DE_TAX_ID": ("in groups", r"\b[1-9]\d \d{3} \d{3} \d{3}\b", 0.5),
    "DE_SOCIAL_SECURITY": ("in groups", r"\b\d\d \d{6} [A-Z] \d\d ?\d\b", 0.5),
    "ES_NIE": ("with a dash", r"\b[XYZ]-\d{7,8}-?[A-Z]\b", 0.5),
    "IT_FISCAL_CODE": ("in groups", r"\b[A-Z]{3} [A-Z]{3} [\dA-Z]{5} [A-Z][\dA-Z]{3}[A-Z]\b", 0.3),
}
"""How people group what Presidio knows in one piece alone."""
_DIGITS = re.compile(r"\d+")
_FOUR = re.compile(r"\d(?<![\w.].)\d{0,2}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?!\w|\.\d)")
_SIX = re.compile(r"[0-9A-Fa-f](?<![\w:].)[0-9A-Fa-f]{0,3}:(?:[0-9A-Fa-f]{1,4}:){5,6}[0-9A-Fa-f:.]+")
_HEX = frozenset("0123456789abcdefABCDEF:.")
BEFORE_DIGITS, AFTER_DIGITS = 8, 24
OURS = "shape and checksum"
"""What a find of ours is recorded under; one of Presidio's, under the name of its recognizer."""
ADDRESS_CHARACTERS = 320  # the longest e-mail address there is (RFC 3696, errata 1690)


def digit_windows(text: str) -> list[Window]:
    """The parts of `text` that have digits, wide enough for every shape that begins or ends in letters."""
    windows: list[Window] = []
    start = end = -1
    for match in _DIGITS.finditer(text):
        first, last = match.span()
        if first - BEFORE_DIGITS > end:
            if end >= 0:
                windows.append((start, end))
            start = max(0, first - BEFORE_DIGITS)
        end = last + AFTER_DIGITS
    if end >= 0:
        windows.append((start, end))
    return windows


def shaped(entity: str, text: str, windows: list[Window], words: tuple[str, ...] = ()) -> Iterator[Span]:
    """The finds of an entity that has a shape."""
    if entity == "PASSPORT" and not mentions(entity, text, words):
        return
    shape = SHAPES[entity]
    for pattern in shape.patterns:
        for start, end in [(0, len(text))] if entity == "CRYPTO" else windows:
            for match in pattern.finditer(text, start, end):
                yield from _judged(entity, shape, match)


def _judged(entity: str, shape: Shape, match: re.Match[str]) -> Iterator[Span]:
    if shape.presidio is not None:
        for result in presidio(entity, shape.presidio)(match.group()):
            yield Span(match.start() + result.start, match.start() + result.end, entity, float(result.score), shape.presidio)
    elif shape.check is not None and shape.check("".join(filter(str.isalnum, match.group())).upper()):
        yield Span(match.start(), match.end(), entity, shape.score, OURS)


@cache
def presidio(entity: str, name: str) -> Callable[[str], list[Any]]:
    """A recognizer of Presidio's as a function of a text; Presidio is loaded with the first one."""
    with without("torch", "transformers"):
        from presidio_analyzer import Pattern
        from presidio_analyzer import predefined_recognizers as predefined

    kind = getattr(predefined, name)
    if entity == "EMAIL_ADDRESS":

        class EmailByShape(predefined.EmailRecognizer):
            def validate_result(self, pattern_text: str) -> bool:
                host = pattern_text.rpartition("@")[2].rpartition(".")[2]
                return len(host) > 1 and not host.isdecimal()

        kind = EmailByShape
    if entity not in GROUPED:
        found: Any = kind()
        return lambda text: list(found.analyze(text, [entity]))

    class InGroups(kind):  # type: ignore[misc, valid-type]
        def validate_result(self, pattern_text: str) -> Any:
            return super().validate_result(pattern_text.replace(" ", "").replace("-", ""))

    grouped: Any = InGroups(patterns=[*kind.PATTERNS, Pattern(*GROUPED[entity])])
    return lambda text: list(grouped.analyze(text, [entity]))


def emails(text: str) -> Iterator[Span]:
    find = presidio("EMAIL_ADDRESS", "EmailRecognizer")
    for start, end in around_at(text):
        for result in find(text[start:end]):
            yield Span(start + result.start, start + result.end, "EMAIL_ADDRESS", float(result.score), "EmailRecognizer")


def addresses(text: str) -> Iterator[Span]:
    """IP addresses."""
    find = presidio("IP_ADDRESS", "IpRecognizer")
    for start, end in [*(m.span() for m in _FOUR.finditer(text)), *_around_colons(text)]:
        for result in find(text[start:end]):
            yield Span(start + result.start, start + result.end, "IP_ADDRESS", float(result.score), "IpRecognizer")


def numbers_to_dial(text: str, least: float, words: tuple[str, ...] = ()) -> Iterator[Span]:
    """Telephone numbers that score `least` or more; `words` announce one besides ours."""
    return phones(text, presidio("PHONE_NUMBER", "PhoneRecognizer"), least, words)


def around_at(text: str) -> Iterator[Window]:
    """The word around each `@`, no longer than an address: a regular expression over a megabyte of base64 never ends."""
    last_end = 0
    at = text.find("@")
    while at >= 0:
        start, end = at, at + 1
        while start > last_end and at - start < ADDRESS_CHARACTERS and not text[start - 1].isspace():
            start -= 1
        while end < len(text) and end - at < ADDRESS_CHARACTERS and not text[end].isspace():
            end += 1
        yield start, end
        last_end = end
        at = text.find("@", end)


def _around_colons(text: str) -> Iterator[Window]:
    last_end = 0
    at = text.find("::")
    while at >= 0:
        start, end = at, at + 2
        while start > last_end and at - start < 40 and text[start - 1] in _HEX:
            start -= 1
        while end < len(text) and end - at < 60 and text[end] in _HEX:
            end += 1
        found = text[start:end].rstrip(".")
        end = start + len(found) - (found.endswith(":") and not found.endswith("::"))
        if not (start and text[start - 1].isalnum()):
            yield start, end
        last_end = end
        at = text.find("::", end)
    if text.count(":") >= 6:
        for match in _SIX.finditer(text):
            yield match.start(), match.start() + len(match.group().rstrip(".:"))
