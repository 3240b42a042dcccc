"""Transactions: one writer at a time, a snapshot for each reader, no write while reading."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from catalog.errors import CatalogUnavailable, UnknownTenant
from catalog.session import open_engine, reading, transaction
from catalog.tenants import bump_policy, create_tenant, find_tenant, list_tenants, open_tenant, policy_epoch
from tests.conftest import NEEDS_POSTGRES


def test_all_or_nothing(catalog: Engine) -> None:
    def half() -> None:
        with transaction(catalog) as session:
            create_tenant(session, "half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with reading(catalog) as session:
        assert list_tenants(session) == []


def test_a_reader_keeps_its_moment(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "a")
    with reading(catalog) as reader:
        before = policy_epoch(reader, tenant)
        with transaction(catalog) as writer:
            bump_policy(writer, tenant)
        assert policy_epoch(reader, tenant) == before
    with reading(catalog) as reader:
        assert policy_epoch(reader, tenant) == before + 1


def test_reading_cannot_write_and_the_connection_writes_again_afterwards(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "a")
    with pytest.raises(DBAPIError, match=r"read-?only"), reading(catalog) as reader:
        reader.sql.execute(text("UPDATE tenants SET policy_epoch = 77"))
    with transaction(catalog) as session:
        assert policy_epoch(session, tenant) == 0
        bump_policy(session, tenant)
    with reading(catalog) as reader:
        assert policy_epoch(reader, tenant) == 1


def test_two_writers_wait_for_each_other(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "a")

    def add(_: int) -> None:
        with transaction(catalog) as session:
            seen = policy_epoch(session, tenant)
            bump_policy(session, tenant)
            assert policy_epoch(session, tenant) > seen

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    with reading(catalog) as reader:
        assert policy_epoch(reader, tenant) == 40


def test_waiting_too_long_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.db'}", lock_timeout_seconds=0.1)
    with transaction(engine) as one:
        one.sql.execute(text("SELECT 1"))  # a transaction begins with its first statement, even with one that only reads
        with pytest.raises(CatalogUnavailable, match="database is locked") as caught, transaction(engine) as two:
            two.sql.execute(text("SELECT 1"))
        assert caught.value.retryable
    engine.dispose()


@NEEDS_POSTGRES
def test_waiting_too_long_for_a_row_is_unavailable(postgres_url: str) -> None:
    engine = open_engine(postgres_url, lock_timeout_seconds=0.1)
    with transaction(engine) as one:
        one.sql.execute(text("CREATE TABLE IF NOT EXISTS waited (n integer)"))
        with pytest.raises(CatalogUnavailable, match="lock timeout"), transaction(engine) as two:
            two.sql.execute(text("CREATE TABLE IF NOT EXISTS waited (n integer)"))
        one.sql.rollback()
    engine.dispose()


def test_no_free_connection_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.db'}", pool_size=1)
    engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    with reading(engine) as one, reading(engine) as two:
        one.sql.execute(text("SELECT 1"))
        two.sql.execute(text("SELECT 1"))
        with pytest.raises(CatalogUnavailable, match="connections"), reading(engine) as three:
            three.sql.execute(text("SELECT 1"))
    engine.dispose()


def test_making_a_tenant_at_once_makes_one(catalog: Engine) -> None:
    started = Event()

    def make(_: int) -> int:
        started.wait(5)
        with transaction(catalog) as session:
            return create_tenant(session, "same")

    with ThreadPoolExecutor(4) as pool:
        ids = pool.map(make, range(4))
        started.set()
        assert len(set(ids)) == 1
    with reading(catalog) as session:
        everyone = session.sql.execute(text("SELECT name FROM principals")).all()
        assert [row.name for row in everyone] == ["everyone"]


def test_tenants_by_name(catalog: Engine) -> None:
    with transaction(catalog) as session:
        default = open_tenant(session, "default")
        assert open_tenant(session, "default") == find_tenant(session, "default") == default
        assert create_tenant(session, "other") != default
        assert list_tenants(session) == ["default", "other"]
        for name in ("nowhere", "", "nul\0", "\ud800", "x" * 100_000):
            with pytest.raises(UnknownTenant) as caught:
                open_tenant(session, name)
            assert len(str(caught.value)) < 300
