from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import DocumentId, VersionId
from catalog.runs import FileState
from ingest.documents import Access, FileEntry
from ingest.plan import batches, brake_tripped, listed_roots, members_of, plan, same_content


def entry(path: str, document: str | None = None, size: int = 10, mark: str = "m", line: str = "l") -> FileEntry:
    return FileEntry(
        path=path,
        size_bytes=size,
        changed_mark=mark,
        modified_at=datetime(2024, 1, 1, tzinfo=UTC),
        dated=False,
        document=document or path,
        version_label="",
        title=None,
        supersedes=(),
        access=Access(),
        metadata={},
        line_hash=line,
    )


def state(path: str, **changes: object) -> FileState:
    known = FileState(path, DocumentId(1), VersionId(1), 10, "m", "hash", "l", "f", None, None)
    return replace(known, **changes)  # type: ignore[arg-type]


def test_an_unchanged_file_is_left_alone() -> None:
    todo = plan([entry("a")], {"a": state("a")}, "f", complete=True)
    assert [e.path for e in todo.skip] == ["a"]
    assert todo.open == ()


@pytest.mark.parametrize(
    "changes", [{"size_bytes": 11}, {"changed_mark": "n"}, {"line_hash": "k"}, {"fingerprint": "g"}], ids=lambda c: next(iter(c))
)
def test_any_change_that_can_matter_opens_the_file(changes: dict[str, object]) -> None:
    todo = plan([entry("a")], {"a": state("a", **changes)}, "f", complete=True)
    assert [e.path for e in todo.open] == ["a"]


def test_full_opens_everything_and_retry_what_it_names() -> None:
    entries, known = [entry("a"), entry("b")], {"a": state("a"), "b": state("b")}
    assert len(plan(entries, known, "f", complete=True, full=True).open) == 2
    assert [e.path for e in plan(entries, known, "f", complete=True, retry=frozenset({"b"})).open] == ["b"]


def test_nothing_is_gone_unless_the_listing_was_complete() -> None:
    known = {"a": state("a"), "b": state("b")}
    assert plan([entry("a")], known, "f", complete=True).gone == ("b",)
    assert plan([entry("a")], known, "f", complete=False).gone == ()


def test_a_touched_file_with_the_same_bytes_is_the_same() -> None:
    assert same_content(entry("a", mark="n"), "hash", state("a"), "f")
    assert not same_content(entry("a"), "other", state("a"), "f")
    assert not same_content(entry("a"), "hash", state("a", reason="corrupt"), "f")
    assert not same_content(entry("a"), "hash", None, "f")


@pytest.mark.parametrize(("gone", "served", "tripped"), [(19, 20, False), (20, 100, False), (20, 60, True), (31, 100, True)])
def test_the_brake_needs_both_a_share_and_a_number(gone: int, served: int, tripped: bool) -> None:
    assert brake_tripped(gone, served) is tripped


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 50)), max_size=40), st.integers(1, 4), st.integers(1, 100))
def test_batches_keep_every_file_and_part_no_document(files: list[tuple[int, int]], documents: int, size: int) -> None:
    entries = sorted(
        (entry(f"{n}", f"d{document}", size=length) for n, (document, length) in enumerate(files)), key=lambda e: e.document
    )
    groups = batches(entries, documents, size)
    assert [e for group in groups for e in group] == entries
    assert all(len({e.document for e in group}) <= documents for group in groups)
    owners = [e.document for group in groups for e in {e.document: e for e in group}.values()]
    assert len(owners) == len(set(owners))


def test_what_lies_inside_a_file_stands_and_falls_with_it() -> None:
    known = {"a": state("a"), "a!/x": state("a!/x", parent="a"), "b!/y": state("b!/y", parent="b")}
    todo = plan([entry("a")], known, "f", complete=True)
    assert ([e.path for e in todo.skip], todo.gone) == (["a"], ("b!/y",))
    assert listed_roots(["a!/x", "new"], known) == {"a", "new"}
    assert {path: [s.path for s in inside] for path, inside in members_of(known).items()} == {"a": ["a!/x"], "b": ["b!/y"]}
    assert [e.path for e in plan([entry("a!/x")], known, "f", complete=True).open] == ["a!/x"], "a file took a member's name"


@pytest.mark.parametrize(
    ("reason", "password", "passwords", "opened"),
    [
        ("encrypted", None, False, False),
        ("encrypted", "p", False, True),
        ("encrypted", None, True, True),
        ("engine_missing", None, False, True),
        ("corrupt", "p", True, False),
        (None, "p", True, False),
    ],
)
def test_a_quarantined_file_is_opened_when_something_else_may_have_mended_it(
    reason: str | None, password: str | None, passwords: bool, opened: bool
) -> None:
    listed = replace(entry("a"), password=password)
    assert bool(plan([listed], {"a": state("a", reason=reason)}, "f", complete=True, passwords=passwords).open) is opened
