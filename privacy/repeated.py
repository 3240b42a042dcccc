"""Where else in a document a value stands that was found in it once: without its word, no shape would be believed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from privacy.entities import GENERIC, NATIONAL, NUMERIC
from privacy.pseudonym import normal_value

KINDS = frozenset((*GENERIC, *NATIONAL, "ADDRESS"))
"""What is the same value wherever it stands. A date, an age or the name of a town is not."""
SHORTEST = 6
"""Letters and digits of a value that is looked for."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d(?:[ \u00a0().\-/]{0,2}\d){5,}")
Found = tuple[int, int, str]


class Repeated:
    """The values, as (kind, value), that were found somewhere in a document."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._numbers: dict[str, str] = {}
        self._starting: dict[str, list[tuple[int, str, str]]] = {}
        for kind, value in sorted(set(values)):
            first = _WORD.search(value)
            if kind not in KINDS or first is None or sum(map(str.isalnum, value)) < SHORTEST:
                continue
            if kind in NUMERIC:
                self._numbers[normal_value(kind, value)] = kind
            told = (first.start(), value.lower(), kind)
            self._starting.setdefault(first.group().lower(), []).append(told)

    def of(self, text: str) -> Iterator[Found]:
        """Where `text` has one: half-open offsets and the kind. Letter case means nothing, nor what groups a number's digits."""
        if not self._starting:
            return
        folded = text.lower() if len(text.lower()) == len(text) else text
        for word in _WORD.finditer(folded):
            for before, value, kind in self._starting.get(word.group(), ()):
                start = word.start() - before
                if start >= 0 and folded.startswith(value, start) and _alone(folded, start, start + len(value)):
                    yield start, start + len(value), kind
        if self._numbers:
            for number in _NUMBER.finditer(text):
                numeric = self._numbers.get(normal_value("PHONE_NUMBER", number.group()))
                if numeric is not None and _alone(text, *number.span()):
                    yield *number.span(), numeric


def _alone(text: str, start: int, end: int) -> bool:
    edges = ((text[start - 1 : start] + text[start]) if start else "", text[end - 1 : end + 1] if end < len(text) else "")
    return not any(len(edge) == 2 and all(c.isalnum() or c == "_" for c in edge) for edge in edges)
