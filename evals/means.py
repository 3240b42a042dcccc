"""Means over questions with what chance leaves open, and whether one set of answers is worse than another.

Intervals are percentiles of the bootstrap (Efron, 1979): questions are drawn anew with replacement, seeded, so that a second look
tells the same. Where both sets hold the same questions their differences are drawn (paired), which sees far smaller falls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEED = 20261121
DRAWS = 2000
SHOWN = 0.95
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and its interval."""

    mean: float
    low: float
    high: float

    def described(self) -> dict[str, float]:
        return {"mean": round(self.mean, 6), "low": round(self.low, 6), "high": round(self.high, 6)}


@dataclass(frozen=True, slots=True)
class Change:
    """What a mean became: `change` is the difference and its interval; `fell` says that the whole interval lies below 0."""

    before: float
    after: float
    change: Mean
    paired: bool

    @property
    def fell(self) -> bool:
        return self.change.high < 0

    def described(self) -> dict[str, object]:
        told = {"before": round(self.before, 6), "after": round(self.after, 6), "change": self.change.described()}
        return {**told, "paired": self.paired, "fell": self.fell}


def mean(values: Sequence[float], level: float = SHOWN) -> Mean:
    """The mean of at least one value, and the interval that holds it with probability `level`."""
    drawn = _draws(np.asarray(values, float))
    return Mean(float(np.mean(values)), *_between(drawn, level))


def paired(before: Mapping[str, float], after: Mapping[str, float], level: float) -> Change:
    """The change over the questions that both hold: at least one."""
    both = sorted(before.keys() & after.keys())
    one, other = ([side[name] for name in both] for side in (before, after))
    return Change(
        float(np.mean(one)), float(np.mean(other)), mean([b - a for a, b in zip(one, other, strict=True)], level), paired=True
    )


def unpaired(before: Mean, after: Sequence[float], level: float) -> Change:
    """The change against a mean of which only the interval of 95 % is known: it is taken for normal."""
    spread = (before.high - before.low) / (2 * 1.96)
    drawn = _draws(np.asarray(after, float)) - np.random.default_rng(SEED + 1).normal(before.mean, spread, DRAWS)
    now = float(np.mean(after))
    return Change(before.mean, now, Mean(now - before.mean, *_between(drawn, level)), paired=False)


def _draws(values: NDArray[np.float64]) -> NDArray[np.float64]:
    random = np.random.default_rng(SEED)
    parts = [values[random.integers(0, len(values), (AT_ONCE, len(values)))].mean(axis=1) for _ in range(DRAWS // AT_ONCE)]
    return np.concatenate(parts)


def _between(drawn: NDArray[np.float64], level: float) -> tuple[float, float]:
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(drawn, (tail, 100 - tail))
    return float(low), float(high)
