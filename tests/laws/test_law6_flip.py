"""Law 6. Wherever a run dies, exactly one version of each document is served, and the next run finishes the job."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from catalog.collections import live_collection
from catalog.ids import DEFAULT_TENANT, DocumentId, DocumentKey
from catalog.ledger import known_points
from catalog.session import reading
from catalog.tenants import find_tenant
from catalog.text import document_chunks
from index.calls import IndexCalls
from index.memory import MemoryIndex
from index.model import Embedder
from ingest.pipeline import run
from ingest.report import Report
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from privacy.redactor import Redactor

OLD = {
    "kept.md": "# Kept\n\nThis page stays as it is.\n",
    "edited.md": "# Edited\n\nThe first paragraph stays.\n\n## Notice\n\nThe notice period is four weeks.\n",
    "gone.md": "# Gone\n\nThis page leaves the source.\n",
    "closed.md": "# Closed\n\nThis page is closed to most people later.\n",
}
NEW = {
    "kept.md": OLD["kept.md"],
    "edited.md": "# Edited\n\nThe first paragraph stays.\n\n## Notice\n\nThe notice period is six weeks.\n",
    "closed.md": OLD["closed.md"],
    "added.md": "# Added\n\nThis page is new. The notice period is six weeks.\n",
}
CALLS = 16
"""That change the index, in the run that dies."""
MUTATING = ("ensure", "upsert", "set_label", "delete", "flush")


class Died(BaseException):
    """Stands for SIGKILL: nothing catches it on purpose."""


class Mortal:
    """Index calls that die before or after the nth one that changes anything."""

    def __init__(self, index: IndexCalls, at: int, *, after: bool) -> None:
        self._index, self._at, self._after = index, at, after
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._index, name)
        if name not in MUTATING:
            return call

        def dying(*args: Any) -> Any:
            self.calls += 1
            if self.calls == self._at and not self._after:
                raise Died
            result = call(*args)
            if self.calls == self._at:
                raise Died
            return result

        return dying


def write_folder(folder: Path, files: dict[str, str], access: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_text(content)
    (folder / "access.yaml").write_text(access)
    return folder


def served(catalog: Engine) -> dict[str, str]:
    """File name to the text that is served of it, straight from the catalog; the notice period stands for the version."""
    with reading(catalog) as read:
        tenant = find_tenant(read, DEFAULT_TENANT)
        rows = read.sql.execute(text("SELECT id, name FROM documents WHERE current_version_id IS NOT NULL")).all()
        return {
            r.name.removeprefix("pages/"): "".join(c.text for c in document_chunks(read, DocumentKey(tenant, DocumentId(r.id))))
            for r in rows
        }


def labels(catalog: Engine) -> dict[str, int]:
    with reading(catalog) as read:
        rows = read.sql.execute(text("SELECT name, label FROM documents WHERE current_version_id IS NOT NULL"))
        return {r.name.removeprefix("pages/"): r.label for r in rows}


def assert_index_is_what_the_catalog_says(catalog: Engine, index: IndexCalls) -> None:
    with reading(catalog) as read:
        tenant, collection = find_tenant(read, DEFAULT_TENANT), live_collection(read)
        shelves = {shelf: known_points(read, tenant, shelf) for shelf in collection.shelves}
        assert read.sql.execute(text("SELECT count(*) FROM documents WHERE label != indexed_label")).scalar_one() == 0
    for shelf, known in shelves.items():
        assert all(point.served and point.state == "live" for point in known.values())
        points = {p.chunk_id: (p.document_id, p.label) for p in index.scan(shelf.name, tenant)}
        assert points == {id_: (point.document_id, point.label) for id_, point in known.items()}


@pytest.fixture
def ingest(catalog: Engine, embedder: Embedder, redactor: Redactor) -> Callable[[Path, IndexCalls], Report]:
    def ingest(folder: Path, index: IndexCalls) -> Report:
        tools = Tools(catalog, index, embedder, redactor, IngestSettings(batch_documents=2))
        return run(tools, Request(DEFAULT_TENANT, str(folder), source="pages"), uuid4())

    return ingest


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_a_run_that_dies_at_any_index_call_is_finished_by_the_next(
    at: int, after: bool, tmp_path: Path, catalog: Engine, ingest: Callable[[Path, IndexCalls], Report]
) -> None:
    index = MemoryIndex()
    folder = write_folder(tmp_path / "pages", OLD, "allow: [everyone]\n")
    ingest(folder, index)
    before, open_to = served(catalog), labels(catalog)
    assert before.keys() == OLD.keys()
    write_folder(folder, NEW, "allow: ['group:few']\n")
    mortal = Mortal(index, at, after=after)
    with contextlib.suppress(Died):
        ingest(folder, mortal)  # type: ignore[arg-type]

    between = served(catalog)
    assert between["kept.md"] == before["kept.md"]
    assert ("four weeks" in between["edited.md"]) != ("six weeks" in between["edited.md"])
    assert between.get("gone.md") in (before["gone.md"], None)
    narrowed = labels(catalog)
    assert all(narrowed[name] != open_to[name] for name in ("kept.md", "edited.md", "closed.md")), (
        "a revocation waits for no index"
    )

    ingest(folder, index)
    assert served(catalog).keys() == NEW.keys()
    assert "six weeks" in served(catalog)["edited.md"]
    assert_index_is_what_the_catalog_says(catalog, index)


def test_the_runs_above_die_at_every_call_there_is(
    tmp_path: Path, catalog: Engine, ingest: Callable[[Path, IndexCalls], Report]
) -> None:
    index = MemoryIndex()
    folder = write_folder(tmp_path / "pages", OLD, "allow: [everyone]\n")
    ingest(folder, index)
    write_folder(folder, NEW, "allow: ['group:few']\n")
    mortal = Mortal(index, CALLS + 1, after=False)
    ingest(folder, mortal)  # type: ignore[arg-type]
    assert mortal.calls == CALLS


def test_a_second_run_embeds_and_changes_nothing(
    tmp_path: Path, catalog: Engine, ingest: Callable[[Path, IndexCalls], Report]
) -> None:
    index = MemoryIndex()
    folder = write_folder(tmp_path / "pages", OLD, "allow: [everyone]\n")
    first, again = ingest(folder, index), ingest(folder, index)
    assert first.documents["indexed"] == len(OLD)
    assert again.documents["unchanged"] == len(OLD)
    assert (again.chunks.embedded, again.chunks.deleted) == (0, 0)
    assert_index_is_what_the_catalog_says(catalog, index)
