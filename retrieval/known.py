"""What was worked out of a text before, so that an answer that comes again costs no second counting and screening.

Kept are numbers and flags, by a digest of the text; no text. What one person's answers brought is known only to those who may
read the same lists: else the time that a text takes would tell that somebody was given it. The oldest is forgotten first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from index.model import Tokens

T = TypeVar("T")
MOST = 100_000
"""About 15 MB."""
DIGEST_BYTES = 16


class Known:
    """Safe to use from several threads: two may work out the same at once, which costs time alone."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[object, bytes], object] = OrderedDict()
        self._gate = threading.Lock()

    def recall(self, work: Callable[[str], T], text: str, whose: bytes) -> T:
        """`work(text)`, for those of `whose` that was done before. `work` must always give the same, and be the same object."""
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES, key=whose).digest()
        with self._gate:
            if (work, digest) in self._kept:
                self._kept.move_to_end((work, digest))
                known: T = self._kept[work, digest]  # type: ignore[assignment]
                return known
        done = work(text)
        with self._gate:
            self._kept[work, digest] = done
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return done


@dataclass(frozen=True, slots=True)
class KnownTo:
    """What is known to those whose scope has this digest (hexadecimal)."""

    known: Known
    scope: str

    def of(self, work: Callable[[str], T]) -> Callable[[str], T]:
        """The same function, which remembers."""
        whose = bytes.fromhex(self.scope)
        return lambda text: self.known.recall(work, text, whose)

    def tokens(self, tokens: Tokens) -> Tokens:
        """The same tokenizer, which remembers what it counted."""
        return Counted(tokens, self.of(tokens.count))


@dataclass(frozen=True, slots=True)
class Counted:
    """Meets `index.model.Tokens`."""

    tokens: Tokens
    counted: Callable[[str], int]

    def count(self, text: str) -> int:
        return self.counted(text)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return self.tokens.offsets(text)
