"""Transactions. `transaction()` alone commits; a function that reads takes a `ReadSession`, one that writes a `WriteSession`."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.audit_tail import KEYS, append_noted
from catalog.chain import AuditKeys
from catalog.errors import CatalogUnavailable

WRITE = "portcullis_write"
"""The execution option of an engine whose transactions may write."""

_UNUSABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}
_BASE_CODE = 0xFF
"""SQLite's extended result codes keep the primary one in their lowest byte."""


class ReadSession:
    """One consistent read of the primary. Holds the SQLAlchemy session; only `catalog` and `acl/store.py` look inside."""

    __slots__ = ("sql",)

    def __init__(self, sql: Session) -> None:
        self.sql = sql

    @property
    def plain(self) -> Connection:
        """The same transaction past the mapper, which costs as much as a short query: for what every question asks."""
        return self.sql.connection()


class WriteSession(ReadSession):
    """A transaction that may write: all of it happens, or none. Whatever takes a `ReadSession` takes this too."""

    __slots__ = ()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.sql.get_bind().dialect.name


def open_engine(
    url: str, *, lock_timeout_seconds: float = 30.0, pool_size: int = 10, audit_keys: AuditKeys | None = None
) -> Engine:
    """An engine on `url`. SQLite gets WAL, foreign keys and `BEGIN IMMEDIATE` for writes; its folder is made if missing.

    `audit_keys` are those of the audit's chain, for all that is done by this engine.

    Raises `CatalogUnavailable` when `url` is no URL of SQLite or PostgreSQL, or the folder cannot be made. A server is not
    contacted here.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CatalogUnavailable(f"CATALOG_URL is not a database URL. {_REMEDY}") from None
    backend = parsed.get_backend_name()
    if backend not in ("postgresql", "sqlite"):
        raise CatalogUnavailable(f"CATALOG_URL names a {backend} database. {_REMEDY}")
    opener = _open_postgresql if backend == "postgresql" else _open_sqlite
    engine = opener(parsed, lock_timeout_seconds, pool_size)
    if audit_keys is not None:
        engine.update_execution_options(**{KEYS: audit_keys})
    return engine


_REMEDY = "Write `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`."


def _open_postgresql(url: URL, lock_timeout_seconds: float, pool_size: int) -> Engine:
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} -c lock_timeout={round(lock_timeout_seconds * 1000)}"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": max(2, round(lock_timeout_seconds)), "options": options.strip()},
    )


def _open_sqlite(url: URL, lock_timeout_seconds: float, pool_size: int) -> Engine:
    pool: dict[str, Any] = {}
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))
        pool = {"pool_size": pool_size, "max_overflow": pool_size}
    connect_args = {"timeout": lock_timeout_seconds, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect_args, hide_parameters=True, **pool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin on its own: see `_begin`
        _write_ahead(connection, lock_timeout_seconds)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        write = connection.get_execution_options().get(WRITE, False)
        driver = (
            connection.connection.dbapi_connection
        )  # four times a question: each layer between costs as much as the statement
        driver.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")
        driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, patience_seconds: float) -> None:
    """Switch to the write-ahead log. Alone of all statements this one does not wait for another that does the same just now."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _make_private(file: Path) -> None:
    """A database file that only its owner reads (SQLite gives its WAL the same mode), in a folder that is private if new."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with suppress(PermissionError):  # a file of another owner that we may write keeps the mode that he gave it
            file.chmod(0o600)
    except OSError as error:
        raise CatalogUnavailable(
            f"The catalog's file {file} cannot be opened ({error.strerror}). Choose a writable folder with PORTCULLIS_HOME."
        ) from error


@contextmanager
def transaction(engine: Engine) -> Iterator[WriteSession]:
    """A write transaction: committed when the block ends, rolled back when it raises. Raises `CatalogUnavailable`."""
    with _session(engine.execution_options(**{WRITE: True})) as session:
        yield WriteSession(session)
        append_noted(session)
        session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[ReadSession]:
    """A read transaction, one snapshot for all of its queries; the database refuses writes in it. Raises `CatalogUnavailable`."""
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _session(engine.execution_options(**options)) as session:
        yield ReadSession(session)


@contextmanager
def _session(engine: Engine) -> Iterator[Session]:
    with available(engine), Session(engine, expire_on_commit=False, autoflush=True) as session:
        yield session


@contextmanager
def available(engine: Engine) -> Iterator[None]:
    """What a database says when it is locked, full or out of reach becomes `CatalogUnavailable`; our own faults stay."""
    try:
        yield
    except (DBAPIError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not _unusable(error, cause, writes=bool(engine.get_execution_options().get(WRITE))):
            raise
        raise CatalogUnavailable(_cannot_be_used(engine, str(cause).partition("\n")[0])) from error
    except PoolTimeout as error:
        raise CatalogUnavailable(_cannot_be_used(engine, "all of its connections are in use")) from error


def _unusable(error: Exception, cause: BaseException | None, *, writes: bool) -> bool:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    if code == sqlite3.SQLITE_READONLY:
        return writes  # in a read transaction it is our own `query_only` that speaks
    return code & _BASE_CODE in _UNUSABLE


def _cannot_be_used(engine: Engine, why: str) -> str:
    where = engine.url.set(query={}).render_as_string(hide_password=True)
    return f"The catalog at {where} cannot be used now ({why}). Check that it is reachable and not locked, then try again."
