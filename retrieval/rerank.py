"""Passages in the order that the reranker gives them. Where it fails or is late they stay as they were; the answer says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from anyio import to_thread

from privacy.stand_in import as_read
from retrieval.query import Found, Passage
from retrieval.reranker import Reranker

RERANKER_DOWN = "reranker_down"


async def rerank(reranker: Reranker, question: str, found: Found, top_k: int, within_seconds: float) -> Found:
    """The best `top_k` of what was found, which may be more; numbered anew. `question` is redacted."""
    texts = [as_read(passage.chunk.text) for passage in found.passages]
    lost = found.lost
    order = list(range(len(texts)))
    if len(texts) > 1:
        try:
            scores = await to_thread.run_sync(reranker.scores, as_read(question), texts, within_seconds)
            order = best_first(scores)
        except Exception:
            lost = (*lost, RERANKER_DOWN)
    passages = _numbered([found.passages[n] for n in order[:top_k]])
    return replace(found, passages=passages, lost=lost, complete=found.complete or len(texts) >= top_k)


def best_first(scores: Sequence[float]) -> list[int]:
    """The places of the scores, best first; equal ones keep their order. Raises `ValueError` when one is no number."""
    if not all(map(math.isfinite, scores)):
        raise ValueError("a reranker gave a score that is no number")
    return sorted(range(len(scores)), key=lambda n: -scores[n])


def _numbered(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    return tuple(replace(passage, ref=ref) for ref, passage in enumerate(passages, start=1))
