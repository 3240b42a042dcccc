"""Parts that break while questions come: each answer is right, or a problem with its code in time; and all heals by itself."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, event, text

from index.edge import EdgeIndex
from index.launch import stop_engine
from index.rendezvous import ADDRESS
from retrieval.audit_writer import AuditWriter
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.conftest import LOCK_TIMEOUT_SECONDS, NEEDS_POSTGRES
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

SQLITE = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
DEADLINE_SECONDS = 2.0
TEXTS = ("The boiler is in the cellar.", "The canteen opens at noon.")


@pytest.fixture
def services(services: Services) -> Iterator[Services]:
    writer = AuditWriter(services.catalog)
    yield replace(services, audit=writer)
    writer.close()


@pytest.fixture
def settings(settings: RetrievalSettings) -> RetrievalSettings:
    """Without kept answers, which need no engine."""
    return settings.model_copy(update={"deadline_seconds": DEADLINE_SECONDS, "concurrent": 4, "cache": "off"})


@pytest.fixture(autouse=True)
def _documents(corpus: Corpus) -> None:
    corpus.publish("handbook", *TEXTS, allow=["everyone"])
    corpus.publish("plan", "The boiler is sold.", allow=["group:leads"])


def right(response: httpx.Response, allowed: set[str]) -> bool:
    """Whether it is an answer, which then is whole and holds nothing of what Ben may not read; else a problem of these."""
    if response.status_code != 200:
        assert response.json()["code"] in allowed, response.text
        problem(response, response.status_code, response.json()["code"])
        return False
    body = response.json()
    assert {result["document_id"] for result in body["results"]} == {"handbook"}
    assert body["complete"] is True
    return True


def until_right(service: Service, allowed: set[str], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not right(service.retrieve("boiler", "ben"), allowed):
        assert time.monotonic() < end, "it does not heal"


def timed(call: Callable[[], httpx.Response]) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    return call(), time.monotonic() - began


@pytest.fixture
def edge(services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path) -> Iterator[tuple[Service, Path]]:
    """The service over the real engine in its process."""
    data = tmp_path / "engine"
    calls = EdgeIndex(data, idle_seconds=60, timeout_seconds=20)
    corpus.services = replace(services, index=calls)
    corpus.publish("handbook", *TEXTS, allow=["everyone"], version="2")
    corpus.publish("plan", "The boiler is sold.", allow=["group:leads"], version="2")
    yield Service(corpus.services, settings, corpus.key()[1]), data
    calls.close()
    stop_engine(data)


def engine_pid(data: Path) -> int:
    pid: int = json.loads((data / ADDRESS).read_text())["pid"]
    return pid


@pytest.mark.slow
@SQLITE
def test_an_engine_that_is_killed_again_and_again(edge: tuple[Service, Path]) -> None:
    service, data = edge
    done, killed = threading.Event(), set[int]()

    def kill() -> None:
        end = time.monotonic() + 60
        while len(killed) < 3 and time.monotonic() < end:
            time.sleep(0.5)
            with suppress(OSError, ValueError):  # just now there is none, or its address is being written
                os.kill(pid := engine_pid(data), signal.SIGKILL)
                killed.add(pid)
        done.set()

    killer = threading.Thread(target=kill)
    killer.start()
    asked = 0
    while not done.is_set():
        response, seconds = timed(lambda: service.retrieve("boiler", "ben"))
        right(response, {"index_unavailable", "deadline_exceeded"})
        assert seconds < 15
        asked += 1
    killer.join()
    assert len(killed) == 3
    assert asked >= 3
    until_right(service, {"index_unavailable", "deadline_exceeded"})


@pytest.mark.slow
@SQLITE
def test_an_engine_that_hangs(edge: tuple[Service, Path]) -> None:
    service, data = edge
    os.kill(pid := engine_pid(data), signal.SIGSTOP)
    try:
        wake = threading.Timer(DEADLINE_SECONDS + 1, os.kill, (pid, signal.SIGCONT))
        wake.start()
        response, seconds = timed(lambda: service.retrieve("boiler", "ben"))
        assert problem(response, 504, "deadline_exceeded")["retryable"] is True
        assert seconds < 15
        wake.join()
    finally:
        os.kill(pid, signal.SIGCONT)
    until_right(service, {"deadline_exceeded"})


@contextmanager
def locked(catalog: Engine) -> Iterator[None]:
    """Another program holds the catalog's file for itself."""
    assert catalog.url.database is not None
    other = sqlite3.connect(catalog.url.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@SQLITE
def test_a_catalog_that_is_locked(service: Service, catalog: Engine) -> None:
    with locked(catalog):
        response, seconds = timed(lambda: service.retrieve("boiler", "ben"))
        problem(response, 504, "deadline_exceeded")
        assert seconds < LOCK_TIMEOUT_SECONDS
        assert service.raw("GET", "/healthz").status_code == 200
    until_right(service, {"deadline_exceeded", "catalog_unavailable"})


@pytest.mark.slow
@SQLITE
def test_a_catalog_that_is_locked_for_longer_than_it_waits_itself(
    services: Services, settings: RetrievalSettings, corpus: Corpus, catalog: Engine
) -> None:
    patient = settings.model_copy(update={"deadline_seconds": LOCK_TIMEOUT_SECONDS * 4})
    service = Service(services, patient, corpus.key()[1])
    with locked(catalog):
        problem(service.retrieve("boiler", "ben"), 503, "catalog_unavailable")
    assert right(service.retrieve("boiler", "ben"), set())


@SQLITE
@pytest.mark.parametrize("audit", ["required", "best_effort"])
def test_a_disk_that_is_full(
    services: Services, settings: RetrievalSettings, corpus: Corpus, catalog: Engine, audit: str
) -> None:
    """SQLite is told that its file may not grow, which it reports as it does a full disk."""
    service = Service(services, settings.model_copy(update={"audit": audit}), corpus.key()[1])
    full = True

    def limit(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={1 if full else 2**30}")

    event.listen(catalog, "checkout", limit)
    told = []
    for _ in range(300):  # the file has some room left
        told.append(service.retrieve("boiler", "ben"))
        if told[-1].status_code != 200 or told[-1].json()["warnings"]:
            break
    if audit == "required":
        problem(told[-1], 503, "catalog_unavailable")
    else:
        assert [warning["code"] for warning in told[-1].json()["warnings"]] == ["not_audited"]
        assert right(told[-1], set())
    full = False
    assert service.retrieve("boiler", "ben").json()["warnings"] == []
    assert right(service.retrieve("boiler", "ben"), set())
    event.remove(catalog, "checkout", limit)


@contextmanager
def closed(catalog: Engine) -> Iterator[None]:
    """Nobody may connect to the catalog's database, and who is connected is sent away."""
    name = catalog.url.database
    server = create_engine(catalog.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as admin:
        admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        try:
            admin.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name})
            yield
        finally:
            admin.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    server.dispose()


@pytest.mark.parametrize("catalog", [pytest.param("postgresql", marks=NEEDS_POSTGRES)], indirect=True)
def test_a_database_server_that_is_gone_for_a_while(service: Service, catalog: Engine) -> None:
    assert right(service.retrieve("boiler", "ben"), set())
    with closed(catalog):
        for _ in range(3):
            response, seconds = timed(lambda: service.retrieve("boiler", "ben"))
            assert not right(response, {"catalog_unavailable", "deadline_exceeded"})
            assert seconds < 15
        assert service.raw("GET", "/readyz").status_code == 503
    until_right(service, {"catalog_unavailable", "deadline_exceeded"})
    assert service.raw("GET", "/readyz").status_code == 200
