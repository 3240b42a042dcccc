"""One suite over both stores of kept answers, memory and a real Redis; then what a Redis may be up to."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_bytes

import pytest

from catalog.ids import TenantId
from retrieval.cache_redis import PAUSE_SECONDS, RedisCache, open_redis_cache
from retrieval.cache_store import MOST_ALIKE, MOST_TENANTS, CacheStore, MemoryCache
from retrieval.errors import BadCacheStore
from tests.contracts.session_stores import NEEDS_REDIS, redis_server

ONE, OTHER = TenantId(1), TenantId(2)
Open = Callable[[int, float], CacheStore]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


def open_redis(url: str, most: int = 100, seconds: float = 60, key: bytes | None = None) -> RedisCache:
    return open_redis_cache(url, 5.0, key or token_bytes(32), most, seconds, lambda: pytest.fail("the Redis did not answer"))


@pytest.fixture(params=["memory", pytest.param("redis", marks=NEEDS_REDIS)])
def open_(request: pytest.FixtureRequest) -> Open:
    if request.param == "memory":
        return MemoryCache
    url = request.getfixturevalue("redis_url")
    return lambda most, seconds: open_redis(url, most, seconds)


def test_what_was_put_is_there_for_its_tenant_and_name_alone(open_: Open) -> None:
    store = open_(100, 60)
    store.put(ONE, "a", b"first")
    store.put(ONE, "b", b"\x00\xff" * 100)
    assert (store.get(ONE, "a"), store.get(ONE, "b")) == (b"first", b"\x00\xff" * 100)
    assert (store.get(ONE, "c"), store.get(OTHER, "a")) == (None, None)
    store.put(ONE, "a", b"second")
    assert store.get(ONE, "a") == b"second"
    store.drop(OTHER, "a")
    assert store.get(ONE, "a") == b"second"
    store.drop(ONE, "a")
    assert store.get(ONE, "a") is None


def test_a_tenant_has_so_many_and_drives_out_nothing_of_another(open_: Open) -> None:
    store = open_(3, 60)
    store.put(OTHER, "theirs", b"x")
    for n in range(10):
        store.put(ONE, f"n{n}", b"y", "bucket")
        store.put(ONE, f"n{n}", b"z", "bucket")  # twice is once
    held = [n for n in range(10) if store.get(ONE, f"n{n}") is not None]
    assert len(held) == 3
    assert held == [7, 8, 9] or isinstance(store, RedisCache)  # which counts in whole seconds
    assert set(store.alike(ONE, "bucket").values()) == {b"z"}
    assert len(store.alike(ONE, "bucket")) == 3
    assert store.get(OTHER, "theirs") == b"x"


def test_a_bucket_gives_its_newest_first_and_no_more_than_are_compared(open_: Open) -> None:
    store = open_(500, 60)
    for n in range(MOST_ALIKE + 5):
        store.put(ONE, f"n{n}", str(n).encode(), "bucket")
    store.put(ONE, "elsewhere", b"", "another")
    found = store.alike(ONE, "bucket")
    assert list(found) == [f"n{n}" for n in range(MOST_ALIKE + 4, 4, -1)]
    assert (store.alike(ONE, "none"), store.alike(OTHER, "bucket")) == ({}, {})
    store.drop(ONE, "n20")
    assert "n20" not in store.alike(ONE, "bucket")


def test_what_is_too_old_is_gone(open_: Open) -> None:
    store = open_(100, 1.0)
    store.put(ONE, "a", b"x", "bucket")
    assert store.get(ONE, "a") == b"x"
    time.sleep(1.1)
    assert store.get(ONE, "a") is None
    assert store.alike(ONE, "bucket") == {}


def test_memory_holds_the_tenants_that_asked_last() -> None:
    store = MemoryCache(10, 60)
    for tenant in range(MOST_TENANTS + 1):
        store.put(TenantId(tenant), "a", b"x")
    assert store.get(TenantId(0), "a") is None
    assert store.get(TenantId(MOST_TENANTS), "a") == b"x"


@NEEDS_REDIS
def test_a_redis_can_neither_read_nor_make_nor_move_nor_keep_an_entry(redis_url: str) -> None:
    now, key = [1000.0], token_bytes(32)
    store = open_redis(redis_url, key=key)
    store.wall = lambda: now[0]
    store.put(ONE, "a", b"this is no text of anybody", "bucket")
    (where,) = store.client.keys(store._at(ONE, "entry", "*"))
    sealed = store.client.get(where)
    assert isinstance(sealed, bytes)
    assert b"no text" not in sealed
    assert store.get(ONE, "a") is not None
    for place in (0, len(sealed) // 2, len(sealed) - 1):
        store.client.set(where, sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        assert store.get(ONE, "a") is None
        assert store.alike(ONE, "bucket") == {}
    for planted in (b"", b"x", token_bytes(200)):
        store.client.set(where, planted)
        assert store.get(ONE, "a") is None
    store.client.set(store._at(ONE, "entry", "b"), sealed)
    store.client.set(store._at(OTHER, "entry", "a"), sealed)
    assert (store.get(ONE, "b"), store.get(OTHER, "a")) == (None, None)
    store.client.set(where, sealed)
    assert store.get(ONE, "a") is not None
    now[0] += 59
    assert store.get(ONE, "a") is not None
    now[0] += 2
    assert store.get(ONE, "a") is None, "kept past its time"
    now[0] = 900.0
    assert store.get(ONE, "a") is None, "of a moment that is to come"
    stranger = open_redis(redis_url)
    assert stranger.get(ONE, "a") is None


@NEEDS_REDIS
def test_what_lies_in_a_redis_has_an_end(redis_url: str) -> None:
    store = open_redis(redis_url, seconds=30)
    store.put(ONE, "a", b"x", "bucket")
    held = [key for kind in ("entry", "bucket", "names") for key in store.client.keys(store._at(ONE, kind, "*"))]
    assert len(held) == 3
    assert all(0 < store.client.ttl(key) <= 30 for key in held)


def test_a_redis_that_is_gone_or_hangs_costs_its_time_once_and_is_then_left_alone(tmp_path: Path) -> None:
    lost, now = list[None](), [0.0]
    with tempfile.TemporaryDirectory(prefix="r") as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/s")
        listening.listen()
        for url in (f"unix://{tmp_path / 'none'}", f"unix://{folder}/s"):
            store = open_redis_cache(url, 0.2, token_bytes(32), 10, 60, lambda: lost.append(None))
            store.clock = lambda: now[0]
            lost.clear()
            began = time.monotonic()
            store.put(ONE, "a", b"x", "bucket")
            assert (store.get(ONE, "a"), store.alike(ONE, "bucket")) == (None, {})
            store.drop(ONE, "a")
            assert time.monotonic() - began < 20
            assert len(lost) == 1
            now[0] += PAUSE_SECONDS
            assert store.get(ONE, "a") is None
            assert len(lost) == 2


def test_what_is_no_url_of_redis_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadCacheStore) as told:
        open_redis_cache("https://user:hunter2@host", 1.0, token_bytes(32), 10, 60, lambda: None)
    assert "hunter2" not in str(told.value)
