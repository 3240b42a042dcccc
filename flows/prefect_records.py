"""What Prefect's database in the home says of documents: names and paths, in artifacts, parameters, events and messages.

It is written over in place, so that the history of runs stays. Straight in the SQLite file, whether its server runs or not: its
API has no way to change an event or a message, nor to vacuum, and SQLite's locks are made for several processes.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from catalog.traces import Traces
from flows.errors import RecordsBusy
from ingest.stores import Hold

PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.2
INSTEAD = "(forgotten)"
CONFIGURATION = ("alembic_version", "block_", "concurrency", "deployment", "flow", "saved_search", "variable", "work_")
"""What an operator set up stays as he did: these tables, and those that begin like one that ends in `_`."""


class PrefectStore:
    """Meets `ingest.stores.Store`. `elsewhere`: runs are recorded by a server that is not the home's own."""

    name = "prefect"

    def __init__(self, home: Path, *, elsewhere: bool) -> None:
        self._file = home / "prefect" / "prefect.db"
        self._elsewhere = elsewhere

    def remove(self, traces: Traces, hold: Hold) -> int:
        if not self._file.exists():
            return 0
        words = _Words(traces)
        changed = 0
        with closing(self._open()) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
                for table, column, row, text in list(_mentions(database, words)):
                    database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (words.without(text), row))  # noqa: S608
                    changed += 1
                database.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise RecordsBusy from error
        return changed

    def compact(self) -> str:
        if self._file.exists():
            with closing(self._open()) as database:
                try:
                    database.execute("VACUUM")
                    _truncate(database)
                except sqlite3.OperationalError as error:
                    raise RecordsBusy from error
        if self._elsewhere:
            return "the Prefect server of PREFECT_API_URL keeps its own records: artifacts of runs name quarantined files"
        return ""

    def look(self, traces: Traces) -> tuple[int, str]:
        if not self._file.exists():
            return 0, ""
        with closing(self._open()) as database:
            found = [table for table, _, _, _ in _mentions(database, _Words(traces))]
        return len(found), ", ".join(f"{table}: {found.count(table)}" for table in sorted(set(found)))

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, timeout=PATIENCE_SECONDS, isolation_level=None)
        database.execute("PRAGMA secure_delete=ON")
        return database


class _Words:
    """Names, paths and places of erased documents, as they stand in a text or in JSON, whole and no part of a longer path."""

    def __init__(self, traces: Traces) -> None:
        said = {*traces.names, *traces.documents.values(), *traces.paths, *traces.places}
        if traces.versions and not traces.documents:
            said = set()  # earlier versions alone: what is named stays
        forms = {form for name in said for form in (name, json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1])}
        self._forms = sorted(forms, key=len, reverse=True)
        any_of = "|".join(map(re.escape, self._forms)) or r"(?!)"
        self._pattern = re.compile(rf"(?<![\w./-])(?:{any_of})(?:!/[^\"`\\\n]*)?(?![\w/-]|\.\w)")

    def stand_in(self, text: str) -> bool:
        return any(form in text for form in self._forms) and self._pattern.search(text) is not None

    def without(self, text: str) -> str:
        return self._pattern.sub(INSTEAD, text)


def _mentions(database: sqlite3.Connection, words: _Words) -> Iterator[tuple[str, str, int, str]]:
    """Table, column, row and text of everything that mentions one of the words."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (table,) in tables:
        if any(table == name or (name.endswith("_") and table.startswith(name)) for name in CONFIGURATION):
            continue
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        for column in columns:
            said = database.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE typeof("{column}") = \'text\'')  # noqa: S608
            for row, text in said:
                if words.stand_in(text):
                    yield table, column, row, text


def _truncate(database: sqlite3.Connection) -> None:
    """The vacuumed pages over the old ones, and the log emptied: readers that began earlier must end. Raises `RecordsBusy`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until:
            raise RecordsBusy
        time.sleep(_PAUSE_SECONDS)
