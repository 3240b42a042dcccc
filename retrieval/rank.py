"""Best first, and each text once. Duplicates collapse only among what the asker may read (law 9)."""

from __future__ import annotations

from collections.abc import Iterable

from retrieval.query import Confirmed, Passage


def rank(confirmed: Iterable[Confirmed], top_k: int) -> tuple[Passage, ...]:
    """The best `top_k` distinct texts, numbered from 1. Equal scores go by document name, then by position: never by chance."""
    ordered = sorted(confirmed, key=lambda c: (-c.score, c.chunk.document_name, c.chunk.position))
    same: dict[str, list[Confirmed]] = {}
    for one in ordered:
        same.setdefault(one.chunk.text_hash, []).append(one)
    groups = list(same.values())[:top_k]
    return tuple(_passage(ref, group) for ref, group in enumerate(groups, start=1))


def _passage(ref: int, group: list[Confirmed]) -> Passage:
    best = group[0]
    others = {c.chunk.document_name for c in group} - {best.chunk.document_name}
    return Passage(ref=ref, chunk=best.chunk, score=best.score, duplicates=tuple(sorted(others)))
