"""How good one ranking is, as trec_eval counts it: a test holds every figure against trec_eval's own.

nDCG: gain = grade, discount log2(1 + rank), ideal over all that is relevant (Järvelin and Kekäläinen, 2002). A reciprocal rank
and an average precision look at the whole ranking that they are given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MEASURES = ("ndcg@10", "recall@10", "recall@100", "mrr", "map")


def measures(ranking: Sequence[str], relevant: Mapping[str, float]) -> dict[str, float]:
    """Every measure of a ranking without repeats. `relevant` holds the grades above 0, and is not empty."""
    return {
        "ndcg@10": ndcg(ranking, relevant),
        "recall@10": recall(ranking[:10], relevant),
        "recall@100": recall(ranking[:100], relevant),
        "mrr": next((1 / rank for rank, document in enumerate(ranking, start=1) if document in relevant), 0.0),
        "map": _average_precision(ranking, relevant),
    }


def ndcg(ranking: Sequence[str], relevant: Mapping[str, float], depth: int = 10) -> float:
    """nDCG at `depth`."""
    ideal = sorted(relevant.values(), reverse=True)
    return _dcg([relevant.get(document, 0.0) for document in ranking[:depth]]) / _dcg(ideal[:depth])


def recall(ranking: Sequence[str], relevant: Mapping[str, float]) -> float:
    """The share of what is relevant that the ranking holds."""
    return sum(document in relevant for document in ranking) / len(relevant)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _average_precision(ranking: Sequence[str], relevant: Mapping[str, float]) -> float:
    hits = [rank for rank, document in enumerate(ranking, start=1) if document in relevant]
    return sum(nth / rank for nth, rank in enumerate(hits, start=1)) / len(relevant)
