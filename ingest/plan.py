"""What a run has to do, decided from what was listed and what is known, before anything is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from catalog.runs import FileState
from ingest.documents import FileEntry

T = TypeVar("T")

BRAKE_SHARE = 0.30
BRAKE_FLOOR = 20


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """`skip`: unchanged since the last run. `open`: the rest, all files of a document side by side. `gone`: paths that left."""

    skip: tuple[FileEntry, ...]
    open: tuple[FileEntry, ...]
    gone: tuple[str, ...]


def plan(
    entries: Sequence[FileEntry],
    known: Mapping[str, FileState],
    readings: Collection[str],
    *,
    complete: bool,
    full: bool = False,
    retry: frozenset[str] = frozenset(),
    passwords: bool = False,
) -> IndexPlan:
    """Split a listing. Nothing counts as gone unless the listing was `complete`; `full` opens everything, `retry` these paths.

    `readings`: the fingerprints of files that need not be read again. `passwords`: whether there are any besides the entries'
    own, so that an encrypted file may open now. A file inside another stands and falls with its container: it is never opened by
    itself, and is gone when the container is.
    """
    skip: list[FileEntry] = []
    open_: list[FileEntry] = []
    for entry in sorted(entries, key=lambda e: (e.document, e.path)):
        state = known.get(entry.path)
        untouched = state is not None and _untouched(entry, state, readings) and not _may_open_now(entry, state, passwords)
        (skip if untouched and not full and entry.path not in retry else open_).append(entry)
    listed = {entry.path for entry in entries}
    gone = tuple(sorted(path for path, state in known.items() if (state.parent or path) not in listed)) if complete else ()
    return IndexPlan(tuple(skip), tuple(open_), gone)


def listed_roots(paths: Iterable[str], known: Mapping[str, FileState]) -> frozenset[str]:
    """The files of the source behind `paths`: a file inside another is read with its container."""
    return frozenset(known[path].parent or path if path in known else path for path in paths)


def members_of(known: Mapping[str, FileState]) -> dict[str, list[FileState]]:
    """The files inside files, by the source's file that they came in; sorted by path."""
    found: dict[str, list[FileState]] = {}
    for state in sorted(known.values(), key=lambda s: s.path):
        if state.parent is not None:
            found.setdefault(state.parent, []).append(state)
    return found


def same_content(entry: FileEntry, content_hash: str, state: FileState | None, readings: Collection[str]) -> bool:
    """Whether a file that was opened turns out to be what is indexed already: touched, moved in time, but equal."""
    return (
        state is not None
        and state.reason is None
        and state.content_hash == content_hash
        and state.line_hash == entry.line_hash
        and state.fingerprint in readings
    )


def brake_tripped(gone: int, served: int) -> bool:
    """Whether so many documents would disappear that a person should say yes: over 30 % and at least 20."""
    return gone >= BRAKE_FLOOR and gone > BRAKE_SHARE * served


def batches(entries: Iterable[FileEntry], documents: int, size_bytes: int) -> tuple[tuple[FileEntry, ...], ...]:
    """Entries in groups of about `documents` documents and `size_bytes` bytes; a document's files are never parted."""
    groups: list[tuple[FileEntry, ...]] = []
    group: list[FileEntry] = []
    names: set[str] = set()
    total = 0
    for entry in entries:
        if group and entry.document not in names and (len(names) >= documents or total >= size_bytes):
            groups.append(tuple(group))
            group, names, total = [], set(), 0
        group.append(entry)
        names.add(entry.document)
        total += entry.size_bytes
    return (*groups, tuple(group)) if group else tuple(groups)


def batched(documents: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Documents in groups of at most `size`."""
    return (documents[start : start + size] for start in range(0, len(documents), size))


def _may_open_now(entry: FileEntry, state: FileState, passwords: bool) -> bool:
    """Whether a quarantined file may be well now although nobody touched it: a password came, the missing program, a verdict."""
    if state.reason == "encrypted":
        return passwords or entry.password is not None
    return state.reason in ("engine_missing", "conflict")


def _untouched(entry: FileEntry, state: FileState, readings: Collection[str]) -> bool:
    return (
        state.parent is None
        and state.size_bytes == entry.size_bytes
        and state.changed_mark == entry.changed_mark
        and state.line_hash == entry.line_hash
        and state.fingerprint in readings
    )
