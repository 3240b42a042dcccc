"""What lies inside a file follows it: its access, its changes, its end. One bad file never stops a run."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from catalog.ids import DEFAULT_TENANT
from catalog.runs import list_quarantine
from catalog.session import reading
from catalog.tenants import find_tenant
from index.calls import IndexCalls
from index.memory import MemoryIndex
from index.model import Embedder
from ingest.errors import REASONS
from ingest.pipeline import run
from ingest.report import FileOutcome, Report
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from privacy.redactor import Redactor
from tests.laws.test_law6_flip import Died, Mortal, assert_index_is_what_the_catalog_says, labels, served
from tests.unit.ingest.hostile import READER

Ingest = Callable[..., Report]


def packed(members: dict[str, str | bytes], comment: str = "") -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment.encode()
    return store.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "access.yaml").write_text("allow: [everyone]\n")
    (folder / "plain.md").write_text("# Plain\n\nA page that stands alone.\n")
    return folder


@pytest.fixture
def ingest(catalog: Engine, embedder: Embedder, redactor: Redactor, folder: Path) -> Ingest:
    index = MemoryIndex()

    def ingest(over: IndexCalls | None = None, retry: frozenset[str] = frozenset(), **settings: object) -> Report:
        limited = {"max_seconds": 2.0, "max_memory_bytes": 400_000_000} | settings
        tools = Tools(catalog, over or index, embedder, redactor, IngestSettings(**limited), READER)  # type: ignore[arg-type]
        return run(tools, Request(DEFAULT_TENANT, str(folder), source="pages", yes=True, retry=retry), uuid4())

    ingest.index = index  # type: ignore[attr-defined]
    return ingest


def by_path(report: Report) -> dict[str, FileOutcome]:
    return {file.path: file for file in report.files if file.path}


def test_members_become_documents_that_follow_their_container(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    inner = packed({"deep.md": "# Deep\n\nA page two levels down."})
    (folder / "mail.zip").write_bytes(
        packed({"a.md": "# A\n\nThe first page.", "b/c.zip": inner, "bad.txt": b"SEGV"}, "The body.")
    )
    report = ingest()
    ends = by_path(report)
    assert {path: end.status for path, end in ends.items() if end.parent} == {
        "mail.zip!/a.md": "indexed",
        "mail.zip!/b/c.zip": "indexed",
        "mail.zip!/b/c.zip!/deep.md": "indexed",
        "mail.zip!/bad.txt": "quarantined",
    }
    assert {end.parent for end in ends.values()} == {None, "mail.zip"}
    assert (report.documents["indexed"], report.documents["quarantined"]) == (2, 0)
    assert (report.children["indexed"], report.children["quarantined"]) == (3, 1)
    assert ends["mail.zip!/b/c.zip!/deep.md"].as_json()["parent"] == "mail.zip"
    assert "parent" not in ends["plain.md"].as_json()
    assert set(served(catalog)) == {"plain.md", "mail.zip", "mail.zip!/a.md", "mail.zip!/b/c.zip", "mail.zip!/b/c.zip!/deep.md"}
    assert "two levels down" in served(catalog)["mail.zip!/b/c.zip!/deep.md"]
    with reading(catalog) as read:
        assert [(f.path, f.reason) for f in list_quarantine(read, find_tenant(read, DEFAULT_TENANT))] == [
            ("mail.zip!/bad.txt", "corrupt")
        ]

    again = ingest()
    assert (again.documents["unchanged"], again.children["unchanged"], again.children["quarantined"]) == (2, 3, 1)
    assert (again.chunks.embedded, again.chunks.deleted) == (0, 0)
    (folder / "mail.zip").touch()
    touched = ingest()
    assert (touched.documents["unchanged"], touched.children["unchanged"], touched.chunks.embedded) == (2, 3, 0)
    retried = ingest(retry=frozenset({"mail.zip!/bad.txt"}))
    assert by_path(retried)["mail.zip!/bad.txt"].reason == "corrupt"
    assert retried.chunks.embedded == 0

    open_to = labels(catalog)
    (folder / "access.yaml").write_text("allow: ['group:few']\n")
    ingest()
    assert all(label != open_to[name] for name, label in labels(catalog).items())

    (folder / "mail.zip").write_bytes(packed({"a.md": "# A\n\nThe first page, edited.", "bad.txt": b"Well now."}, "The body."))
    changed = ingest()
    assert set(served(catalog)) == {"plain.md", "mail.zip", "mail.zip!/a.md", "mail.zip!/bad.txt"}
    assert changed.children["retired"] == 2
    assert changed.documents["retired"] == 0
    assert "edited" in served(catalog)["mail.zip!/a.md"]
    with reading(catalog) as read:
        assert list_quarantine(read, find_tenant(read, DEFAULT_TENANT)) == []

    (folder / "mail.zip").unlink()
    left = ingest()
    assert set(served(catalog)) == {"plain.md"}
    assert (left.documents["retired"], left.children["retired"]) == (1, 2)
    assert_index_is_what_the_catalog_says(catalog, ingest.index)  # type: ignore[attr-defined]


def test_names_that_a_container_gives_are_harmless(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        names = zipped_twice()
    (folder / "mail.zip").write_bytes(names)
    (folder / "mail.zip!").mkdir()
    (folder / "mail.zip!" / "x.md").write_text("# Own\n\nA file that only looks like a member.\n")
    report = ingest()
    inside = {path for path, end in by_path(report).items() if end.parent}
    assert inside == {
        "mail.zip!/etc/passwd.md", "mail.zip!/same.md", "mail.zip!/same (2).md", "mail.zip!/x (2).md", "mail.zip!/unnamed",
        next(path for path in inside if "EMAIL" in path),
    }  # fmt: skip
    assert report.children["quarantined"] == 0
    assert "only looks" in served(catalog)["mail.zip!/x.md"]
    with reading(catalog) as read:
        for table in ("files", "documents", "versions"):
            rows = read.sql.execute(text(f"SELECT * FROM {table}")).all()
            assert "maria@example.org" not in repr(rows), table


def zipped_twice() -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w") as archive:
        for number, name in enumerate(("../../etc/passwd.md", "same.md", "same.md", "x.md", "..", "maria@example.org.md")):
            archive.writestr(name, f"# Page {number}\n\nIts words are its own, number {number}.\n")
    return store.getvalue()


def droste(depth: int) -> bytes:
    data = packed({"end.txt": "The end."})
    for _ in range(depth):
        data = packed({"again.zip": data})
    return data


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (droste(3), {}),
        (packed({f"{n}.txt": "x" for n in range(11)}), {"max_members": 10}),
        (packed({"a.zip": packed({f"{n}.txt": "x" for n in range(6)}), "b.zip": packed({f"{n}.txt": "x" for n in range(6)})}),
         {"max_members": 10}),
        (packed({"a.txt": "x" * 600, "b.txt": "y" * 600}), {"max_unpacked_bytes": 1000}),
    ],
    ids=["depth", "members", "members in all", "bytes"],
)  # fmt: skip
def test_a_bomb_is_one_quarantined_file(
    data: bytes, settings: dict[str, object], catalog: Engine, folder: Path, ingest: Ingest
) -> None:
    (folder / "bomb.zip").write_bytes(data)
    report = ingest(**settings)
    assert by_path(report)["bomb.zip"].reason == "bomb"
    assert not [end for end in report.files if end.parent]
    assert set(served(catalog)) == {"plain.md"}
    assert by_path(ingest(**settings))["bomb.zip"].status == "quarantined"
    (folder / "bomb.zip").write_bytes(packed({"a.txt": "A file that is well."}))
    assert ingest(**settings).documents["quarantined"] == 0


def test_only_the_current_version_has_members(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    """What an earlier version held was for its readers, and is not served beside the current one."""
    old, new = packed({"kept.md": "Kept, old.", "gone.md": "Gone in the new."}), packed({"kept.md": "Kept, new."})
    (folder / "v1.zip").write_bytes(old)
    (folder / "v2.zip").write_bytes(new)
    lines = [
        {"path": "v1.zip", "document": "box", "modified_at": "2024-01-01T00:00:00Z"},
        {"path": "v2.zip", "document": "box", "modified_at": "2025-01-01T00:00:00Z"},
    ]
    manifest = folder / "manifest.jsonl"
    manifest.write_text(json.dumps(lines[0]))
    ingest()
    assert set(served(catalog)) == {"box", "box!/kept.md", "box!/gone.md"}
    manifest.write_text("\n".join(map(json.dumps, lines)))
    later = ingest()
    assert set(served(catalog)) == {"box", "box!/kept.md"}
    assert "new" in served(catalog)["box!/kept.md"]
    assert later.children["retired"] == 1
    assert ingest().documents["unchanged"] == 2
    assert set(served(catalog)) == {"box", "box!/kept.md"}


@pytest.mark.parametrize("at", [1, 3, 4, 6])
def test_a_run_that_dies_leaves_members_to_the_next(at: int, catalog: Engine, folder: Path, ingest: Ingest) -> None:
    index = ingest.index  # type: ignore[attr-defined]
    (folder / "mail.zip").write_bytes(packed({"a.md": "The first page.", "b.md": "The second page."}))
    ingest()
    (folder / "mail.zip").write_bytes(packed({"a.md": "The first page, edited.", "c.md": "A third page."}))
    with contextlib.suppress(Died):
        ingest(Mortal(index, at, after=False))
    assert served(catalog).keys() >= {"plain.md", "mail.zip"}
    ingest()
    assert set(served(catalog)) == {"plain.md", "mail.zip", "mail.zip!/a.md", "mail.zip!/c.md"}
    assert_index_is_what_the_catalog_says(catalog, index)


def test_every_hostile_file_ends_in_a_named_state(folder: Path, ingest: Ingest) -> None:
    words = {"HANG": "timeout", "SEGV": "corrupt", "SWELL": "out_of_memory", "CLAIM": "out_of_memory", "EXIT": "corrupt"}
    for name in words:
        (folder / f"{name}.txt").write_text(name)
    report = ingest(max_seconds=1.0, workers=2)
    ends = by_path(report)
    assert {name: ends[f"{name}.txt"].reason for name in words} == words
    assert all(end.reason in REASONS and end.detail for end in ends.values() if end.status == "quarantined")
    assert ends["plain.md"].status == "indexed"
    assert sum(report.documents.values()) == len(words) + 1
    for name in words:
        (folder / f"{name}.txt").write_text("It is well now.")
    assert ingest().documents["quarantined"] == 0
    for name in words:
        (folder / f"{name}.txt").unlink()
    assert ingest().documents["retired"] == len(words)


def test_pages_without_an_engine_are_named_and_read_when_it_comes(
    catalog: Engine, folder: Path, ingest: Ingest, tmp_path: Path
) -> None:
    (folder / "scan.pdf").write_text(f"SCAN {tmp_path / 'engine'}")
    for _ in range(2):
        told = by_path(ingest())["scan.pdf"]
        assert "engine is not here: page 2" in (told.warning or "")
        assert "Page 2" not in served(catalog)["scan.pdf"]
    (tmp_path / "engine").touch()
    assert by_path(ingest())["scan.pdf"].warning is None
    assert "Page 2 was read." in served(catalog)["scan.pdf"]
    assert ingest().documents["unchanged"] == 2


def test_doubtful_pages_are_told_of_and_hopeless_ones_left_out(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    (folder / "mixed.tif").write_text("PAGES 0.9 0.5 0.1")
    (folder / "bad.tif").write_text("PAGES 0.1 0.2")
    report = ingest()
    mixed, bad = by_path(report)["mixed.tif"], by_path(report)["bad.tif"]
    assert bad.reason == "low_confidence"
    assert mixed.status == "indexed"
    assert mixed.warning == "left out as unreadable: page 3 (0.10); read with doubt: page 2 (0.50)"
    assert mixed.as_json()["repairs"] == {"rejoined": 2}
    assert report.summary()["warned"] == 1
    assert "page 2" in served(catalog)["mixed.tif"]
    assert "page 3" not in served(catalog)["mixed.tif"]
    assert by_path(ingest(min_page_score=0.05))["bad.tif"].status == "indexed"


def test_a_password_opens_and_is_nowhere_kept(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    secret = uuid4().hex
    (folder / "locked.txt").write_text(f"PASSWORD {secret}")
    (folder / "manifest.jsonl").write_text(json.dumps({"path": "locked.txt"}))
    assert by_path(ingest())["locked.txt"].reason == "encrypted"
    assert by_path(ingest(passwords=("wrong",)))["locked.txt"].reason == "encrypted"
    (folder / "manifest.jsonl").write_text(json.dumps({"path": "locked.txt", "password": secret[:-1]}))
    assert by_path(ingest())["locked.txt"].reason == "encrypted"
    (folder / "manifest.jsonl").write_text(json.dumps({"path": "locked.txt", "password": secret}))
    report = ingest()
    assert by_path(report)["locked.txt"].status == "indexed"
    assert secret not in json.dumps(report.as_json())
    with reading(catalog) as read:
        rows = read.sql.execute(text("SELECT * FROM files")).all()
    assert secret not in repr(rows)
    (folder / "manifest.jsonl").write_text(json.dumps({"path": "locked.txt"}))
    assert ingest().documents["unchanged"] == 1


def test_a_file_that_is_given_another_document_leaves_the_old_one(catalog: Engine, folder: Path, ingest: Ingest) -> None:
    manifest = folder / "manifest.jsonl"
    for name in ("old", "new"):
        manifest.write_text(json.dumps({"path": "plain.md", "document": name}))
        report = ingest()
        assert set(served(catalog)) == {name}
    assert report.documents["retired"] == 1
