"""What is past its time is erased as if it were forgotten; what is newer may come, and what is not due is not touched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from catalog.ids import DEFAULT_TENANT
from catalog.session import reading
from catalog.tables import Base
from index.memory import MemoryIndex
from index.model import Embedder
from ingest import verify
from ingest.again import outstanding
from ingest.erasure import Eraser
from ingest.errors import BrakeTripped
from ingest.expire import Expiry, expire
from ingest.pipeline import run
from ingest.receipts import Journal
from ingest.report import Report
from ingest.retention import parse_rules
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from ingest.stores import CatalogStore, FileStore, IndexStore
from privacy.redactor import Redactor

SHARED = "The office is open from nine to five."
NOW = datetime.now(UTC)


class Stand:
    """Files of a manifest, each of an age in days; several of one document are its versions."""

    def __init__(self, home: Path, catalog: Engine, embedder: Embedder, redactor: Redactor) -> None:
        self.home, self.folder = home, home / "pages"
        self.folder.mkdir()
        self.index = MemoryIndex()
        self.tools = Tools(catalog, self.index, embedder, redactor, IngestSettings(chunk_tokens=32))
        stores = [IndexStore(catalog, self.index), CatalogStore(catalog), FileStore(catalog, home)]
        self.eraser = Eraser(catalog, stores, Journal(home / "erasures"))

    def lay(self, *files: tuple[str, str, int]) -> Report:
        """(file, document, age) each; ingested."""
        lines = []
        for name, document, age in files:
            word = f"canary{name.removesuffix('.md')}"
            (self.folder / name).write_text(f"# {document}\n\nThe word of {name} is {word}.\n\n## Office\n\n{SHARED}\n")
            at = (NOW - timedelta(days=age)).isoformat()
            lines.append({"path": name, "document": document, "modified_at": at, "allow": ["everyone"], "metadata": {"n": age}})
        (self.folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
        return run(self.tools, Request(DEFAULT_TENANT, str(self.folder), source="pages"), uuid4())

    def expire(self, rules: str, *, yes: bool = False, dry_run: bool = False) -> Expiry:
        parsed = parse_rules(rules.encode(), "rules")
        return expire(self.eraser, DEFAULT_TENANT, parsed, "expire", yes=yes, dry_run=dry_run)

    def words(self) -> set[str]:
        with reading(self.tools.catalog) as read:
            tables = [table.name for table in Base.metadata.sorted_tables]
            said = "\n".join(repr(row) for t in tables for row in read.sql.execute(text(f"SELECT * FROM {t}")).all())
        return {word for word in ("canaryold", "canarymid", "canarynew", "canaryother", "canarylatest") if word in said}

    def agrees(self) -> bool:
        return not any(verify.run(self.tools, DEFAULT_TENANT, "check", repair=False)[0].values())


@pytest.fixture
def stand(tmp_path: Path, catalog: Engine, embedder: Embedder, redactor: Redactor) -> Stand:
    return Stand(tmp_path, catalog, embedder, redactor)


FILES = (("old.md", "a", 400), ("mid.md", "a", 300), ("new.md", "a", 20), ("other.md", "b", 200))


def test_earlier_versions_go_and_the_served_one_stays(stand: Stand) -> None:
    stand.lay(*FILES)
    assert stand.expire("[{versions_days: 30}]", dry_run=True).as_json()["versions"] == 1
    assert stand.words() == {"canaryold", "canarymid", "canarynew", "canaryother"}
    points = stand.index.count("history-" + next(iter(stand.index._collections)).partition("-")[2])
    done = stand.expire("[{versions_days: 30}]")
    assert (done.clean, [r.reason for r in done.receipts]) == (True, ["expired"])
    assert stand.words() == {"canarymid", "canarynew", "canaryother"}
    assert stand.index.count("history-" + next(iter(stand.index._collections)).partition("-")[2]) == points - 1
    assert stand.agrees()
    assert outstanding(stand.eraser, DEFAULT_TENANT) == []
    assert stand.expire("[{versions_days: 30}]").due == ()

    report = stand.lay(*FILES)
    assert {f.path: f.status for f in report.files} == {
        "old.md": "quarantined", "mid.md": "unchanged", "new.md": "unchanged", "other.md": "unchanged"
    }  # fmt: skip
    report = stand.lay(*FILES, ("latest.md", "a", 1))
    assert {f.path: f.status for f in report.files}["latest.md"] == "indexed"
    assert stand.words() == {"canarymid", "canarynew", "canaryother", "canarylatest"}
    assert stand.agrees()


def test_a_document_goes_whole_and_a_newer_version_of_it_may_come(stand: Stand) -> None:
    stand.lay(*FILES)
    done = stand.expire("[{documents_days: 100, metadata: {n: [200, 20]}}]")
    assert [(one.document.name, one.whole) for one in done.due] == [("b", True)]
    assert done.clean
    assert stand.words() == {"canaryold", "canarymid", "canarynew"}
    assert stand.agrees()
    report = stand.lay(*FILES, ("latest.md", "b", 5))
    assert {f.path: (f.status, f.reason) for f in report.files} == {
        "old.md": ("unchanged", None), "mid.md": ("unchanged", None), "new.md": ("unchanged", None),
        "other.md": ("quarantined", "forgotten"), "latest.md": ("indexed", None),
    }  # fmt: skip
    assert "canaryother" not in stand.words()
    assert outstanding(stand.eraser, DEFAULT_TENANT) == []


def test_nothing_is_due_where_no_rule_says_so(stand: Stand) -> None:
    stand.lay(*FILES)
    for where in ("sources: [elsewhere]", "metadata: {missing: x}"):
        assert stand.expire(f"[{{{where}, documents_days: 1, versions_days: 1}}]").due == ()
    assert not (stand.home / "erasures").exists()


def test_too_much_at_once_needs_a_yes(stand: Stand) -> None:
    stand.lay(*(("other.md" if n == 0 else f"{n}.md", f"doc-{n}", 300) for n in range(25)))
    with pytest.raises(BrakeTripped, match="25 of 25"):
        stand.expire("[{documents_days: 100}]")
    assert "canaryother" in stand.words()
    done = stand.expire("[{documents_days: 100}]", yes=True)
    assert (len(done.due), len(done.receipts), done.clean) == (25, 1, True)
    assert stand.words() == set()
    assert stand.agrees()
