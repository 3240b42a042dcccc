"""What OCR takes for what: shapes that look alike in print. A candidate is the word that may have been printed, with its cost."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

_PAIRS: tuple[tuple[str, str, float], ...] = (
    ("rn", "m", 0.3), ("cl", "d", 0.4), ("vv", "w", 0.2), ("li", "h", 0.4), ("ii", "u", 0.5), ("ri", "n", 0.7), ("ni", "m", 0.7),
    ("in", "m", 0.7), ("nn", "m", 0.7), ("tl", "d", 0.9), ("lt", "k", 0.9), ("fi", "h", 0.8), ("lc", "k", 0.7), ("oc", "x", 1.0),
    ("c", "e", 0.4), ("n", "u", 0.5), ("b", "h", 0.4), ("f", "t", 0.5), ("i", "l", 0.4), ("l", "t", 0.6), ("i", "t", 0.7),
    ("o", "c", 0.7), ("o", "e", 0.7), ("a", "o", 0.8), ("y", "v", 0.6), ("g", "q", 0.6), ("j", "i", 0.6), ("r", "v", 0.9),
    ("a", "u", 0.9), ("s", "a", 0.9), ("a", "e", 0.9), ("h", "k", 0.9), ("r", "t", 0.9), ("d", "a", 0.9), ("g", "y", 0.8),
    ("x", "z", 0.9), ("p", "n", 1.0), ("w", "v", 0.9), ("b", "d", 0.9), ("j", "l", 0.8), ("s", "e", 0.9), ("j", "f", 0.9),
)  # fmt: skip
_ONE_WAY: tuple[tuple[str, str, float], ...] = (
    ("\u017f", "s", 0.0), ("f", "s", 0.4), ("\u0131", "i", 0.1), ("iii", "m", 0.6), ("iu", "m", 0.8), ("lm", "hn", 0.9),
    ("0", "o", 0.1), ("1", "l", 0.2), ("1", "i", 0.3), ("|", "l", 0.3), ("|", "i", 0.3), ("!", "l", 0.4), ("!", "i", 0.4),
    ("5", "s", 0.5), ("6", "b", 0.6), ("6", "o", 0.7), ("8", "b", 0.7), ("3", "e", 0.8), ("9", "g", 0.7), ("\u20ac", "e", 0.3),
    ("\u00a2", "c", 0.3), ("\u00a3", "f", 0.5), ("\u00df", "b", 0.6), ("\u00e9", "e", 0.5), ("\u00ef", "i", 0.5),
    ("\u00f6", "o", 0.6),
)  # fmt: skip
_TABLE: Mapping[str, tuple[tuple[str, float], ...]] = {
    wrong: tuple((b, cost) for a, b, cost in chain(_PAIRS, ((b, a, cost) for a, b, cost in _PAIRS), _ONE_WAY) if a == wrong)
    for wrong in {a for a, _, _ in (*_PAIRS, *_ONE_WAY)} | {b for _, b, _ in _PAIRS}
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
SLIP = 1.3
"""What a letter costs that was lost, added or changed without likeness."""


def candidates(word: str) -> dict[str, float]:
    """`word` after one confusion, in lower case, with the least cost of each."""
    found: dict[str, float] = {}
    for start in range(len(word)):
        for length in (1, 2, 3):
            for right, cost in _TABLE.get(word[start : start + length], ()):
                if start + length <= len(word):
                    other = word[:start] + right + word[start + length :]
                    found[other] = min(cost, found.get(other, cost))
    return found


def twice(first: Mapping[str, float]) -> dict[str, float]:
    """The candidates of candidates. Only clear likenesses, or every word becomes every other."""
    found: dict[str, float] = {}
    for word, cost in first.items():
        if cost <= 0.5:
            for other, more in candidates(word).items():
                if more <= 0.5:
                    found[other] = min(cost + more + 0.3, found.get(other, 9.0))
    return found


def slips(word: str) -> dict[str, float]:
    """`word` with one letter more, less or other."""
    found = dict.fromkeys((word[:i] + word[i + 1 :] for i in range(len(word))), SLIP)
    for i in range(len(word) + 1):
        for letter in _LETTERS:
            found[word[:i] + letter + word[i:]] = SLIP
            if i < len(word):
                found[word[:i] + letter + word[i + 1 :]] = SLIP
    return found
