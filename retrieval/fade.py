"""On request newer versions count for more: by the time that their source gives them, never by when they came in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from retrieval.query import Confirmed, Decay

DAY_SECONDS = 86_400.0


def fade(confirmed: Iterable[Confirmed], decay: Decay | None, now: datetime) -> list[Confirmed]:
    """Each with its score times `1 - weight + weight * 0.5 ^ (age / half life)`; what is of the future has age 0."""
    if decay is None:
        return list(confirmed)
    return [replace(one, score=one.score * _kept(decay, now, one.chunk.modified_at)) for one in confirmed]


def _kept(decay: Decay, now: datetime, modified_at: datetime) -> float:
    age_days = max(0.0, (now - modified_at).total_seconds() / DAY_SECONDS)
    return float(1 - decay.weight + decay.weight * 0.5 ** (age_days / decay.half_life_days))
