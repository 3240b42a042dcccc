"""Shares, F, and the bootstrap's interval."""

from __future__ import annotations

import pytest

from evals.score import Counts, score


def test_f_is_the_weighted_harmonic_mean() -> None:
    counts = Counts(gold=1000, found=880, gold_hit=603, found_hit=603)
    assert counts.precision == pytest.approx(0.685, abs=0.001)
    assert counts.f(2) == pytest.approx(0.618, abs=0.001), "presidio-research's .685 and .603 make its .618 by F2, not F1"
    assert counts.f(1) == pytest.approx(0.641, abs=0.001)


def test_what_cannot_be_said_is_none() -> None:
    assert Counts(gold=3).precision is None
    assert Counts(found=3).recall is None
    assert Counts(gold=3).f(2) is None
    assert Counts(gold=3, found=3).f(2) == 0
    empty = score([])
    assert (empty.counts, empty.recall.value, empty.recall.low) == (Counts(), None, None)


def test_the_interval_is_that_of_the_binomial_for_equal_texts() -> None:
    """400 texts with one name each, 300 found: the standard error is sqrt(.75 * .25 / 400) = .0217."""
    told = score([Counts(1, 1, 1, 1)] * 300 + [Counts(1, 0, 0, 0)] * 100)
    assert told.recall.value == 0.75
    assert told.recall.low == pytest.approx(0.75 - 1.96 * 0.0217, abs=0.008)
    assert told.recall.high == pytest.approx(0.75 + 1.96 * 0.0217, abs=0.008)
    assert (told.precision.low, told.precision.high) == (1.0, 1.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    texts = [Counts(1, 1, n % 3 > 0, n % 3 > 0) for n in range(50)]
    assert score(texts) == score(texts)
    assert score(texts, seed=1).recall.low != score(texts, seed=2).recall.low


def test_texts_that_are_alike_are_drawn_together() -> None:
    texts = [Counts(1, 1, 1, 1)] * 50 + [Counts(1, 0, 0, 0)] * 50
    apart, together = score(texts).recall, score(texts, [n // 25 for n in range(100)]).recall
    assert together.value == apart.value == 0.5
    assert together.low is not None
    assert together.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)
