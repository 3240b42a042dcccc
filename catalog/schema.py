"""The schema's version: brought up to date by `upgrade()`, compared by `check()`. Alembic does the work, without files outside
the package; each upgrade is one transaction, so a database is of the old schema or of the new one, never between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from catalog.errors import SchemaMismatch
from catalog.planner import tell_planner
from catalog.session import WRITE, available, reading

if TYPE_CHECKING:  # loading Alembic is a tenth of what a short command takes, and most find nothing to do
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x706F7274  # any number that all processes of one database agree on: "port"

_in_this_process = threading.Lock()
"""Alembic keeps the migration that runs in module globals: one at a time."""


def upgrade(engine: Engine) -> None:
    """Bring the database to this release's schema. Twice, or from two processes at once, changes nothing more.

    Raises `SchemaMismatch` when the database is newer than this release, `CatalogUnavailable` when it cannot be used.
    """
    head = _known()[-1]
    if _current(engine) == head:
        return
    from alembic import command

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
    current, head = _current(engine), _known()[-1]
    if current == head:
        return
    _refuse_unknown(engine, current)
    state = "is empty" if current is None else f"has schema {current}, which is older than {head}"
    raise SchemaMismatch(f"The catalog at {_where(engine)} {state}. `portcullis status` brings it to this release's schema.")


def _refuse_unknown(engine: Engine, current: str | None) -> None:
    if current is not None and current not in _known():
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
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return revision


@cache
def _known() -> tuple[str, ...]:
    """The revisions of this release, oldest first: the numbers that their files' names begin with."""
    return tuple(sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _where(engine: Engine) -> str:
    return engine.url.set(query={}).render_as_string(hide_password=True)
