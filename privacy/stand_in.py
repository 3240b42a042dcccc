"""A redacted text as an embedding model should read it: people by made-up names instead of codes. Pure.

`[PERSON_K7Q2M5XPLDWA_ZD3LHN6UQ4RT]` is a dozen meaningless pieces to a model, which drown what the sentence says. Its code picks
two words of syllables instead, the same wherever it stands, in documents and questions. They go to the model alone: they are
stored nowhere, say nothing that the code does not, and say which family name two people share as the code does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PERSON = re.compile(r"\[PERSON_([A-Z2-7]{12})(?:_([A-Z2-7]{12}))?\]")
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CONSONANTS = "bdfgklmnprstvzhj"
_VOWELS = "aeio"


def as_read(text: str) -> str:
    """`text` with a name for each person. Not shorter than 3 letters a word; the same code gives the same word."""
    return _PERSON.sub(_named, text) if "[PERSON_" in text else text


def _named(found: re.Match[str]) -> str:
    whole, family = found.groups()
    return f"{_word(whole)} {_word(family)}" if family else _word(whole)


def _word(code: str) -> str:
    return "".join(_syllables(code)).capitalize()


def _syllables(code: str) -> Iterator[str]:
    """Three of 64: 18 bits of the code's 60, so that few of a document's people share a word."""
    bits = sum(_DIGITS.index(sign) << (5 * n) for n, sign in enumerate(code[:4]))
    for n in range(3):
        six = bits >> (6 * n) & 63
        yield _CONSONANTS[six & 15] + _VOWELS[six >> 4]
