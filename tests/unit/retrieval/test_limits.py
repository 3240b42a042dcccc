"""What is counted for whom, and who is told of it; over memory and a real Redis."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from secrets import randbelow

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits.storage import MemoryStorage, Storage

from acl.scope import scope_of_labels
from acl.store import Person
from catalog.ids import PrincipalId, TenantId
from retrieval.errors import BudgetExhausted
from retrieval.identity import Asker
from retrieval.limit_store import PAUSE_SECONDS, LimitStore, open_redis
from retrieval.limits import Limits, headers
from retrieval.quotas import quotas
from tests.contracts.session_stores import NEEDS_REDIS, redis_server


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=["memory", pytest.param("redis", marks=NEEDS_REDIS)])
def make(request: pytest.FixtureRequest) -> Callable[[], LimitStore]:
    """A store; those in Redis share one database, as services do."""
    if request.param == "memory":
        return lambda: LimitStore(None, lambda: None)
    url = request.getfixturevalue("redis_url")
    return lambda: LimitStore(open_redis(url, 5.0), lambda: pytest.fail("the Redis did not answer"))


def asker(tenant: int, person: int, key: str | None = "k") -> Asker:
    scope = scope_of_labels(TenantId(tenant), PrincipalId(person), (), 0)
    return Asker(TenantId(tenant), Person(PrincipalId(person), "p"), scope, "user:p" if key is None else f"key:{key}")


ASKED = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 2), st.sampled_from(["k1", "k2", None]), st.integers(0, 3)), max_size=30
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
def test_each_has_what_it_was_given_and_no_tenant_takes_from_another(
    make: Callable[[], LimitStore], asked: list[tuple[int, int, str | None, int]]
) -> None:
    """Against a plain model of it: windows of an hour, so none moves within the test."""
    told: list[tuple[int, str, int]] = []
    rates, budgets = {"person": 3, "key": 5, "tenant": 7}, {"person": 4, "tenant": 6}
    every = quotas({whose: f"{most}/hour" for whose, most in rates.items()}, budgets)  # type: ignore[misc]
    limits = Limits(every, make(), lambda tenant, quota, percent: told.append((int(tenant), quota.name, percent)))
    first = randbelow(1 << 40)  # tenants that no other example knows, where a Redis remembers
    used, spent = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()

    async def run() -> None:
        for tenant, person, key, tokens in asked:
            who = asker(first + tenant, person, key)
            verdict = await limits.admit(who)
            dry = [w for w in ("person", "tenant") if spent[w, tenant, person if w == "person" else 0] >= budgets[w]]
            expected = f"{dry[0]}-tokens" if dry else None
            if not dry:
                for whose, id_ in (("person", person), ("key", key), ("tenant", 0)):
                    if whose == "key" and key is None:
                        continue
                    if used[whose, tenant, id_] >= rates[whose]:
                        expected = whose
                        break
                    used[whose, tenant, id_] += 1
            refused = verdict.standings[-1].quota.name if verdict.refused else None
            assert refused == expected
            assert isinstance(verdict.refused, BudgetExhausted) == bool(dry)
            if verdict.refused is None:
                verdict = await limits.charge(who, verdict, tokens)
                for whose, id_ in (("person", person), ("tenant", 0)):
                    spent[whose, tenant, id_] += tokens
                left = {one.quota.name: one.left for one in verdict.standings}
                assert left["person-tokens"] == max(0, 4 - spent["person", tenant, person])
                assert left["person"] == 3 - used["person", tenant, person]
            assert all(1 <= one.reset_seconds <= one.quota.item.get_expiry() for one in verdict.standings)

    asyncio.run(run())
    for tenant in (0, 1):
        dry = spent["tenant", tenant, 0] >= 6
        assert told.count((first + tenant, "tenant-tokens", 100)) == int(dry)
        assert told.count((first + tenant, "tenant", 100)) == int(used["tenant", tenant, 0] >= 7)


def test_what_is_left_to_the_tenant_is_told_to_keys_alone() -> None:
    limits = Limits(
        quotas({"tenant": "9/hour", "person": "5/hour"}, {"tenant": 10}), LimitStore(None, lambda: None), lambda *_: None
    )

    async def told(who: Asker) -> dict[str, str]:
        return headers(who, await limits.admit(who))

    by_key, by_token = asyncio.run(told(asker(1, 1))), asyncio.run(told(asker(1, 1, None)))
    assert by_key["RateLimit-Policy"] == '"tenant-tokens";q=10;w=86400;qu="tokens", "person";q=5;w=3600, "tenant";q=9;w=3600'
    assert by_token["RateLimit-Policy"] == '"person";q=5;w=3600'
    assert "tenant" not in by_token["RateLimit"]


def test_a_store_that_failed_is_left_alone_for_a_while_and_asked_again() -> None:
    now, asked, lost = [100.0], list[float](), list[float]()
    shared = MemoryStorage()

    def step(storage: Storage) -> str:
        if storage is not shared:
            return "memory"
        asked.append(now[0])
        if now[0] < 100 + 2 * PAUSE_SECONDS:
            raise OSError
        return "shared"

    store = LimitStore(shared, lambda: lost.append(now[0]), lambda: now[0])
    answers = []
    for after in (0, 1, PAUSE_SECONDS - 0.1, PAUSE_SECONDS, PAUSE_SECONDS + 1, 2 * PAUSE_SECONDS, 2 * PAUSE_SECONDS + 1):
        now[0] = 100 + after
        answers.append(store.run(step))
    assert answers == ["memory"] * 5 + ["shared"] * 2
    assert asked == [100, 100 + PAUSE_SECONDS, 100 + 2 * PAUSE_SECONDS, 101 + 2 * PAUSE_SECONDS]
    assert lost == asked[:2]
