"""Two ranked lists become one, the same way over every engine: by weighted reciprocal rank.

score = sum over lists of weight / (RRF_K + rank), rank from 0 (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", 2009;
the weights are ours). It is done here and not in the engines: each counts weights in a way of its own, would carry the person's
filter once more, and would keep what each list said of a point to itself. Why these weights: decision 18.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from catalog.ids import ChunkId
from index.plan import SearchPlan
from index.point import Hit, Vector

RRF_K = 10
DENSE_WEIGHT = 0.6
LEXICAL_WEIGHT = 0.4


FindVectors = Callable[[Sequence[ChunkId]], Mapping[ChunkId, Vector]]


def fuse(way: SearchPlan, dense: Sequence[Hit] | None, lexical: Sequence[Hit] | None, vectors: FindVectors) -> list[Hit]:
    """The best `way.limit` points of both lists. A list that is alone keeps its scores. Equal scores go by id, not by chance.

    With a floor fewer than `way.limit` mean that no other point reaches it. `vectors` is only asked for points that the dense
    list does not tell about.
    """
    near = {hit.chunk_id: hit.score for hit in dense or ()}
    words = {hit.chunk_id: hit.score for hit in lexical or ()}
    points = {hit.chunk_id: hit for hit in (*(dense or ()), *(lexical or ()))}
    scores = dict(near if lexical is None else words) if dense is None or lexical is None else _by_rank(near, words)
    if way.dense is not None and way.floor is not None:
        if len(near) >= way.depth and min(near.values()) >= way.floor:  # the list was cut above the floor
            unknown = vectors([id_ for id_ in words if id_ not in near])
            near |= {id_: float(np.dot(way.dense, vector)) for id_, vector in unknown.items()}
        scores = {id_: score for id_, score in scores.items() if near.get(id_, -np.inf) >= way.floor}
    return [
        replace(points[id_], score=scores[id_], dense=near.get(id_), lexical=words.get(id_))
        for id_ in _ordered(scores)[: way.limit]
    ]


def _by_rank(near: Mapping[ChunkId, float], words: Mapping[ChunkId, float]) -> dict[ChunkId, float]:
    fused: dict[ChunkId, float] = {}
    for weight, scores in ((DENSE_WEIGHT, near), (LEXICAL_WEIGHT, words)):
        for rank, id_ in enumerate(_ordered(scores)):
            fused[id_] = fused.get(id_, 0.0) + weight / (RRF_K + rank)
    return fused


def _ordered(scores: Mapping[ChunkId, float]) -> list[ChunkId]:
    return sorted(scores, key=lambda id_: (-scores[id_], id_))
