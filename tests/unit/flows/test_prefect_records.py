"""Names of erased documents are written over where they stand whole, not in longer names. (Prefect's own file: tests/flows.)"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from catalog.ids import DocumentId, SourceId, TenantId, VersionId
from catalog.traces import Traces
from flows.prefect_records import INSTEAD, PrefectStore

PATH = 'a/plan "ü".md'


def traces(names: Mapping[int, str], paths: frozenset[str], versions: tuple[int, ...] = (1,)) -> Traces:
    documents = {DocumentId(id_): name for id_, name in names.items()}
    places = frozenset(f"/docs/{path}" for path in paths)
    none: frozenset[str] = frozenset()
    return Traces(TenantId(1), SourceId(1), (), documents, tuple(map(VersionId, versions)), (), none, none, paths, places)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "prefect").mkdir()
    with closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as database:
        database.execute("CREATE TABLE artifact (id TEXT PRIMARY KEY, description TEXT, data JSON)")
        database.execute("CREATE TABLE deployment (id TEXT PRIMARY KEY, parameters JSON)")
    return tmp_path


def said(home: Path, *texts: str) -> list[str]:
    """These texts as descriptions of artifacts, after an erasure."""
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database, database:
        database.executemany("INSERT INTO artifact (description) VALUES (?)", [(text,) for text in texts])
        database.execute("INSERT INTO deployment (parameters) VALUES (?)", (json.dumps({"path": "/docs/b.md"}),))
    store = PrefectStore(home, elsewhere=False)
    gone = traces({1: "pages/b.md"}, frozenset({"b.md", PATH}))
    found = store.look(gone)[0]
    assert store.remove(gone, lambda _: None) == found
    assert store.compact() == ""
    assert store.look(gone) == (0, "")
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        assert json.loads(database.execute("SELECT parameters FROM deployment").fetchone()[0]) == {"path": "/docs/b.md"}
        return [row[0] for row in database.execute("SELECT description FROM artifact ORDER BY rowid")]


def test_what_stands_whole_is_written_over_and_longer_names_stay(home: Path) -> None:
    kept = ["- `ab.md`: empty", "- `x/b.md`: empty", "- `b.md.old`: empty", "- `b.md/c`: empty", "pages/bb.md", "nothing"]
    names = [
        "- `b.md`: empty",
        "pages/b.md",
        "/docs/b.md",
        "b.md",
        "b.md.",
        "`b.md!/inside.txt`: empty",
        json.dumps([PATH]),
        PATH,
    ]
    written = ["- `()`: empty", "()", "()", "()", "().", "`()`: empty", '["()"]', "()"]
    assert said(home, *kept, *names) == kept + [text.replace("()", INSTEAD) for text in written]


def test_bytes_go_too(home: Path) -> None:
    said(home, "`b.md` " + "x" * 5000)
    assert not any(b"`b.md`" in file.read_bytes() for file in (home / "prefect").iterdir())


def test_earlier_versions_alone_take_no_name_away(home: Path) -> None:
    store = PrefectStore(home, elsewhere=False)
    assert store.look(traces({}, frozenset({"b.md"}))) == (0, "")


def test_without_a_database_there_is_nothing_and_a_foreign_server_is_told_of(tmp_path: Path) -> None:
    store = PrefectStore(tmp_path, elsewhere=True)
    assert store.remove(traces({1: "a"}, frozenset()), lambda _: None) == 0
    assert store.look(traces({1: "a"}, frozenset())) == (0, "")
    assert "PREFECT_API_URL" in store.compact()
