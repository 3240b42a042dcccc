"""The schema's version: brought up to date by `upgrade()`, compared by `check()`. Alembic does the work, without files outside
the package; each upgrade is one transaction, so a database is of the old schema or of the new one, never between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from catalog.errors import SchemaMismatch
from catalog.planner import tell_planner
from catalog.session import WRITE, available, reading

ADVISORY_LOCK = 0x706F7274  # any number that all processes of one database agree on: "port"

_in_this_process = threading.Lock()
"""Alembic keeps the migration that runs in module globals: one at a time."""


def upgrade(engine: Engine) -> None:
    """Bring the database to this release's schema. Twice, or from two processes at once, changes nothing more.

    Raises `SchemaMismatch` when the database is newer than this release, `CatalogUnavailable` when it cannot be used.
    """
    head = _head()
    if _current(engine) == head:
        return
    with _in_this_process, available(engine), _exclusive(engine) as connection:
        current = _revision(connection)
        if current == head:
            return  # another process was first
        _refuse_unknown(engine, current)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        tell_planner(connection)


def check(engine: Engine) -> None:
    """Raises `SchemaMismatch`, with the remedy, unless the database is of exactly this release's schema."""
    current, head = _current(engine), _head()
    if current == head:
        return
    _refuse_unknown(engine, current)
    state = "is empty" if current is None else f"has schema {current}, which is older than {head}"
    raise SchemaMismatch(f"The catalog at {_where(engine)} {state}. `portcullis status` brings it to this release's schema.")


def _refuse_unknown(engine: Engine, current: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if current is not None and current not in known:
        raise SchemaMismatch(
            f"The catalog at {_where(engine)} has schema {current}, which this release does not know: a newer one made it. "
            "Install that release, or restore the backup from before its upgrade."
        )


@contextmanager
def _exclusive(engine: Engine) -> Iterator[Connection]:
    """A write transaction that no other upgrade shares; committed at the end."""
    with engine.execution_options(**{WRITE: True}).connect() as connection:
        if engine.dialect.name == "sqlite":
            with _sqlite_unchecked(connection), connection.begin():
                yield connection
                _check_foreign_keys(connection)
        else:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
                yield connection


@contextmanager
def _sqlite_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by copying and dropping it, which foreign keys would hinder (sqlite.org/lang_altertable.html, 7).
    The switch works only outside a transaction; `_check_foreign_keys` makes up for it before the commit."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise SchemaMismatch(f"The upgrade would leave a dangling reference in the table {broken[0]}; nothing was changed.")


def _current(engine: Engine) -> str | None:
    with reading(engine) as session:
        return _revision(session.sql.connection())


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str:
    head = _scripts().get_current_head()
    assert head is not None
    return head


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _where(engine: Engine) -> str:
    return engine.url.set(query={}).render_as_string(hide_password=True)
