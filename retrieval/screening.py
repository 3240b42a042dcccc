"""What the operator's policy makes of the screen's flags, for the passages of one answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from catalog.text import StoredChunk
from retrieval.query import Confirmed, Flag, Passage
from retrieval.screen import screen

Policy = Literal["off", "flag", "drop"]


@dataclass(slots=True)
class Screening:
    """Reads each text once, by `read`. `dropped`: the scores of the confirmed passages that the last call of `kept` left out."""

    policy: Policy = "off"
    dropped: tuple[float, ...] = ()
    read: Callable[[str], tuple[Flag, ...]] = field(default=screen, repr=False)
    _read: dict[str, tuple[Flag, ...]] = field(default_factory=dict, repr=False)

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
        if text not in self._read:
            self._read[text] = self.read(text)
        return self._read[text]
