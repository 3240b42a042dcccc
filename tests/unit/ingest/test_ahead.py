"""Reading ahead changes when files are read, and nothing else."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ahead import Ahead, Lead
from ingest.documents import FileEntry
from ingest.worker import READER, Limits, Worker
from tests.unit.ingest.documents import source


def entries(sizes: list[int]) -> list[FileEntry]:
    return [source(b"x" * size, f"{n}.txt").entry for n, size in enumerate(sizes)]


def nothing() -> None:
    pass


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 3), st.integers(1, 5), st.integers(1, 20))
def test_every_file_is_read_once_in_bounded_advance(sizes: list[int], workers: int, files: int, size_bytes: int) -> None:
    listed, begun, taken = entries(sizes), [], 0
    gate = threading.Lock()

    def read(_worker: Worker, entry: FileEntry) -> str:
        with gate:
            begun.append(entry.path)
            assert len(begun) - taken <= files + 1
        return entry.path

    ahead = Ahead(Limits(), READER, workers, listed, Lead(files, size_bytes))
    try:
        for entry in listed:
            assert ahead.take(entry, read, nothing) == entry.path
            taken += 1
        assert sorted(begun) == sorted(e.path for e in listed)
        assert ahead.take(listed[0], read, nothing) == listed[0].path
    finally:
        ahead.close()


def test_files_are_read_while_the_caller_does_other_things() -> None:
    listed, done = entries([1, 1, 1]), threading.Event()

    def read(_worker: Worker, entry: FileEntry) -> str:
        if entry is listed[2]:
            done.set()
        return entry.path

    ahead = Ahead(Limits(), READER, 1, listed, Lead(2, 100))
    try:
        ahead.take(listed[0], read, nothing)
        assert done.wait(5)
    finally:
        ahead.close()


def test_what_reading_raises_is_raised_where_it_is_taken() -> None:
    listed = entries([1, 1])

    def read(_worker: Worker, entry: FileEntry) -> str:
        if entry is listed[1]:
            raise TimeoutError("the share does not answer")
        return entry.path

    ahead = Ahead(Limits(), READER, 1, listed, Lead(2, 100))
    try:
        assert ahead.take(listed[0], read, nothing) == "0.txt"
        with pytest.raises(TimeoutError, match="share"):
            ahead.take(listed[1], read, nothing)
    finally:
        ahead.close()


def test_closing_ends_what_is_being_read() -> None:
    from ingest.parse.engine import Options
    from tests.unit.ingest.hostile import READER as HOSTILE

    listed = entries([1, 1])
    pids: list[int | None] = []

    def read(worker: Worker, entry: FileEntry) -> str:
        worker.read("a.txt", b"Words.", Options())
        pids.append(worker.pid)
        if entry is listed[1]:
            worker.read("a.txt", b"HANG", Options())
        return entry.path

    ahead = Ahead(Limits(60), HOSTILE, 1, listed, Lead(2, 100))
    ahead.take(listed[0], read, nothing)
    time.sleep(0.3)
    began = time.monotonic()
    ahead.close()
    assert time.monotonic() - began < 30
