"""Two lists become one: by weight and rank, whatever the scales of their scores."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import ChunkId, DocumentId, Label
from index.fuse import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K, fuse
from index.plan import SearchPlan
from index.point import Hit, Lexical, Vector

ranked = st.lists(st.integers(1, 30), unique=True, max_size=20)


def hits(numbers: list[int], scale: float = 1.0) -> list[Hit]:
    return [Hit(ChunkId(UUID(int=n)), DocumentId(1), Label(1), scale * (100 - at)) for at, n in enumerate(numbers)]


def way(limit: int = 50, depth: int = 50, floor: float | None = None) -> SearchPlan:
    return SearchPlan(np.ones(1, np.float32), Lexical((1,), (1.0,)), limit, depth, floor=floor)


def unasked(ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
    raise AssertionError("no vector was needed")


@given(ranked, ranked)
def test_a_score_is_the_sum_of_weights_over_ranks(dense: list[int], lexical: list[int]) -> None:
    expected = {}
    for number in {*dense, *lexical}:
        expected[number] = sum(
            weight / (RRF_K + numbers.index(number))
            for weight, numbers in ((DENSE_WEIGHT, dense), (LEXICAL_WEIGHT, lexical))
            if number in numbers
        )
    found = fuse(way(), hits(dense), hits(lexical), unasked)
    assert {hit.chunk_id.int: hit.score for hit in found} == expected
    assert [hit.chunk_id.int for hit in found] == sorted(expected, key=lambda n: (-expected[n], n))


@given(ranked, ranked, st.integers(1, 20), st.randoms(use_true_random=False))
def test_scales_and_the_order_of_arrival_do_not_matter(dense: list[int], lexical: list[int], limit: int, random: object) -> None:
    plain = fuse(way(limit), hits(dense), hits(lexical), unasked)
    shuffled = hits(lexical, 0.001)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = fuse(way(limit), hits(dense, 7.0), shuffled, unasked)
    assert [(hit.chunk_id, hit.score) for hit in other] == [(hit.chunk_id, hit.score) for hit in plain]
    assert len(plain) <= limit


@given(ranked)
def test_a_list_that_is_alone_keeps_its_scores(numbers: list[int]) -> None:
    alone = fuse(way(), hits(numbers), None, unasked)
    assert [(hit.chunk_id, hit.score, hit.dense, hit.lexical) for hit in alone] == [
        (hit.chunk_id, hit.score, hit.score, None) for hit in hits(numbers)
    ]
    words = fuse(way(5), None, hits(numbers), unasked)
    assert [(hit.chunk_id, hit.lexical) for hit in words] == [(hit.chunk_id, hit.score) for hit in hits(numbers)[:5]]


@given(st.permutations(range(1, 31)), ranked, st.integers(1, 30), st.integers(1, 30), st.floats(-0.2, 1.2))
def test_a_floor_lets_through_what_reaches_it_and_fewer_than_asked_mean_all(
    near: list[int], lexical: list[int], depth: int, limit: int, floor: float
) -> None:
    cosines = {number: 1 - at / 30 for at, number in enumerate(near)}
    depth = max(depth, limit)
    dense = [Hit(ChunkId(UUID(int=n)), DocumentId(1), Label(1), cosines[n]) for n in near[:depth]]

    def vectors(ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        return {id_: np.full(1, cosines[id_.int], np.float32) for id_ in ids}

    found = fuse(way(limit, depth, floor), dense, hits(lexical[:depth]), vectors)
    assert all(hit.dense is not None and hit.dense >= floor for hit in found)
    assert all(hit.dense == pytest.approx(cosines[hit.chunk_id.int], abs=1e-6) for hit in found)
    reach = {number for number, cosine in cosines.items() if cosine >= floor}
    if len(found) < limit:
        assert {hit.chunk_id.int for hit in found} == reach
