"""Deleted rows leave the database's files too."""

from __future__ import annotations

import time
from contextlib import closing

from sqlalchemy import Engine, text

from catalog.erase import erasable_tables
from catalog.errors import CatalogUnavailable
from catalog.session import available

PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.2


def compact(engine: Engine, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Rewrite what had rows deleted, so that no freed page and no log of ours holds them. Raises `CatalogUnavailable`.

    SQLite: the whole file, and the write-ahead log emptied, for which readers that began earlier must end. PostgreSQL: every
    table that documents have rows in, each locked while it is rewritten; its own WAL and your backups are yours to let go.
    """
    with available(engine):
        if engine.dialect.name == "sqlite":
            _compact_sqlite(engine, patience_seconds)
        else:
            _compact_postgresql(engine)


def _compact_sqlite(engine: Engine, patience_seconds: float) -> None:
    """VACUUM writes the new pages into the write-ahead log; the old ones are overwritten and cut off by the checkpoint."""
    with closing(engine.raw_connection()) as pooled:
        connection = pooled.driver_connection
        assert connection is not None
        connection.execute("PRAGMA query_only=OFF")
        connection.execute("VACUUM")
        until = time.monotonic() + patience_seconds
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                raise CatalogUnavailable(
                    "Another program has been reading the catalog for so long that old pages cannot leave its file. End it, "
                    "then `portcullis forget --again` finishes what was begun."
                )
            time.sleep(_PAUSE_SECONDS)


def _compact_postgresql(engine: Engine) -> None:
    """VACUUM FULL: a plain one frees rows and leaves their bytes in the pages."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for table in erasable_tables():
            connection.execute(text(f"VACUUM (FULL, ANALYZE) {table.name}"))
