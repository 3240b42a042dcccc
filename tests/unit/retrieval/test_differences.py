"""Each passage of either answer has one line, and the reason that comes first decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import ChunkId
from retrieval.differences import Bounds, Fate, Place, differences, unasked

DAY = datetime(2024, 5, 1, 9, tzinfo=UTC)


def place(number: int, at: int, document: str = "d", **more: float) -> Place:
    return Place(at, ChunkId(UUID(int=number + 1)), document, 1, "1", 1 / at, **more)


numbers = st.lists(st.integers(0, 9), unique=True, max_size=8)


@given(numbers, numbers, st.booleans())
def test_each_passage_has_one_line_in_its_order(then: list[int], now: list[int], served: bool) -> None:
    before, after = ([place(n, at) for at, n in enumerate(one, start=1)] for one in (then, now))
    fates = {one.chunk_id: Fate(served=served) for one in before if one.chunk_id not in {other.chunk_id for other in after}}
    erased = [len(then) + 1]
    told = differences(before, erased, after, fates, {}, Bounds(), {})
    assert [one.then.place for one in told if one.then] == [*range(1, len(then) + 2)]
    assert sorted(one.now.place for one in told if one.now) == [*range(1, len(now) + 1)]
    for one in told:
        both = one.then is not None and one.now is not None
        assert both == (one.reason in ("same", "moved"))
        assert not both or (one.then == one.now) == (one.reason == "same")
        assert bool(one.why) == (one.reason != "same")
    assert [one.reason for one in told if one.then and one.then.place == len(then) + 1] == ["erased"]


OPEN = Fate(served=True, stored=True, meant=(1, "1", None))


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        (replace(OPEN, served=False, readable=False), "retired"),
        (replace(OPEN, readable=False, superseded=True), "not_readable"),
        (replace(OPEN, stored=False, meant=None), "no_version"),
        (replace(OPEN, stored=False, meant=(2, "", DAY)), "replaced"),
        (replace(OPEN, stored=False), "read_anew"),
        (replace(OPEN, superseded=True, elsewhere=True), "superseded"),
        (replace(OPEN, elsewhere=True, filtered=True), "other_source"),
        (replace(OPEN, filtered=True, screened=True), "filtered"),
        (replace(OPEN, screened=True), "screened"),
        (replace(OPEN, deeper=place(0, 9, dense=0.1)), "below_min_score"),
        (replace(OPEN, deeper=place(0, 9, dense=0.9)), "max_per_document"),
        (OPEN, "not_found"),
    ],
)
def test_the_reason_is_what_kept_it_out_first(fate: Fate, reason: str) -> None:
    told = differences([place(0, 1)], [], [place(1, 1)], {place(0, 1).chunk_id: fate}, {}, Bounds(0.5, 1), {})
    assert [one.reason for one in told] == [reason, "not_there_then"]


def test_what_is_collapsed_ranked_lower_or_new_says_where_and_when() -> None:
    lost, new = place(0, 1, "a"), place(1, 1, "b")
    fates = {lost.chunk_id: replace(OPEN, deeper=place(0, 7, "a"))}
    (one, other) = differences([lost], [], [new], fates, {}, Bounds(), {new.chunk_id: DAY})
    assert (one.reason, other.reason) == ("ranked_lower", "arrived")
    assert "place 7" in one.why
    assert "2024-05-01 09:00 UTC" in other.why
    (one, _) = differences([lost], [], [new], fates, {"a": 1}, Bounds(), {})
    assert one.reason == "collapsed"
    assert "place 1" in one.why


def test_where_nothing_can_be_asked_each_says_so() -> None:
    assert [(one.reason, one.now, one.why) for one in unasked([place(0, 1)], "why")] == [("not_asked", None, "why")]
