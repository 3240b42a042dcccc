from __future__ import annotations

import numpy as np

from benchmarks.increments import SHAPES
from evals.stand_in import StandIn
from tests.service.words import WordTokens


def test_its_vectors_are_the_same_everywhere_of_unit_norm_and_near_for_like_texts() -> None:
    model = StandIn(WordTokens())
    near, far = model.embed(["the ferry leaves at nine", "the ferry leaves at ten"]), model.embed_query("quarterly accounts")
    assert np.allclose(np.linalg.norm(near, axis=1), 1, atol=1e-5)
    assert near[0] @ near[1] > near[0] @ far
    assert model.texts == 2
    assert model.embed([]).shape == (0, model.dimensions)


def test_the_benchmark_edits_long_documents_of_every_shape() -> None:
    import random

    for make in SHAPES.values():
        assert sum(len(block.split()) for block in make(random.Random(1))) > 25_000
