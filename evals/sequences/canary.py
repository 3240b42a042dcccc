"""Words that stand nowhere else. Wherever one of them turns up, it is known from which text it came."""

from __future__ import annotations

import re

SIGN = "zq"
_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "no", "pi", "ra", "so", "tu", "vo", "xe", "za", "ju")
_PLACES = 5
_SHAPE = re.compile(rf"{SIGN}[a-z]*")


def canary(number: int) -> str:
    """The word of this number, up to a million of them: a capital, then small letters, nobody's name and in no dictionary."""
    return SIGN.capitalize() + "".join(_SYLLABLES[(number >> 4 * place) % 16] for place in range(_PLACES))


def canaries(text: str) -> frozenset[str]:
    """All that stand in a text, in small letters, and pieces of them too: a piece tells whose it is as well."""
    return frozenset(_SHAPE.findall(text.casefold()))
