"""Which sentences of the passages matter for the question, the most important first. No sentence is ever changed.

A sentence weighs by the question's terms that it holds (BM25 over the sentences of all passages), by those of its neighbours,
since what answers often follows what repeats the question, and less the further down its passage ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from index.lexical import document_vector, query_vector
from retrieval.query import Passage
from retrieval.units import Unit

AFTER, BEFORE = 0.5, 0.25
"""What a sentence gets of the weight of the one before it, and of the one after it."""
DECAY = 0.5
"""A sentence of the third passage weighs half as much as it would in the first: the search knew more than words."""

Place = tuple[int, int]
"""A passage's number in the list, and a unit's in the passage."""


def by_importance(passages: Sequence[Passage], cut: Sequence[Sequence[Unit]], question: str) -> list[Place]:
    """Every unit of every passage once."""
    weights = [[0.0] * len(units) for units in cut]
    texts = [(n, m, p.chunk.text[unit.start : unit.end]) for n, p in enumerate(passages) for m, unit in enumerate(cut[n])]
    vectors = [(n, m, document_vector(text)) for n, m, text in texts]
    asked = query_vector(question)
    wanted = dict(zip(asked.indices, asked.values, strict=True))
    held = dict.fromkeys(wanted, 0)
    for _, _, vector in vectors:
        for term in vector.indices:
            if term in held:
                held[term] += 1
    for n, m, vector in vectors:
        for term, value in zip(vector.indices, vector.values, strict=True):
            if term in wanted:
                weights[n][m] += wanted[term] * value * log(1 + (len(vectors) - held[term] + 0.5) / (held[term] + 0.5))
    ranked = [(-_beside(weights[n], m) / (1 + DECAY * n), n, m) for n, m, _ in vectors]
    return [(n, m) for _, n, m in sorted(ranked)]


def _beside(weights: Sequence[float], at: int) -> float:
    before = weights[at - 1] if at > 0 else 0.0
    after = weights[at + 1] if at + 1 < len(weights) else 0.0
    return weights[at] + max(AFTER * before, BEFORE * after)
