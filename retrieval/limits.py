"""How much a person, a key and a tenant may ask (rates), and how many tokens of text they may be handed (budgets, a day).

Each window is its owner's alone: no tenant's count is ever read for another. Tokens are known only afterwards, so a budget
refuses the request after the one that used it up; what one answer may hand out is bounded by the request's own limits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from anyio import to_thread
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from catalog.ids import TenantId
from retrieval.errors import BudgetExhausted, RateLimited
from retrieval.identity import Asker
from retrieval.limit_store import LimitStore
from retrieval.quotas import Quota, Whose

BY_KEY = "key:"
ALERTS = (80, 100)
Reached = Callable[[TenantId, Quota, int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a quota, and after how long something comes back."""

    quota: Quota
    whom: tuple[str, ...]
    left: int
    reset_seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the asker stands, and why it is refused, if it is."""

    standings: tuple[Standing, ...] = ()
    refused: RateLimited | None = None


class Limits:
    """Safe to use from several threads. `reached` hears once a window of a share (80, 100) that was used, and of whose tenant."""

    def __init__(self, quotas: Sequence[Quota], store: LimitStore, reached: Reached) -> None:
        self._budgets = tuple(quota for quota in quotas if quota.tokens)
        self._rates = tuple(quota for quota in quotas if not quota.tokens)
        self._store = store
        self._reached = reached

    async def admit(self, asker: Asker) -> Verdict:
        """Count a request. One that is refused by a wider rate was counted by the narrower ones; by a budget, by none."""
        return await self._run(partial(self._admit, asker))

    async def charge(self, asker: Asker, verdict: Verdict, tokens: int) -> Verdict:
        """Count what was handed out."""
        if not self._budgets or tokens <= 0:
            return verdict
        return await self._run(partial(self._charge, asker, verdict, tokens))

    async def _run(self, step: Callable[[Storage], Verdict]) -> Verdict:
        if self._store.shared:
            return await to_thread.run_sync(self._store.run, step)
        return self._store.run(step)

    def _admit(self, asker: Asker, storage: Storage) -> Verdict:
        standings: list[Standing] = []
        for quota, whom in _of(self._budgets, asker):
            stats = FixedWindowRateLimiter(storage).get_window_stats(quota.item, *whom)
            fresh = stats.remaining >= quota.item.amount
            standings.append(
                _standing(quota, whom, stats.remaining, quota.item.get_expiry() if fresh else _until(stats.reset_time))
            )
            if stats.remaining <= 0:
                return Verdict(tuple(standings), BudgetExhausted(quota.whose, standings[-1].reset_seconds))
        window = MovingWindowRateLimiter(storage)
        for quota, whom in _of(self._rates, asker):
            taken = window.hit(quota.item, *whom)
            stats = window.get_window_stats(quota.item, *whom)
            standings.append(_standing(quota, whom, stats.remaining if taken else 0, _until(stats.reset_time)))
            self._tell(asker, standings[-1], storage)
            if not taken:
                return Verdict(tuple(standings), RateLimited(quota.whose, standings[-1].reset_seconds))
        return Verdict(tuple(standings))

    def _charge(self, asker: Asker, verdict: Verdict, tokens: int, storage: Storage) -> Verdict:
        standings = []
        for standing in verdict.standings:
            item = standing.quota.item
            if not standing.quota.tokens:
                standings.append(standing)
                continue
            used = storage.incr(item.key_for(*standing.whom), item.get_expiry(), amount=tokens)
            standings.append(replace(standing, left=max(0, item.amount - used)))
            self._tell(asker, standings[-1], storage)
        return Verdict(tuple(standings))

    def _tell(self, asker: Asker, standing: Standing, storage: Storage) -> None:
        item = standing.quota.item
        for percent in ALERTS:
            if (item.amount - standing.left) * 100 < percent * item.amount:
                return
            key = f"{item.key_for(*standing.whom)}/told/{percent}"
            if storage.incr(key, item.get_expiry()) == 1:
                self._reached(asker.tenant_id, standing.quota, percent)


def headers(asker: Asker, verdict: Verdict) -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).

    A person who asks without a key is not told what is left to the tenant: it is what others ask.
    """
    shown = [one for one in verdict.standings if one.quota.whose != "tenant" or asker.actor.startswith(BY_KEY)]
    if not shown:
        return {}
    return {
        "RateLimit": ", ".join(f'"{one.quota.name}";r={one.left};t={one.reset_seconds}' for one in shown),
        "RateLimit-Policy": ", ".join(_policy(one.quota) for one in shown),
    }


def _policy(quota: Quota) -> str:
    unit = ';qu="tokens"' if quota.tokens else ""
    return f'"{quota.name}";q={quota.item.amount};w={quota.item.get_expiry()}{unit}'


def _of(quotas: Sequence[Quota], asker: Asker) -> list[tuple[Quota, tuple[str, ...]]]:
    tenant = str(asker.tenant_id)
    whom: dict[Whose, tuple[str, ...]] = {"person": (tenant, str(asker.person.id)), "tenant": (tenant,)}
    if asker.actor.startswith(BY_KEY):
        whom["key"] = (tenant, asker.actor.removeprefix(BY_KEY))
    return [(quota, (quota.name, *whom[quota.whose])) for quota in quotas if quota.whose in whom]


def _standing(quota: Quota, whom: tuple[str, ...], left: int, reset_seconds: int) -> Standing:
    return Standing(quota, whom, max(0, left), min(max(1, reset_seconds), quota.item.get_expiry()))


def _until(moment: float) -> int:
    return ceil(moment - time.time())
