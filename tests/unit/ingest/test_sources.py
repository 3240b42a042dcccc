"""What a folder, a file or a URL holds: everything is listed, or named with the reason why not."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ingest.errors import Quarantine, SourceMissing, SourceUnreadable
from ingest.sources import open_source


def paths(root: Path | str) -> list[str]:
    return [file.path for file in open_source(str(root)).list().files]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    (root / "sub" / ".hidden").mkdir(parents=True)
    for name in (
        "b.md",
        "a b.md",
        "sub/\u00fcber.txt",
        "sub/two\nlines.txt",
        ".dot",
        "sub/.hidden/x.md",
        "manifest.jsonl",
        "access.yaml",
    ):
        (root / name).write_text(name)
    (root / "sub" / "access.yaml").write_text("allow: []")
    return root


def test_a_folder_lists_its_documents_and_its_access_files(folder: Path) -> None:
    opened = open_source(str(folder))
    listing = opened.list()
    assert [f.path for f in listing.files] == ["a b.md", "b.md", "sub/two\nlines.txt", "sub/\u00fcber.txt"]
    assert listing.access_files == ("access.yaml", "sub/access.yaml")
    assert listing.complete
    assert (opened.root, opened.default_name) == (str(folder.resolve()), "corpus")
    assert all(f.modified_at.tzinfo is UTC for f in listing.files)
    assert opened.read("sub/two\nlines.txt", 100) == b"sub/two\nlines.txt"


def test_a_change_moves_the_mark_even_when_its_time_is_put_back(folder: Path) -> None:
    opened = open_source(str(folder))
    before = opened.list().files[1]
    status = (folder / "b.md").stat()
    (folder / "b.md").write_text("C.md")
    os.utime(folder / "b.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    after = opened.list().files[1]
    assert (before.path, before.size_bytes) == (after.path, after.size_bytes)
    assert before.changed_mark != after.changed_mark


def test_links_are_followed_to_files_inside_and_nowhere_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (folder / "inside.md").symlink_to(folder / "b.md")
    (folder / "outside.md").symlink_to(tmp_path / "secret.md")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    opened = open_source(str(folder))
    listing = opened.list()
    assert "inside.md" in [f.path for f in listing.files]
    assert {n.path: "out of" in n.why for n in listing.left_out} == {
        "outside.md": True,
        "up": True,
        "loop": False,
        "nowhere.md": False,
    }
    by_link, by_name = ("outside.md", "up/secret.md"), ("../secret.md", "/etc/passwd", "sub/../../secret.md")
    for path in (*by_link, *by_name):
        with pytest.raises(Quarantine) as refused:
            opened.read(path, 100)
        assert refused.value.reason == ("unreadable" if path in by_link else "missing")


def test_names_that_no_catalog_holds_are_named(folder: Path) -> None:
    with open(os.fsencode(folder) + b"/bad\xff.md", "wb") as file:  # noqa: PTH123  no Path spells this name
        file.write(b"x")
    os.mkfifo(folder / "pipe.md")
    listing = open_source(str(folder)).list()
    assert {n.path for n in listing.left_out} == {"bad\\udcff.md", "pipe.md"}
    for item in listing.left_out:
        item.path.encode("utf-8")
    with pytest.raises(Quarantine):
        open_source(str(folder)).read("pipe.md", 10)


def test_reading_ends_in_a_named_reason(folder: Path) -> None:
    opened = open_source(str(folder))
    for path, limit, reason in (
        ("gone.md", 10, "missing"),
        ("b.md/x", 10, "missing"),
        ("sub", 10, "missing"),
        ("b.md", 3, "too_large"),
    ):
        with pytest.raises(Quarantine) as refused:
            opened.read(path, limit)
        assert refused.value.reason == reason
    assert opened.read("b.md", 4) == b"b.md"


def test_one_file_is_a_source_of_one_file(folder: Path) -> None:
    opened = open_source(str(folder / "b.md"))
    listing = opened.list()
    assert [f.path for f in listing.files] == ["b.md"]
    assert listing.access_files == ("access.yaml",)
    assert opened.default_name == "b.md"
    assert opened.read("b.md", 10) == b"b.md"


def test_nothing_there_and_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        open_source(str(tmp_path / "gone"))
    with pytest.raises(SourceMissing):
        open_source("memory://nothing/there")
    with pytest.raises(SourceUnreadable):
        open_source("carrier-pigeon://coop/1")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceUnreadable):
        open_source(str(tmp_path / "pipe"))


def test_a_file_url_is_the_folder(folder: Path) -> None:
    assert open_source(folder.as_uri()).root == str(folder.resolve())


def test_memory_and_zip(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for name in ("/bucket/a.md", "/bucket/sub/b.md", "/bucket/.x/c.md", "/bucket/access.yaml"):
        memory.pipe(name, name.encode())
    opened = open_source("memory://bucket")
    listing = opened.list()
    assert [f.path for f in listing.files] == ["a.md", "sub/b.md"]
    assert listing.access_files == ("access.yaml",)
    assert opened.default_name == "bucket"
    assert opened.read("sub/b.md", 100) == b"/bucket/sub/b.md"
    with pytest.raises(Quarantine, match="too_large"):
        opened.read("sub/b.md", 3)
    with pytest.raises(Quarantine, match="missing"):
        opened.read("gone.md", 3)
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        archive.writestr("docs/a.md", "alpha")
    zipped = open_source(f"zip://docs::{tmp_path / 'corpus.zip'}")
    assert [f.path for f in zipped.list().files] == ["a.md"]
    assert zipped.read("a.md", 100) == b"alpha"


class Guarded(MemoryFileSystem):  # type: ignore[misc]
    """Memory in which one folder and one file refuse."""

    protocol = ("guarded",)
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("guarded://", "memory://")))

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> Any:
        if path.rstrip("/").endswith("locked"):
            raise PermissionError(path)
        return super().ls(path, detail=detail)

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        if path.endswith("private.md"):
            raise PermissionError(path)
        return super()._open(path, *args, **kwargs)


def test_what_refuses_is_recorded_so_that_nothing_there_is_retired() -> None:
    fsspec.register_implementation("guarded", Guarded, clobber=True)
    memory = fsspec.filesystem("memory")
    for name in ("/vault/a.md", "/vault/locked/b.md", "/vault/private.md"):
        memory.pipe(name, b"x")
    opened = open_source("guarded://vault")
    listing = opened.list()
    assert [f.path for f in listing.files] == ["a.md", "private.md"]
    assert [(n.path, n.is_folder) for n in listing.unreadable] == [("locked", True)]
    assert not listing.complete
    with pytest.raises(Quarantine, match="unreadable"):
        opened.read("private.md", 10)
    with pytest.raises(SourceUnreadable):
        open_source("guarded://vault/locked").list()


def test_secrets_stay_out_of_the_root() -> None:
    from ingest.remote_files import without_secrets

    assert without_secrets("s3://key:secret@bucket/a/?token=1#x") == "s3://bucket/a"
    assert without_secrets("zip://docs::https://u:p@host/a.zip?sig=1") == "zip://docs::https://host/a.zip"
