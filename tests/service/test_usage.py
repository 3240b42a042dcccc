"""What each tenant's requests took and cost is kept by the hour, adds up over processes, and stands in `portcullis status`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from acl.log import open_log
from catalog.errors import CatalogUnavailable
from catalog.histogram import histogram
from catalog.ids import TenantId, utc_now
from catalog.schema import upgrade
from catalog.session import open_engine, reading, transaction
from catalog.tenants import bump_corpus, create_tenant
from catalog.usage import Usage, UsageKey, add_usage, hour_of, usage_since
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.usage_writer import UsageWriter
from tests.service.client import Service
from tests.service.corpus import Corpus

ROOT = Path(__file__).parents[2]


@contextmanager
def counting(services: Services, settings: RetrievalSettings, corpus: Corpus, **changed: object) -> Iterator[Service]:
    """A process of the service; what it counted is written when the block ends."""
    writer = UsageWriter(services.catalog, 35)
    known = RetrievalSettings.model_validate(settings.model_dump() | changed)
    try:
        yield Service(replace(services, usage=writer), known, corpus.key()[1])
    finally:
        writer.close()
        writer.close()


def used(catalog: Engine, tenant_id: TenantId) -> dict[str, Usage]:
    with reading(catalog) as read:
        return usage_since(read, tenant_id, utc_now() - timedelta(hours=1))


def test_each_request_counts_for_its_tenant_and_operation(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    other = Corpus(services, "other")
    other.people("ana")
    key = other.key()[1]
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    with counting(services, settings, corpus, limits={"tenant": "4/hour"}) as service:
        tokens = service.retrieve("payroll").json()["usage"]["tokens"]
        assert service.retrieve(" ").status_code == 422
        service.send("GET", "/v1/documents/none")
        service.send("GET", "/v1/documents/a")
        assert service.retrieve("payroll").status_code == 429
        service.retrieve("payroll", "ana", key)
        service.retrieve("payroll", "nobody")  # it is not known whose this is
        service.send("GET", "/healthz")
    mine, theirs = used(services.catalog, corpus.tenant_id), used(services.catalog, other.tenant_id)
    asked, read = mine["retrieve"], mine["document"]
    assert (asked.requests, asked.failed, asked.refused, asked.tokens, asked.model_calls) == (3, 0, 1, tokens, 1)
    assert asked.problems == {"empty_question": 1, "rate_limited": 1}
    assert (asked.times.total, read.times.total) == (2, 2)  # what was refused took no time
    assert (read.requests, read.problems) == (2, {"unknown_document": 1})
    assert read.tokens > 0
    assert {name: one.requests for name, one in theirs.items()} == {"retrieve": 1}
    lines = {line["request_id"]: line for line in service.lines()}
    assert asked.microseconds / 1000 == pytest.approx(
        sum(line["took_ms"] for line in lines.values() if line.get("operation") == "retrieve" and line["status"] in (200, 422))
        - next(line["took_ms"] for line in lines.values() if line.get("tenant") == other.tenant_id),
        abs=0.3,
    )


def test_what_fails_by_our_fault_is_told_apart(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    services.index.drop(corpus.collection().name)
    with counting(services, settings, corpus) as service:
        assert service.retrieve("payroll").status_code == 503
    asked = used(services.catalog, corpus.tenant_id)["retrieve"]
    assert (asked.requests, asked.failed, asked.times.total) == (1, 1, 1)
    assert list(asked.problems.values()) == [1]


def test_processes_add_up(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    with counting(services, settings, corpus) as one, counting(services, settings, corpus) as another:
        for service in (one, another, another):
            assert service.retrieve("payroll").status_code == 200
    assert used(services.catalog, corpus.tenant_id)["retrieve"].requests == 3


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_catalog_that_does_not_answer_loses_nothing_if_it_comes_back(
    services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path
) -> None:
    """The file is locked by another writer for longer than a write waits."""
    told = io.StringIO()
    hurried = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}", lock_timeout_seconds=0.05)
    writer = UsageWriter(hurried, 35, open_log(told), flush_seconds=0.05)
    service = Service(replace(services, usage=writer), settings, corpus.key()[1])
    assert service.retrieve("payroll").status_code == 200
    with transaction(services.catalog) as write:
        bump_corpus(write, corpus.tenant_id)  # from now on nobody else writes
        writer.note(corpus.tenant_id, "retrieve", 0.01, {}, None)
        until = time.monotonic() + 20
        while "usage_unwritten" not in told.getvalue():
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.3)  # several more tries
    writer.close()
    hurried.dispose()
    assert used(services.catalog, corpus.tenant_id)["retrieve"].requests == 2
    (line,) = [json.loads(line) for line in told.getvalue().splitlines()]
    assert (line["code"], line["level"]) == (CatalogUnavailable.code, "warning")


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_tenant_that_is_not_there_takes_nothing_with_it(services: Services, corpus: Corpus) -> None:
    told = io.StringIO()
    writer = UsageWriter(services.catalog, 35, open_log(told), flush_seconds=0.05)
    writer.note(TenantId(99_999), "retrieve", 0.01, {}, None)
    until = time.monotonic() + 20
    while "lost" not in told.getvalue():
        assert time.monotonic() < until
        time.sleep(0.01)
    writer.note(corpus.tenant_id, "retrieve", 0.01, {}, None)
    writer.close()
    assert used(services.catalog, corpus.tenant_id)["retrieve"].requests == 1


def test_old_hours_are_dropped(services: Services, corpus: Corpus) -> None:
    old = UsageKey(corpus.tenant_id, hour_of(utc_now() - timedelta(days=36)), "retrieve")
    with transaction(services.catalog) as write:
        add_usage(write, {old: Usage(requests=1)})
    writer = UsageWriter(services.catalog, 35, flush_seconds=0.02)
    until = time.monotonic() + 20
    while True:
        with reading(services.catalog) as read:
            if not usage_since(read, corpus.tenant_id, old.hour):
                break
        assert time.monotonic() < until
        time.sleep(0.02)
    writer.close()


def status(home: Path, *words: str, **environment: str) -> str:
    known = {**os.environ, "PORTCULLIS_HOME": str(home), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "status", *words], env=known, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_status_shows_it_with_its_cost(tmp_path: Path) -> None:
    """A row for each window and operation, of one tenant or of all; never wider than 100 columns."""
    (tmp_path / "home").mkdir()
    engine = open_engine(f"sqlite:///{tmp_path / 'home' / 'catalog.db'}")
    upgrade(engine)
    now = hour_of(utc_now())
    busy = Usage(123_456, 7, 89, 45_678_901, 123_367, microseconds=2_469_120_000, times=histogram([12.0] * 98 + [250.0, 9000.0]))
    with transaction(engine) as write:
        one, other = create_tenant(write, "default"), create_tenant(write, "north")
        keys = [
            UsageKey(one, now, "retrieve"),
            UsageKey(one, now - timedelta(hours=20), "document"),
            UsageKey(other, now, "reveal"),
        ]
        add_usage(write, dict.fromkeys(keys, busy))
    engine.dispose()
    prices = {"RETRIEVAL_PRICE_PER_MILLION_TOKENS": "2.5", "RETRIEVAL_PRICE_PER_THOUSAND_MODEL_CALLS": "0.1"}
    shown = status(tmp_path / "home", **prices, RETRIEVAL_PRICE_CURRENCY="EUR")
    rows = [line.split() for line in shown.splitlines() if line.startswith(("1h", "24h", "7d"))]
    assert [row[:2] for row in rows] == [
        ["1h", "retrieve"],
        ["24h", "document"],
        ["24h", "retrieve"],
        ["7d", "document"],
        ["7d", "retrieve"],
    ]
    assert rows[0][2:5] + rows[0][8:] == ["123456", "7", "89", "45678901", "123367", "126.53", "EUR"]
    assert [float(ms) for ms in rows[0][5:8]] == [pytest.approx(true, rel=0.025) for true in (12, 12, 250)]
    assert max(map(len, shown.splitlines())) <= 100
    every = json.loads(status(tmp_path / "home", "--all-tenants", "--json", **prices))
    assert {one["tenant"]: [row["operation"] for row in one["usage"]] for one in every["tenants"]} == {
        "default": ["document", "retrieve"],
        "north": ["reveal"],
    }
    (row,) = every["tenants"][1]["usage"]
    assert (row["since"], row["cost"], row["currency"]) == ("24h", pytest.approx(126.534), None)
    assert row["ms"]["p99"] == pytest.approx(250, rel=0.02)
