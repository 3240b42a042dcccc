"""Precision, recall and F of counted finds, with what chance leaves open.

Precision is the share of finds that hit, recall the share of gold spans that were hit, F_b = (1 + b²) p r / (b² p + r) (van
Rijsbergen, Information Retrieval, 1979). Intervals are percentiles of the bootstrap (Efron, 1979): texts are drawn anew with
replacement, whole groups of texts that are alike (of one template) at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

SEED = 20261121
DRAWS = 1000
TAILS = (2.5, 97.5)
"""Percent: what lies between them is the interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Gold spans and finds, and how many of either hit one of the other."""

    gold: int = 0
    found: int = 0
    gold_hit: int = 0
    found_hit: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.gold + other.gold,
            self.found + other.found,
            self.gold_hit + other.gold_hit,
            self.found_hit + other.found_hit,
        )

    @property
    def precision(self) -> float | None:
        """None where nothing was found."""
        return self.found_hit / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """None where there is nothing to find."""
        return self.gold_hit / self.gold if self.gold else None

    def f(self, beta: float) -> float | None:
        """With `beta` 2 recall weighs more. None where precision or recall is; 0 where nothing hit."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        weighted = beta**2 * precision + recall
        return (1 + beta**2) * precision * recall / weighted if weighted else 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A share from 0 to 1 and its interval of 95 %; None where the counts say nothing."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def described(self) -> dict[str, float | None]:
        return {"value": _short(self.value), "low": _short(self.low), "high": _short(self.high)}


@dataclass(frozen=True, slots=True)
class Score:
    counts: Counts
    precision: Figure
    recall: Figure
    f1: Figure
    f2: Figure

    def described(self) -> dict[str, Any]:
        measures = {"precision": self.precision, "recall": self.recall, "f1": self.f1, "f2": self.f2}
        return {
            "gold": self.counts.gold,
            "found": self.counts.found,
            "gold_hit": self.counts.gold_hit,
            "found_hit": self.counts.found_hit,
            **{name: figure.described() for name, figure in measures.items()},
        }


def score(texts: Sequence[Counts], groups: Sequence[Hashable] | None = None, seed: int = SEED, draws: int = DRAWS) -> Score:
    """The score over all `texts`. `groups` names what each belongs to; without it each stands for itself."""
    import numpy as np

    whole = sum(texts, Counts())
    drawn: dict[Hashable, Counts] = {}
    for key, counts in zip(groups if groups is not None else range(len(texts)), texts, strict=True):
        drawn[key] = drawn.get(key, Counts()) + counts
    units = np.array([(c.gold, c.found, c.gold_hit, c.found_hit) for c in drawn.values()], dtype=float).reshape(-1, 4)
    random = np.random.default_rng(seed)
    times = random.multinomial(len(units), [1 / len(units)] * len(units), size=draws) if len(units) else np.zeros((1, 0))
    samples = [Counts(*(int(n) for n in row)) for row in times @ units]
    return Score(
        whole,
        _figure(whole.precision, [s.precision for s in samples]),
        _figure(whole.recall, [s.recall for s in samples]),
        _figure(whole.f(1), [s.f(1) for s in samples]),
        _figure(whole.f(2), [s.f(2) for s in samples]),
    )


def _figure(value: float | None, samples: Sequence[float | None]) -> Figure:
    import numpy as np

    known = [sample for sample in samples if sample is not None]
    if value is None or not known:
        return Figure(value)
    low, high = np.percentile(known, TAILS)
    return Figure(value, float(low), float(high))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
