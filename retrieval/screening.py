"""What the operator's policy makes of the screen's flags, for the passages of one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from catalog.text import StoredChunk
from retrieval.query import Confirmed, Flag, Passage
from retrieval.screen import screen

Policy = Literal["off", "flag", "drop"]
MOST = 50_000
"""Texts whose flags are remembered, by digests of theirs: no text is."""


class _Screened:
    """The flags of a text are the same whoever asks, so it is read once. It only grows to a bound; losing it costs time."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Flag, ...]] = {}

    def flags(self, text: str) -> tuple[Flag, ...]:
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if (known := self._known.get(key)) is not None:
            return known
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = found = screen(text)
        return found


_SCREENED = _Screened()


@dataclass(slots=True)
class Screening:
    """`dropped`: the scores of the confirmed passages that the last call of `kept` left out."""

    policy: Policy = "off"
    dropped: tuple[float, ...] = ()

    def kept(self, confirmed: Sequence[Confirmed]) -> tuple[Confirmed, ...]:
        """Those that the policy lets through. Only what the asker may read comes here: what is left out tells of nothing else."""
        if self.policy != "drop":
            return tuple(confirmed)
        self.dropped = tuple(one.score for one in confirmed if self.flags(one.chunk))
        return tuple(one for one in confirmed if not self.flags(one.chunk))

    def missed(self, passages: Sequence[Passage], top_k: int) -> bool:
        """Whether something that was left out would have had a place among these."""
        return bool(self.dropped) and (len(passages) < top_k or max(self.dropped) >= passages[-1].score)

    def flags(self, chunk: StoredChunk) -> tuple[Flag, ...]:
        """In the text; one found in the title or the headings, which have no place there, has the span 0 to 0."""
        if self.policy == "off":
            return ()
        above = {Flag(flag.code, 0, 0): None for line in (chunk.title, *chunk.headings) for flag in self._flags(line)}
        return (*above, *self._flags(chunk.text))

    def _flags(self, text: str) -> tuple[Flag, ...]:
        return _SCREENED.flags(text)
