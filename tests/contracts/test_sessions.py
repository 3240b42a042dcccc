"""One suite over every store of sessions: a real Redis, SQLite and PostgreSQL."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from acl.store import find_person
from catalog.ids import ChunkId, PrincipalId, TenantId
from catalog.session import open_engine, reading, transaction
from catalog.tables import TurnResult, TurnRow
from catalog.tenants import create_tenant
from catalog.turns import SessionKey
from retrieval.errors import BadSessionStore, SessionsUnavailable
from retrieval.session import MOST_RESULTS, CatalogSessions, Sessions, session_key
from retrieval.session_redis import open_redis_sessions
from tests.contracts.session_stores import NEEDS_REDIS, STORES, open_sessions, redis_server

HOUR = timedelta(hours=1)
PEOPLE = '{"sequence": 1, "users": [{"id": "ana"}, {"id": "ben"}], "groups": []}'
Open = Callable[[timedelta, int], Sessions]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def catalog(store: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The catalog of this store; Redis needs none, and gets one for the people."""
    if store == "postgresql":
        yield request.getfixturevalue("postgres_engine")
        return
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "catalog.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def open_(store: str, catalog: Engine, request: pytest.FixtureRequest) -> Open:
    url = request.getfixturevalue("redis_url") if store == "redis" else None
    return lambda life, most: open_sessions(store, catalog, url, life, most)


@pytest.fixture
def keys(catalog: Engine) -> dict[str, SessionKey]:
    """Ana's two sessions, Ben's and that of an Ana of another tenant, all by ids that may be equal."""
    with transaction(catalog) as session:
        one, two = create_tenant(session, f"t{uuid4()}"), create_tenant(session, f"t{uuid4()}")
        for tenant in (one, two):
            apply_snapshot(session, tenant, parse_snapshot(PEOPLE))
        ana, ben, other = (find_person(session, t, name).id for t, name in ((one, "ana"), (one, "ben"), (two, "ana")))
    secret = token_bytes(16)
    return {
        "ana": session_key(secret, one, ana, "s1"),
        "ana's second": session_key(secret, one, ana, "S1"),
        "ben": session_key(secret, one, ben, "s1"),
        "another tenant's ana": session_key(secret, two, other, "s1"),
    }


def ids(count: int) -> list[ChunkId]:
    return [ChunkId(uuid4()) for _ in range(count)]


def test_turns_come_back_in_order_with_their_results_by_place(open_: Open, keys: dict[str, SessionKey]) -> None:
    sessions, key, found = open_(HOUR, 10), keys["ana"], ids(MOST_RESULTS + 2)
    assert sessions.load(key) == ()
    assert sessions.append(key, "Wo ist [PERSON_K7Q2M5XPLDWA]? 🙂", found) == 1
    assert sessions.append(key, "And the second one?", []) == 2
    first, second = sessions.load(key)
    assert (first.number, first.question) == (1, "Wo ist [PERSON_K7Q2M5XPLDWA]? 🙂")
    assert first.results == dict(enumerate(found[:MOST_RESULTS], start=1))
    assert (second.number, second.question, second.results) == (2, "And the second one?", {})


def test_a_session_is_one_persons_of_one_tenant(open_: Open, keys: dict[str, SessionKey]) -> None:
    """The same id from somebody else, or from another tenant, finds what one finds that never was."""
    sessions = open_(HOUR, 10)
    sessions.append(keys["ana"], "mine", ids(1))
    for other in ("ana's second", "ben", "another tenant's ana"):
        assert sessions.load(keys[other]) == ()
    assert len({key.digest for key in keys.values()}) == 4
    mixed = SessionKey(keys["ana"].tenant_id, keys["ben"].person_id, keys["ana"].digest)  # even by the right digest
    assert sessions.load(mixed) == ()
    sessions.append(keys["ben"], "his", [])
    assert [turn.question for turn in sessions.load(keys["ben"])] == ["his"]
    assert [turn.question for turn in sessions.load(keys["ana"])] == ["mine"]


def test_so_many_turns_are_kept_and_numbers_go_on(open_: Open, keys: dict[str, SessionKey]) -> None:
    sessions = open_(HOUR, 3)
    assert [sessions.append(keys["ana"], f"q{n}", ids(2)) for n in range(1, 6)] == [1, 2, 3, 4, 5]
    assert [(turn.number, len(turn.results)) for turn in sessions.load(keys["ana"])] == [(3, 2), (4, 2), (5, 2)]


def test_a_session_ends_so_long_after_its_last_turn(open_: Open, keys: dict[str, SessionKey]) -> None:
    sessions, key = open_(timedelta(seconds=2), 10), keys["ana"]
    sessions.append(key, "one", [])
    time.sleep(1.2)
    sessions.append(key, "two", [])
    time.sleep(1.2)
    assert len(sessions.load(key)) == 2  # the second turn kept the first alive
    time.sleep(1.6)
    assert sessions.load(key) == ()
    assert sessions.append(key, "three", []) == 1


def test_turns_at_once_lose_nothing(open_: Open, keys: dict[str, SessionKey]) -> None:
    sessions, key = open_(HOUR, 100), keys["ana"]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda n: sessions.append(key, f"q{n}", ids(1)), range(24)))
    assert sorted(numbers) == list(range(1, 25))
    kept = sessions.load(key)
    assert [turn.number for turn in kept] == list(range(1, 25))
    assert {turn.question for turn in kept} == {f"q{n}" for n in range(24)}
    assert all(len(turn.results) == 1 for turn in kept)


@pytest.mark.parametrize("store", ["sqlite", *STORES[1:2]], indirect=True)
def test_what_expired_leaves_the_catalog_with_the_next_turn_of_the_tenant(catalog: Engine, keys: dict[str, SessionKey]) -> None:
    CatalogSessions(catalog, timedelta(seconds=-1), 10).append(keys["ana"], "over", ids(3))
    CatalogSessions(catalog, HOUR, 10).append(keys["ben"], "new", ids(1))
    with reading(catalog) as session:
        tenant = keys["ana"].tenant_id
        assert session.sql.scalars(select(TurnRow.question).where(TurnRow.tenant_id == tenant)).all() == ["new"]
        left = select(func.count()).select_from(TurnResult).where(TurnResult.tenant_id == tenant)
        assert session.sql.scalar(left) == 1


KEY = SessionKey(TenantId(1), PrincipalId(1), "0" * 64)


def test_a_redis_that_is_not_there_is_said_so_at_once(tmp_path: Path) -> None:
    sessions = open_redis_sessions(f"unix://{tmp_path / 'none'}", 0.5, HOUR, 10)
    for call in (lambda: sessions.load(KEY), lambda: sessions.append(KEY, "q", [])):
        with pytest.raises(SessionsUnavailable):
            call()


def test_a_redis_that_hangs_costs_the_timeout_and_no_more() -> None:
    with tempfile.TemporaryDirectory(prefix="r") as folder, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/s")
        listening.listen()
        sessions = open_redis_sessions(f"unix://{folder}/s", 0.3, HOUR, 10)
        began = time.monotonic()
        with pytest.raises(SessionsUnavailable):
            sessions.load(KEY)
        assert time.monotonic() - began < 20


@NEEDS_REDIS
def test_what_is_spoiled_in_redis_is_not_taken(redis_url: str) -> None:
    sessions = open_redis_sessions(redis_url, 5.0, HOUR, 10)
    name = f"portcullis:turns:1:1:{KEY.digest}"
    for spoiled in (b"no number", b'1 {"q": 1}', b"1 [", b"\xff\xfe 1"):
        sessions.client.delete(name)
        sessions.client.rpush(name, spoiled)
        with pytest.raises(SessionsUnavailable):
            sessions.load(KEY)
    sessions.client.delete(name)


def test_what_is_no_url_of_redis_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadSessionStore) as told:
        open_redis_sessions("https://user:hunter2@host", 1.0, HOUR, 10)
    assert "hunter2" not in str(told.value)
