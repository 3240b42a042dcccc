"""How long many things took, in few numbers that add up: counts in buckets whose bounds grow by a constant factor.

As DDSketch (Masson, Rim, Lee: VLDB 2019): a bucket spans so little that its middle is within `ACCURACY` of all that lies in it,
so every quantile is. Histograms of parts added are the histogram of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, log

ACCURACY = 0.02
"""Relative: a quantile that is said to be 100 ms lies between 98 and 102."""
LEAST_MS, MOST_MS = 0.01, 86_400_000.0
"""What is shorter or longer is counted as this. So there are some 580 buckets at most; a tenant's hour fills a few dozen."""

_FACTOR = (1 + ACCURACY) / (1 - ACCURACY)
_LOG = log(_FACTOR)


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` by bucket: bucket n holds what is longer than `_FACTOR ** (n - 1)` ms and not longer than `_FACTOR ** n`."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many things were counted."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> float | None:
        """Milliseconds that `share` of all things did not exceed (nearest rank); None where nothing was counted."""
        rank, seen = max(1, ceil(share * self.total)), 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return _middle(bucket)
        return None


def histogram(milliseconds: Iterable[float]) -> Histogram:
    """Of these durations."""
    return Histogram(dict(Counter(map(_bucket, milliseconds))))


def added(parts: Iterable[Histogram]) -> Histogram:
    """The histogram of all that the parts counted."""
    counts: dict[int, int] = {}
    for part in parts:
        for bucket, count in part.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
    return Histogram(counts)


def _bucket(milliseconds: float) -> int:
    return ceil(log(min(max(milliseconds, LEAST_MS), MOST_MS)) / _LOG)


def _middle(bucket: int) -> float:
    """As far, relatively, from the bucket's lower bound as from its upper."""
    return float(2 * _FACTOR**bucket / (_FACTOR + 1))
