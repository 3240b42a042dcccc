"""The grid tells what fusion would have found, by the same rule as `index/fuse.py`, and what other sets would choose."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from catalog.ids import ChunkId, DocumentId, Label
from evals.fusion import figures, judge
from evals.measures import ndcg
from index.fuse import DENSE_WEIGHT, RRF_K, fuse
from index.plan import SearchPlan
from index.point import Hit, Lexical

SERVED = (RRF_K, DENSE_WEIGHT)


def test_the_grid_holds_what_is_served_and_fuses_as_it_does() -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        dense, lexical = (rng.permutation(40)[:20].tolist() for _ in "ab")
        relevant = {f"d{n}": 1.0 for n in rng.permutation(20)[:3].tolist()}
        named = [[f"d{n // 2}\0{n:03}" for n in ranked] for ranked in (dense, lexical)]
        way = SearchPlan(np.ones(1, np.float32), Lexical((1,), (1.0,)), 40, 50)
        served = fuse(way, hits(dense), hits(lexical), lambda _ids: {})
        documents = list(dict.fromkeys(f"d{hit.chunk_id.int // 2}" for hit in served))
        found = figures([(named[0], named[1])], [relevant])
        assert found[SERVED][0] == pytest.approx(ndcg(documents, relevant))


def hits(numbers: list[int]) -> list[Hit]:
    return [Hit(ChunkId(UUID(int=n)), DocumentId(1), Label(1), float(100 - at)) for at, n in enumerate(numbers)]


def test_what_is_chosen_without_a_set_never_saw_it() -> None:
    """One set wants meaning, two want words."""
    meaning = figures([(["good\0a", "x\0b"], ["bad\0c", "x\0d", "y\0e", "good\0f"])] * 3, [{"good": 1.0}] * 3)
    words = figures([(["bad\0c", "x\0d", "y\0e", "good\0f"], ["good\0a", "x\0b"])] * 3, [{"good": 1.0}] * 3)
    told = judge({"meaning": meaning, "words": words, "more words": words})
    assert told["left_out"]["meaning"]["dense"] < 0.5
    assert told["left_out"]["meaning"]["on_it"] < 1
    assert told["alone"]["dense"]["meaning"]["mean"] == told["alone"]["lexical"]["words"]["mean"] == 1.0
    assert told["served"]["dense"] == DENSE_WEIGHT
