"""Two ranked lists become one, the same way over every engine: by weighted reciprocal rank.

score = sum over lists of weight / (RRF_K + rank), rank from 0 (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", 2009;
the weights are ours). It is done here and not in the engines: each counts weights in a way of its own, would carry the person's
filter once more, and would keep what each list said of a point to itself. Why these weights: decision 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from catalog.ids import ChunkId
from index.plan import SearchPlan
from index.point import Hit

RRF_K = 10
DENSE_WEIGHT = 1.0
LEXICAL_WEIGHT = 1.0


def fuse(way: SearchPlan, dense: Sequence[Hit] | None, lexical: Sequence[Hit] | None) -> list[Hit]:
    """The best `way.limit` points of both lists. A list that is alone keeps its scores. Equal scores go by id, not by chance."""
    if dense is None or lexical is None:
        return _ordered(dense if dense is not None else lexical or ())[: way.limit]
    scores: dict[ChunkId, float] = {}
    for weight, hits in ((DENSE_WEIGHT, dense), (LEXICAL_WEIGHT, lexical)):
        for rank, hit in enumerate(_ordered(hits)):
            scores[hit.chunk_id] = scores.get(hit.chunk_id, 0.0) + weight / (RRF_K + rank)
    points = {hit.chunk_id: hit for hit in (*dense, *lexical)}
    return _ordered(replace(points[id_], score=score) for id_, score in scores.items())[: way.limit]


def _ordered(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))
