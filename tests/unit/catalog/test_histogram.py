"""Quantiles are right within the accuracy that is promised, and histograms of parts add up to that of the whole."""

from __future__ import annotations

import random
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.histogram import ACCURACY, LEAST_MS, MOST_MS, Histogram, added, histogram

durations = st.floats(LEAST_MS, MOST_MS)
shares = st.sampled_from([0.0, 0.01, 0.5, 0.95, 0.99, 1.0])
ROUNDING = 1e-9


def exact(milliseconds: list[float], share: float) -> float:
    return sorted(milliseconds)[max(1, ceil(share * len(milliseconds))) - 1]


@given(st.lists(durations, min_size=1), shares)
def test_a_quantile_is_within_the_accuracy(milliseconds: list[float], share: float) -> None:
    told, true = histogram(milliseconds).quantile(share), exact(milliseconds, share)
    assert told is not None
    assert abs(told - true) <= (ACCURACY + ROUNDING) * true


@given(st.lists(st.lists(durations)))
def test_parts_added_are_the_whole_in_any_order(parts: list[list[float]]) -> None:
    whole = histogram([one for part in parts for one in part])
    assert added(map(histogram, parts)) == whole == added(map(histogram, reversed(parts)))
    assert whole.total == sum(map(len, parts))


def test_of_nothing_there_is_no_quantile() -> None:
    assert histogram([]).quantile(0.5) is None
    assert added([]) == Histogram() == added([Histogram()])


@pytest.mark.parametrize(("given", "counted"), [(0.0, LEAST_MS), (-1.0, LEAST_MS), (1e300, MOST_MS), (float("inf"), MOST_MS)])
def test_what_is_out_of_bounds_counts_as_the_bound(given: float, counted: float) -> None:
    assert histogram([given]) == histogram([counted])


def test_a_hundred_thousand_durations_are_few_numbers() -> None:
    rng = random.Random(3)
    milliseconds = [rng.lognormvariate(3, 0.7) for _ in range(100_000)]
    kept = histogram(milliseconds)
    assert len(kept.counts) < 200
    for share in (0.5, 0.95, 0.99):
        assert kept.quantile(share) == pytest.approx(exact(milliseconds, share), rel=ACCURACY)
