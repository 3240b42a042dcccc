"""The migrated schema is the one that `catalog/tables.py` declares, and getting there is safe."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.synchronize
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from catalog import schema
from catalog.errors import CatalogUnavailable, SchemaMismatch
from catalog.open import open_catalog
from catalog.schema import check, upgrade
from catalog.session import open_engine, transaction
from catalog.settings import CatalogSettings
from catalog.tables import Base
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = make_url(request.getfixturevalue("postgres_url"))
    name = f"portcullis_test_{secrets.token_hex(6)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def engine(empty: str) -> Iterator[Engine]:
    engine = open_engine(empty, lock_timeout_seconds=10)
    yield engine
    engine.dispose()


def test_the_files_are_named_as_alembic_orders_them() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert list(schema._known()) == [script.revision for script in scripts.walk_revisions()][::-1]


def test_autogenerate_finds_nothing_to_change(catalog: Engine) -> None:
    with catalog.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_keys_and_partial_indexes_are_the_declared_ones(engine: Engine) -> None:
    """What autogenerate does not compare: the database's own description of a migrated and of a declared schema."""
    upgrade(engine)
    migrated = describe(engine)
    with transaction(engine) as session:
        Base.metadata.drop_all(session.sql.connection())
    assert describe(engine) == set()
    with transaction(engine) as session:
        Base.metadata.create_all(session.sql.connection())
    assert describe(engine) == migrated


def describe(engine: Engine) -> set[tuple[str, ...]]:
    if engine.dialect.name == "sqlite":
        plain = "replace(replace(replace(sql, char(10), ''), char(9), ''), '\"', '')"  # a table made anew has its name quoted
        query = f"SELECT name, {plain} FROM sqlite_master WHERE sql IS NOT NULL"
    else:
        query = """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            UNION SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default, character_maximum_length)
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"""
    with engine.connect() as connection:
        rows = {tuple(map(str, row)) for row in connection.execute(text(query))}
    if engine.dialect.name == "sqlite":  # the order in which a table's constraints are written down means nothing
        rows = {
            (name, *sorted(part.strip(" )") for part in re.split(r", (?=CONSTRAINT|[a-z_]+ [A-Z])", sql))) for name, sql in rows
        }
    return {row for row in rows if not any("alembic_version" in field for field in row) and not row[0].startswith("sqlite_")}


def test_upgrade_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    check(engine)
    before = describe(engine)
    upgrade(engine)
    assert describe(engine) == before


def test_upgrade_in_threads_of_one_process(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [engine] * 4))
    check(engine)


def _open(url: str, start: multiprocessing.synchronize.Barrier) -> None:
    start.wait(20)
    engine = open_engine(url, lock_timeout_seconds=20)
    upgrade(engine)
    check(engine)
    engine.dispose()


def test_upgrade_from_processes_that_start_at_once(empty: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    processes = [spawn.Process(target=_open, args=(empty, start)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]


def test_a_first_connection_waits_for_a_writer_of_the_old_journal(tmp_path: Path) -> None:
    """SQLite refuses the switch to the write-ahead log at once while another is about to write, whatever the timeout."""
    file = tmp_path / "catalog.db"
    writer = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, writer.execute, ("COMMIT",))
    timer.start()
    engine = open_engine(f"sqlite:///{file}", lock_timeout_seconds=20)
    upgrade(engine)
    check(engine)
    timer.join()
    engine.dispose()
    writer.close()


def test_an_upgrade_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    with transaction(engine) as session:
        session.sql.execute(text("CREATE TABLE version_chunks (id INTEGER)"))  # the last table that the migration makes
    with pytest.raises(Exception, match="version_chunks"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == ["version_chunks"]


def test_an_empty_or_newer_database_is_a_mismatch_with_a_remedy(engine: Engine) -> None:
    with pytest.raises(SchemaMismatch, match=r"is empty.*portcullis status"):
        check(engine)
    upgrade(engine)
    with transaction(engine) as session:
        session.sql.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (check, upgrade):
        with pytest.raises(SchemaMismatch, match=r"9999.*newer.*Install that release"):
            refuse(engine)


def test_foreign_keys_hold_after_an_upgrade(engine: Engine) -> None:
    upgrade(engine)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_upgrading_says_nothing(engine: Engine, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    upgrade(engine)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_open_catalog_makes_private_files(tmp_path: Path) -> None:
    file = tmp_path / "state %s" / "catalog.db"
    engine = open_catalog(CatalogSettings(url=f"sqlite:///{file}"))
    check(engine)
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {
        "catalog.db": 0o600,
        "catalog.db-wal": 0o600,
        "catalog.db-shm": 0o600,
    }
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://root:hunter2@localhost/x", "postgresql://u:hunter2@127.0.0.1:1/x"])
def test_a_url_that_cannot_be_opened_is_unavailable_and_keeps_its_password(url: str) -> None:
    with pytest.raises(CatalogUnavailable) as caught:
        open_engine_and_look(url)
    assert "hunter2" not in str(caught.value)


def open_engine_and_look(url: str) -> None:
    engine = open_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def test_a_file_in_the_way_and_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CatalogUnavailable, match="PORTCULLIS_HOME"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'catalog.db'}")
    (tmp_path / "text.db").write_text("this is text, not a database, " * 100)
    with pytest.raises(CatalogUnavailable, match="not a database"):
        open_catalog(CatalogSettings(url=f"sqlite:///{tmp_path / 'text.db'}"))


def test_a_locked_database_is_unavailable(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'c.db'}", lock_timeout_seconds=0.2)
    holder = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    holder.execute("PRAGMA journal_mode=WAL")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(CatalogUnavailable, match="locked"):
        upgrade(engine)
    holder.close()
    upgrade(engine)
    engine.dispose()
