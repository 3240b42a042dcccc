"""Newer versions count for more, where that is asked for; nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fade import fade
from retrieval.query import Confirmed, Decay
from tests.unit.retrieval.made import stored

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def aged(days: float, score: float = 1.0) -> Confirmed:
    return Confirmed(replace(stored(), modified_at=NOW - timedelta(days=days)), score)


def test_half_of_the_weight_is_gone_after_each_half_life() -> None:
    scores = [one.score for one in fade([aged(0), aged(30), aged(60), aged(-5)], Decay(30, 0.8), NOW)]
    assert scores == pytest.approx([1, 0.2 + 0.4, 0.2 + 0.2, 1])
    assert fade([aged(30)], None, NOW) == [aged(30)]


@given(st.floats(0, 20_000), st.floats(0, 20_000), st.floats(0.01, 36_500), st.floats(0, 1))
def test_the_newer_of_two_equals_never_comes_second(one: float, other: float, half_life: float, weight: float) -> None:
    new, old = (faded.score for faded in fade([aged(min(one, other)), aged(max(one, other))], Decay(half_life, weight), NOW))
    assert 0 <= old <= new <= 1
    assert old >= 1 - weight - 1e-9
