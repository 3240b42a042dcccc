"""What tenants' requests took and cost, as `portcullis status` shows it: a row for each operation and window of time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from catalog.ids import TenantId
    from catalog.session import ReadSession
    from catalog.usage import Usage

WINDOWS = ("1h", "24h", "7d")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
HEADERS = ("asked", "failed", "refused", "p50 ms", "p95 ms", "p99 ms", "tokens", "calls")


@dataclass(frozen=True, slots=True)
class Prices:
    """None where there is none. `currency` is written behind a cost."""

    million_tokens: float | None
    thousand_calls: float | None
    currency: str

    @property
    def named(self) -> bool:
        return self.million_tokens is not None or self.thousand_calls is not None

    def cost(self, used: Usage) -> float | None:
        """What was used costs so much; None where nothing has a price."""
        if not self.named:
            return None
        return used.tokens / 1e6 * (self.million_tokens or 0.0) + used.model_calls / 1e3 * (self.thousand_calls or 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """What one operation of a tenant used within `window`."""

    window: str
    operation: str
    used: Usage


def windows(since: str | None) -> Sequence[str]:
    """Those to show. Raises `typer.BadParameter`."""
    if since is not None and (re.fullmatch(r"[1-9][0-9]{0,3}[hd]", since) is None):
        raise typer.BadParameter("give hours or days: 3h, 30d", param_hint="--since")
    return WINDOWS if since is None else (since,)


def usage_rows(session: ReadSession, chosen: Sequence[str], tenant_id: TenantId | None = None) -> dict[TenantId, list[Row]]:
    """Of every tenant that asked, or of one. Whole hours are counted: the running one, and as many before it."""
    from catalog.ids import utc_now
    from catalog.usage import usages_since

    now = utc_now()
    found: dict[TenantId, list[Row]] = {}
    for window in chosen:
        for id_, used in usages_since(session, now - int(window[:-1]) * UNITS[window[-1]], tenant_id).items():
            found.setdefault(id_, []).extend(Row(window, name, used[name]) for name in sorted(used))
    return found


def usage_table(named: Mapping[str, Sequence[Row]], prices: Prices, *, tenants: bool) -> tuple[list[str], list[list[object]]]:
    """Headers and rows; `tenants`: each row says whose it is."""
    headers = [*(["tenant"] if tenants else []), "since", "what", *HEADERS, *(["cost"] if prices.named else [])]
    return headers, [
        [*([name] if tenants else []), row.window, row.operation, *_cells(row.used), *_cost(row.used, prices)]
        for name, rows in named.items()
        for row in rows
    ]


def usage_body(rows: Sequence[Row], prices: Prices) -> list[dict[str, Any]]:
    """For `--json`."""
    return [
        {
            "since": row.window,
            "operation": row.operation,
            "requests": row.used.requests,
            "failed": row.used.failed,
            "refused": row.used.refused,
            "problems": dict(row.used.problems),
            "ms": {name: _rounded(row.used.times.quantile(share)) for name, share in QUANTILES.items()}
            | {"mean": _mean(row.used)},
            "tokens": row.used.tokens,
            "model_calls": row.used.model_calls,
            "cached": row.used.cached,
            "cost": prices.cost(row.used),
            "currency": prices.currency or None,
        }
        for row in rows
    ]


def _cells(used: Usage) -> list[object]:
    times = [_shown(used.times.quantile(share)) for share in QUANTILES.values()]
    return [used.requests, used.failed, used.refused, *times, used.tokens, used.model_calls]


def _cost(used: Usage, prices: Prices) -> list[object]:
    cost = prices.cost(used)
    return [] if cost is None else [f"{cost:.2f} {prices.currency}".strip()]


def _shown(milliseconds: float | None) -> str | None:
    """Three digits: more are not known."""
    if milliseconds is None:
        return None
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.1f}" if milliseconds < 100 else f"{milliseconds:.0f}"


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


def _mean(used: Usage) -> float | None:
    return round(used.microseconds / 1000 / used.times.total, 3) if used.times.total else None
