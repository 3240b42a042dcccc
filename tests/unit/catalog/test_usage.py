"""What is kept of an hour is the sum of all that was added, by whichever process, and each tenant's is its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from catalog.histogram import histogram
from catalog.ids import TenantId
from catalog.session import reading, transaction
from catalog.tenants import create_tenant
from catalog.usage import Usage, UsageKey, add_usage, drop_usage, hour_of, total, usage_since, usages_since

HOUR = datetime(2026, 11, 21, 9, tzinfo=UTC)
counts = st.integers(0, 10**12)
usages = st.builds(
    Usage,
    *[counts] * 7,
    problems=st.dictionaries(st.sampled_from(["unknown_document", "rate_limited", "internal_error"]), st.integers(1, 9)),
    times=st.lists(st.floats(0.01, 1e7)).map(histogram),
)


@pytest.fixture
def tenants(catalog: Engine) -> list[TenantId]:
    with transaction(catalog) as write:
        return [create_tenant(write, name) for name in ("one", "other")]


def asked(milliseconds: float, **more: int) -> Usage:
    return Usage(1, microseconds=round(milliseconds * 1000), times=histogram([milliseconds]), **more)


@given(st.lists(usages))
def test_a_total_of_totals_is_the_total(parts: list[Usage]) -> None:
    half = len(parts) // 2
    assert total([total(parts[:half]), total(parts[half:])]) == total(parts) == total(reversed(parts))
    assert total([]) == Usage()


def test_what_is_added_comes_back_by_tenant_and_operation(catalog: Engine, tenants: list[TenantId]) -> None:
    one, other = tenants
    used = {
        UsageKey(one, HOUR, "retrieve"): asked(20, tokens=500, model_calls=1),
        UsageKey(one, HOUR, "document"): Usage(1, refused=1, problems={"rate_limited": 1}),
        UsageKey(other, HOUR, "retrieve"): asked(7),
        UsageKey(one, HOUR - timedelta(hours=2), "retrieve"): asked(1000),
    }
    for _ in range(2):
        with transaction(catalog) as write:
            add_usage(write, used)
    with reading(catalog) as read:
        mine = usage_since(read, one, HOUR + timedelta(minutes=59))
        assert mine == {name: total([used[UsageKey(one, HOUR, name)]] * 2) for name in ("retrieve", "document")}
        assert usage_since(read, other, HOUR) == {"retrieve": total([asked(7)] * 2)}
        assert usages_since(read, HOUR) == {one: mine, other: usage_since(read, other, HOUR)}
        assert usage_since(read, one, HOUR - timedelta(hours=2))["retrieve"].requests == 4
        assert usage_since(read, one, HOUR + timedelta(hours=1)) == {}


def test_processes_that_write_one_hour_at_once_add_up(catalog: Engine, tenants: list[TenantId]) -> None:
    keys = [UsageKey(tenant, HOUR, name) for tenant in tenants for name in ("retrieve", "document")]

    def write(process: int) -> None:
        for turn in range(5):
            ordered = keys if (process + turn) % 2 else keys[::-1]
            with transaction(catalog) as session:
                add_usage(session, {key: asked(10.0 * (process + 1), tokens=3) for key in ordered})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    expected = total(asked(10.0 * (process + 1), tokens=3) for process in range(4) for _ in range(5))
    with reading(catalog) as read:
        assert usages_since(read, HOUR) == {tenant: {"retrieve": expected, "document": expected} for tenant in tenants}


def test_old_hours_go(catalog: Engine, tenants: list[TenantId]) -> None:
    hours = [HOUR - timedelta(days=days) for days in (0, 34, 36)]
    with transaction(catalog) as write:
        add_usage(write, {UsageKey(tenants[0], hour, "retrieve"): asked(1) for hour in hours})
        drop_usage(write, HOUR - timedelta(days=35))
    with reading(catalog) as read:
        assert usage_since(read, tenants[0], HOUR - timedelta(days=99))["retrieve"].requests == 2


def test_an_hour_begins_on_the_hour() -> None:
    assert hour_of(HOUR + timedelta(minutes=59, seconds=59)) == HOUR
