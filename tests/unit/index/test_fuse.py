"""Two lists become one: by weight and rank, whatever the scales of their scores."""

from __future__ import annotations

from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import ChunkId, DocumentId, Label
from index.fuse import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K, fuse
from index.plan import SearchPlan
from index.point import Hit, Lexical

ranked = st.lists(st.integers(1, 30), unique=True, max_size=20)


def hits(numbers: list[int], scale: float = 1.0) -> list[Hit]:
    return [Hit(ChunkId(UUID(int=n)), DocumentId(1), Label(1), scale * (100 - at)) for at, n in enumerate(numbers)]


def way(limit: int = 50) -> SearchPlan:
    return SearchPlan(np.ones(1, np.float32), Lexical((1,), (1.0,)), limit, 50)


@given(ranked, ranked)
def test_a_score_is_the_sum_of_weights_over_ranks(dense: list[int], lexical: list[int]) -> None:
    expected = {}
    for number in {*dense, *lexical}:
        expected[number] = sum(
            weight / (RRF_K + numbers.index(number))
            for weight, numbers in ((DENSE_WEIGHT, dense), (LEXICAL_WEIGHT, lexical))
            if number in numbers
        )
    found = fuse(way(), hits(dense), hits(lexical))
    assert {hit.chunk_id.int: hit.score for hit in found} == expected
    assert [hit.chunk_id.int for hit in found] == sorted(expected, key=lambda n: (-expected[n], n))


@given(ranked, ranked, st.integers(1, 20), st.randoms(use_true_random=False))
def test_scales_and_the_order_of_arrival_do_not_matter(dense: list[int], lexical: list[int], limit: int, random: object) -> None:
    plain = fuse(way(limit), hits(dense), hits(lexical))
    shuffled = hits(lexical, 0.001)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fuse(way(limit), hits(dense, 7.0), shuffled) == plain
    assert len(plain) <= limit


@given(ranked)
def test_a_list_that_is_alone_keeps_its_scores(numbers: list[int]) -> None:
    assert fuse(way(), hits(numbers), None) == hits(numbers)
    assert fuse(way(5), None, hits(numbers)) == hits(numbers)[:5]
