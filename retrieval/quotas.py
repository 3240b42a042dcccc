"""Rates and budgets as an operator writes them: `{"person": "60/minute"}`, `{"tenant": 2000000}` tokens a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from limits import RateLimitItem, RateLimitItemPerDay, parse_many

Whose = Literal["person", "key", "tenant"]
ORDER: tuple[Whose, ...] = ("person", "key", "tenant")
"""Narrow before wide: who asks too much is refused before the others' common share is touched."""
MOST_PER_WINDOW = 100_000
"""A moving window keeps each of its requests' moments."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`item` requests, or `tokens`, for each of `whose`."""

    whose: Whose
    item: RateLimitItem
    tokens: bool = False

    @property
    def name(self) -> str:
        return f"{self.whose}-tokens" if self.tokens else self.whose


def read_rate(text: str) -> RateLimitItem:
    """`60/minute`, `10 per 5 second`. Raises ValueError with what is wrong."""
    try:
        (item,) = parse_many(text)
    except ValueError:
        raise ValueError("a rate is written `60/minute`: a number, and second, minute, hour or day") from None
    if not 1 <= item.amount <= MOST_PER_WINDOW:
        raise ValueError(f"a rate lets 1 to {MOST_PER_WINDOW} requests through in its window")
    return item


def quotas(rates: Mapping[Whose, str], budgets: Mapping[Whose, int]) -> tuple[Quota, ...]:
    """All that are set, in the order in which they are looked at. Raises ValueError as `read_rate`."""
    by_tokens = [Quota(whose, RateLimitItemPerDay(budgets[whose]), tokens=True) for whose in ORDER if whose in budgets]
    return (*by_tokens, *(Quota(whose, read_rate(rates[whose])) for whose in ORDER if whose in rates))
