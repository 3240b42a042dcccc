"""What the requests of a tenant cost, by the hour: how many there were, what became of them, what they took and were handed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from catalog.histogram import Histogram, added
from catalog.ids import TenantId
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.usage_tables import UsageHour


@dataclass(frozen=True, slots=True)
class Usage:
    """`failed`: by our own fault (a status of 5xx); `refused`: by a limit or a budget, before any work.

    `times` and `microseconds` are of all requests but the refused. `problems`: by code, the failed and refused among them.
    """

    requests: int = 0
    failed: int = 0
    refused: int = 0
    tokens: int = 0
    model_calls: int = 0
    cached: int = 0
    microseconds: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    times: Histogram = field(default_factory=Histogram)


@dataclass(frozen=True, slots=True, order=True)
class UsageKey:
    """Whose, in the hour that begins at `hour`, doing what."""

    tenant_id: TenantId
    hour: datetime
    operation: str


_SUMS = ("requests", "failed", "refused", "tokens", "model_calls", "cached", "microseconds")


def total(parts: Iterable[Usage]) -> Usage:
    """All of it together. The order of parts plays no role."""
    listed = list(parts)
    problems: dict[str, int] = {}
    for part in listed:
        for code, count in part.problems.items():
            problems[code] = problems.get(code, 0) + count
    sums = {name: sum(getattr(part, name) for part in listed) for name in _SUMS}
    return Usage(**sums, problems=problems, times=added(part.times for part in listed))


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour that holds it."""
    return moment.replace(minute=0, second=0, microsecond=0)


def add_usage(session: WriteSession, used: Mapping[UsageKey, Usage]) -> None:
    """Add to what is kept. Several processes may do so at once: each row is locked while it is read and written, in one order."""
    for key in sorted(used):
        of = {"tenant_id": key.tenant_id, "hour": key.hour, "operation": key.operation}
        insert_ignore(session, UsageHour, [{**of, **dict.fromkeys(_SUMS, 0), "problems": {}, "buckets": {}}])
        row = session.sql.scalars(select(UsageHour).filter_by(**of).with_for_update()).one()
        sum_ = total((_usage(row), used[key]))
        for name in _SUMS:
            setattr(row, name, getattr(sum_, name))
        row.problems = dict(sum_.problems)
        row.buckets = {str(bucket): count for bucket, count in sum_.times.counts.items()}


def usage_since(session: ReadSession, tenant_id: TenantId, since: datetime) -> dict[str, Usage]:
    """What the tenant's operations cost in the hours from that of `since` on, by operation."""
    return usages_since(session, since, tenant_id).get(tenant_id, {})


def usages_since(session: ReadSession, since: datetime, tenant_id: TenantId | None = None) -> dict[TenantId, dict[str, Usage]]:
    """The same for every tenant that asked, or for one: for operators, who may see all."""
    whose = () if tenant_id is None else (UsageHour.tenant_id == tenant_id,)
    found: dict[TenantId, dict[str, list[Usage]]] = {}
    for row in session.sql.scalars(select(UsageHour).where(UsageHour.hour >= hour_of(since), *whose)):
        found.setdefault(TenantId(row.tenant_id), {}).setdefault(row.operation, []).append(_usage(row))
    return {id_: {operation: total(parts) for operation, parts in used.items()} for id_, used in found.items()}


def drop_usage(session: WriteSession, before: datetime) -> None:
    """Let go of hours that began before, of all tenants."""
    session.sql.execute(delete(UsageHour).where(UsageHour.hour < before))


def _usage(row: UsageHour) -> Usage:
    sums = {name: getattr(row, name) for name in _SUMS}
    times = Histogram({int(bucket): count for bucket, count in row.buckets.items()})
    return Usage(**sums, problems=row.problems, times=times)
