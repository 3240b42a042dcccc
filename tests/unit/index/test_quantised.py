"""Above `EXACT_POINTS` the int8 copies are searched: as good as the whole vectors, and under the same filter."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from catalog.ids import ChunkId, DocumentId, Label, SourceId, TenantId
from index.plan import SearchPlan
from index.point import IndexedChunk, Lexical
from index.shards import Shards
from index.where import Where

POINTS, WIDTH, LABELS = 9_000, 384, 10


@pytest.mark.slow
def test_int8_with_rescoring_finds_what_whole_vectors_find(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((POINTS, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shards = Shards(tmp_path)
    shards.ensure("chunks", WIDTH)
    for start in range(0, POINTS, 256):
        shards.upsert("chunks", [point(n, vectors[n]) for n in range(start, min(start + 256, POINTS))])
    while shards.tidy(1):
        pass
    assert list(tmp_path.rglob("*quantized*")), "a segment has its int8 copies"
    condition = Where(TenantId(1), (Label(1), Label(2)), None, frozenset())
    assert shards.readable("chunks", condition) == POINTS, "a small collection is not counted by its labels"
    hits = total = 0
    between = vectors[::300] * 0.8 + 0.2 * vectors[150::300]
    for question in between / np.linalg.norm(between, axis=1, keepdims=True):
        found = [
            [hit.chunk_id for hit in shards.search("chunks", SearchPlan(question, None, 10, 50, exact), condition)]
            for exact in (True, False)
        ]
        brute = sorted((n for n in range(POINTS) if n % LABELS in (1, 2)), key=lambda n: -float(vectors[n] @ question))[:10]
        assert [id_.int - 1 for id_ in found[0]] == brute
        total += 10
        hits += len({*found[0]} & {*found[1]})
        assert all((id_.int - 1) % LABELS in (1, 2) for id_ in found[1])
    assert hits / total >= 0.99
    shards.close()


def point(number: int, vector: np.ndarray) -> IndexedChunk:
    label = Label(number % LABELS)
    ids = ChunkId(UUID(int=number + 1)), TenantId(1), DocumentId(number), SourceId(1), label
    return IndexedChunk(*ids, vector, Lexical((), ()))
