"""Which parts of a text the name model reads together, and which it need not read. Pure.

A sentence that has nothing but ordinary words cannot hold a name: it is left out. The others are read with their neighbours,
up to `WINDOW` pieces, which is about what the model was trained on.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

import numpy as np

from privacy.names.encode import INITIAL, LOWER, MARK, MIXED, NUMBER, TITLE, UPPER, Encoded

WINDOW = 96
LONGEST = 160
"""What is no sentence, a list or a table, is cut after so many pieces at the latest."""
ENDS = frozenset(".!?。！？")
CLOSERS = frozenset("\"')]”’»")
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr hr fr rev hon gen col capt lt sgt maj gov sen rep pres messrs mme mlle dipl ing mag vs no "
    "nr art al inc ltd co corp bros dept univ est approx fig eq sec ch vol pp ed eds e.g i.e etc jan feb mar apr jun jul "
    "aug sep sept oct nov dec".split()
)
_BEGINS = frozenset((TITLE, UPPER, INITIAL, NUMBER, MARK, MIXED))
Window = tuple[int, int]


def windows(text: str, encoded: Encoded, ordinary: Collection[str], openers: Collection[str]) -> list[Window]:
    """Half-open ranges of pieces to be read, in order. `ordinary`: words that name nobody; `openers`: not even with a capital."""
    found: list[Window] = []
    for start, end in _sentences(text, encoded):
        if _nameless(text, encoded, start, end, ordinary, openers):
            continue
        if found and found[-1][1] == start and end - found[-1][0] <= WINDOW:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _sentences(text: str, encoded: Encoded) -> list[Window]:
    size = len(encoded)
    if not size:
        return []
    starts, ends, words, cases = (column.tolist() for column in (encoded.starts, encoded.ends, encoded.words, encoded.cases))
    cuts = []
    begin = breakable = 0
    for n in range(1, size):
        if words[n] == words[n - 1]:
            continue
        gap = text[ends[n - 1] : starts[n]]
        if gap and ("\n\n" in gap or (cases[n] in _BEGINS and _ends_sentence(text, starts, ends, n - 1))):
            cuts.append(n)
            begin = breakable = n
            continue
        if "\n" in gap or text[ends[n - 1] - 1] in ",;:|)":
            breakable = n
        if n - begin >= LONGEST:
            cut = breakable if breakable > begin else n
            cuts.append(cut)
            begin = breakable = cut
    edges = [0, *cuts, size]
    return list(pairwise(edges))


def _ends_sentence(text: str, starts: list[int], ends: list[int], n: int) -> bool:
    """Whether piece n closes a sentence: a full stop that belongs to no abbreviation or initial."""
    while n > 0 and text[starts[n] : ends[n]] in CLOSERS and ends[n - 1] == starts[n]:
        n -= 1
    mark = text[starts[n] : ends[n]]
    if mark not in ENDS:
        return False
    if mark != "." or n == 0:
        return True
    first = text.rfind(" ", max(0, starts[n] - 12), starts[n]) + 1
    word = text[max(first, starts[n] - 12) : starts[n]].strip("(\"'\n")
    return not (len(word) < 2 or word.casefold() in ABBREVIATIONS or "." in word)


def _nameless(text: str, encoded: Encoded, start: int, end: int, ordinary: Collection[str], openers: Collection[str]) -> bool:
    words = encoded.words[start:end]
    edges = np.flatnonzero(np.diff(words)) + 1
    firsts = np.concatenate(([0], edges)) + start
    lasts = np.concatenate((edges, [end - start])) + start - 1
    cases = encoded.cases[firsts].tolist()
    shouted = LOWER not in cases and TITLE not in cases
    opening = True
    for first, last, case in zip(encoded.starts[firsts].tolist(), encoded.ends[lasts].tolist(), cases, strict=True):
        if case in (MARK, NUMBER):
            continue
        word = text[first:last]
        if case == LOWER:
            if word not in ordinary:
                return False
        elif (
            not ((case in (TITLE, INITIAL) and opening) or (case in (UPPER, INITIAL) and shouted))
            or word.casefold() not in openers
        ):
            return False
        opening = False
    return True
