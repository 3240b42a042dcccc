"""Best first, and what says the same once. Duplicates collapse only among what the asker may read (law 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from catalog.ids import DocumentKey, VersionId
from retrieval.near import Nearness
from retrieval.query import Confirmed, Dedup, Passage


def rank(
    confirmed: Iterable[Confirmed],
    top_k: int,
    dedup: Dedup = "exact",
    signatures: Mapping[VersionId, bytes] | None = None,
    max_per_document: int | None = None,
) -> tuple[Passage, ...]:
    """The best `top_k` passages, numbered from 1. Equal scores go by document name, then by position: never by chance."""
    return placed(folded(confirmed, top_k, dedup, signatures, max_per_document))


def folded(
    confirmed: Iterable[Confirmed],
    top_k: int,
    dedup: Dedup,
    signatures: Mapping[VersionId, bytes] | None,
    max_per_document: int | None,
) -> list[list[Confirmed]]:
    """The best `top_k` places, each with what takes it first and what was folded into that after it.

    `exact` gives equal texts one place, `near` also what says nothing beyond a better passage of a near-duplicate document, told
    by the `signatures` of versions; `off` gives each a place. A document that has `max_per_document` places gets no other.
    What is in no place has no part in the others: without it they come out the same.
    """
    ordered = sorted(confirmed, key=lambda c: (-c.score, c.chunk.document_name, c.chunk.position))
    nearness = Nearness(signatures or {})
    groups: list[list[Confirmed]] = []
    same: dict[str, list[Confirmed]] = {}
    places: Counter[DocumentKey] = Counter()
    for one in ordered:
        group = None if dedup == "off" else same.get(one.chunk.text_hash)
        if group is None and dedup == "near":
            group = next((g for g in groups if nearness.adds_nothing(one.chunk, g[0].chunk)), None)
        if group is None:
            if max_per_document is not None and places[one.chunk.key] >= max_per_document:
                continue
            places[one.chunk.key] += 1
            group = []
            if len(groups) < top_k:  # what comes later can be folded into a place, and take none
                groups.append(group)
        group.append(one)
        same.setdefault(one.chunk.text_hash, group)
    return groups


def placed(groups: Sequence[Sequence[Confirmed]]) -> tuple[Passage, ...]:
    """The passage of each place."""
    return tuple(_passage(ref, group) for ref, group in enumerate(groups, start=1))


def _passage(ref: int, group: Sequence[Confirmed]) -> Passage:
    best = group[0]
    others = {c.chunk.document_name for c in group} - {best.chunk.document_name}
    return Passage(
        ref=ref,
        chunk=best.chunk,
        score=best.score,
        duplicates=tuple(sorted(others)),
        exact=best.exact,
        dense=best.dense,
        lexical=best.lexical,
    )
