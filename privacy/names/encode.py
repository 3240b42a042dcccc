"""Texts as the name model reads them: word pieces without their case, and for each the way its word is written.

The packaged MiniLM knows lower case alone, so `the bill of Bill` says nothing to it. What it calls token types, always 0 in the
original, are here the case of the word: the model was trained with them (`evals/train_names.py`). A hole, where something was
already replaced, is one `[MASK]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWER, TITLE, UPPER, INITIAL, MIXED, NUMBER, MARK = range(7)
CASES = 7
HOLE = "\0"
"""Stands for a hole in what is encoded: no cleaned text has it."""

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character: no tokenizer takes it."""
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One text in n word pieces. `starts` and `ends`: code points, half-open. `words`: which word a piece belongs to, from 0."""

    ids: Ints
    cases: Ints
    starts: Ints
    ends: Ints
    words: Ints

    def __len__(self) -> int:
        return len(self.ids)


def case_of(word: str) -> int:
    """How `word` is written."""
    if word.islower():
        return NUMBER if any(map(str.isdigit, word)) else LOWER
    if not word[0].isalnum():
        return MARK
    if any(map(str.isdigit, word)):
        return NUMBER
    if word.isupper():
        return INITIAL if len(word) == 1 else UPPER
    if word[0].isupper() and word[1:].islower():
        return TITLE
    return LOWER if word.casefold() == word else MIXED


class Encoder:
    """Reads with the `tokenizer.json` of a BERT. Threads may share it."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # a text that says [MASK] means the five letters
        known = self._tokenizer.token_to_id
        self.cls, self.sep, self.mask, self.pad = (known(f"[{name}]") or 0 for name in ("CLS", "SEP", "MASK", "PAD"))

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text, its `HOLE`s as one piece of their own."""
        pieces = [_SURROGATE.sub("\ufffd", text).split(HOLE) for text in texts]
        flat = [piece for parts in pieces for piece in parts]
        read = iter(self._tokenizer.encode_batch(flat, add_special_tokens=False))
        return [self._join(parts, [next(read) for _ in parts]) for parts in pieces]

    def _join(self, parts: list[str], read: list[Any]) -> Encoded:
        ids: list[int] = []
        cases: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        words: list[int] = []
        at = word = 0
        for n, (part, encoding) in enumerate(zip(parts, read, strict=True)):
            if n:
                ids.append(self.mask)
                cases.append(MARK)
                starts.append(at)
                ends.append(at + 1)
                words.append(word)
                at, word = at + 1, word + 1
            offsets, order = encoding.offsets, encoding.word_ids
            ids.extend(encoding.ids)
            starts.extend(at + first for first, _ in offsets)
            ends.extend(at + last for _, last in offsets)
            words.extend(word + w for w in order)
            cases.extend(_cases(part, offsets, order))
            at, word = at + len(part), word + (order[-1] + 1 if order else 0)
        return Encoded(*(np.array(column, np.int32) for column in (ids, cases, starts, ends, words)))


def _cases(text: str, offsets: list[tuple[int, int]], order: list[int]) -> list[int]:
    found: list[int] = []
    n = 0
    while n < len(order):
        last = n
        while last + 1 < len(order) and order[last + 1] == order[n]:
            last += 1
        case = case_of(text[offsets[n][0] : offsets[last][1]] or "-")
        found.extend([case] * (last + 1 - n))
        n = last + 1
    return found
