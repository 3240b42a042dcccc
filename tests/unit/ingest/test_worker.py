"""A hang, a crash or a bomb costs one document. The run, its memory and the process table do not notice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import channel
from ingest.documents import Element, Member, PageQuality
from ingest.errors import Quarantine, WorkerUnavailable
from ingest.parse.engine import Options
from ingest.read import ReadDocument, read
from ingest.worker import Limits, Worker
from tests.unit.ingest.hostile import READER

ROOT = Path(__file__).resolve().parents[3]
LIMITS = Limits(seconds=1.0, memory_bytes=400_000_000)
PATIENT = Limits(seconds=60.0, memory_bytes=400_000_000)
"""On a loaded machine 400 MB are not filled within a second."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    worker = Worker(LIMITS, READER)
    yield worker
    worker.close()


@pytest.fixture
def worker(shared: Worker) -> Iterator[Worker]:
    yield shared
    assert shared.read("a.md", b"# Well\n\nThe next document is read.", Options()).elements, "the next document paid for this one"


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether the process ends, zombie included, within that time."""
    until = time.monotonic() + seconds
    while psutil.pid_exists(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_a_worker_reads_what_reading_here_gives(worker: Worker) -> None:
    data = "# Über uns\n\nEin Satz.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n".encode()
    assert worker.read("a.md", data, Options()) == read("a.md", data, Options())


def test_one_process_serves_many_documents(worker: Worker) -> None:
    worker.read("a.txt", b"One.", Options())
    pid = worker.pid
    assert pid is not None
    for _ in range(20):
        worker.read("a.txt", b"Another one.", Options())
    with pytest.raises(Quarantine, match="empty"):
        worker.read("a.txt", b"", Options())
    assert worker.pid == pid


@pytest.mark.parametrize(
    ("words", "reason", "told"),
    [
        ("HANG", "timeout", "INGEST_MAX_SECONDS"),
        ("HANG-NATIVE", "timeout", "INGEST_MAX_SECONDS"),
        ("SEGV", "corrupt", "SIGSEGV"),
        ("ABORT", "corrupt", "SIGABRT"),
        ("EXIT", "corrupt", "status 7"),
        ("CLAIM", "out_of_memory", "memory"),
        ("RECURSE", "corrupt", "nested"),
        ("BABBLE", "corrupt", "answer"),
    ],
)
def test_what_a_document_does_to_its_parser_costs_it_alone(words: str, reason: str, told: str, worker: Worker) -> None:
    worker.read("a.txt", b"The process is there before.", Options())
    pid, began = worker.pid, time.monotonic()
    assert pid is not None
    with pytest.raises(Quarantine) as bad:
        worker.read("a.txt", words.encode(), Options())
    assert bad.value.reason == reason
    assert told in bad.value.detail
    assert time.monotonic() - began < LIMITS.seconds + 30
    assert worker.pid == pid or gone(pid), "a zombie or an orphan stays"


def test_a_long_document_may_take_its_time_as_long_as_it_gets_on(worker: Worker) -> None:
    began = time.monotonic()
    assert worker.read("a.txt", b"SLOW 6", Options()).elements
    assert time.monotonic() - began > LIMITS.seconds


def test_steps_without_an_end_are_ended() -> None:
    hurried = Worker(Limits(seconds=1.0, document_seconds=1.5), READER)
    try:
        with pytest.raises(Quarantine, match="INGEST_MAX_DOCUMENT_SECONDS") as bad:
            hurried.read("a.txt", b"SLOW 100", Options())
    finally:
        hurried.close()
    assert bad.value.reason == "timeout"


def test_what_a_parser_started_dies_with_it(worker: Worker) -> None:
    worker.read("a.txt", b"The process is there before.", Options())
    before = psutil.Process(worker.pid)
    found: list[psutil.Process] = []
    watcher = threading.Timer(0.5, lambda: found.extend(before.children()))
    watcher.start()
    with pytest.raises(Quarantine, match="timeout"):
        worker.read("a.txt", b"CHILD", Options())
    assert len(found) == 1
    assert gone(found[0].pid)


@pytest.mark.parametrize("words", [b"SWELL", b"SWELL-CHILD"])
def test_what_swells_is_stopped_and_what_it_started_counts(words: bytes) -> None:
    worker = Worker(PATIENT, READER)
    try:
        worker.read("a.txt", b"The process is there before.", Options())
        pid = worker.pid
        assert pid is not None
        with pytest.raises(Quarantine, match="INGEST_MAX_MEMORY_BYTES") as bad:
            worker.read("a.txt", words, Options())
        assert bad.value.reason == "out_of_memory"
        assert gone(pid), "a zombie or an orphan stays"
    finally:
        worker.close()


def test_a_worker_that_somebody_kills_gets_a_second_try(worker: Worker, tmp_path: Path) -> None:
    marker = tmp_path / "died"
    assert worker.read("a.txt", f"DIE-ONCE {marker}".encode(), Options()).elements
    assert gone(int(marker.read_text()))


def test_kill_9_in_the_middle_of_a_file(worker: Worker) -> None:
    killed: list[int] = []

    def kill() -> None:
        for _ in range(2):
            until = time.monotonic() + 5
            while (worker.pid is None or worker.pid in killed) and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(0.2)
            assert worker.pid is not None
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    worker.read("a.txt", b"The process is there before.", Options())
    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(Quarantine) as bad:
        worker.read("a.txt", b"HANG", Options())
    killer.join()
    assert bad.value.reason in ("out_of_memory", "timeout")
    assert all(gone(pid) for pid in killed)


def test_a_worker_sees_no_secret_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CATALOG_URL", "PRIVACY_KEY", "AWS_SECRET_ACCESS_KEY", "INGEST_PASSWORDS", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, "x")
    worker = Worker(LIMITS, READER)
    try:
        told = worker.read("a.txt", b"TELL", Options()).elements[0].text.split("\n")
        folder = Path(psutil.Process(worker.pid).cwd())
        assert not [name for name in told if name.startswith(("CATALOG", "PRIVACY", "AWS", "INGEST", "PREFECT"))]
        assert folder.is_dir()
        assert psutil.Process(worker.pid).cmdline()[1:4] == ["-P", "-m", "ingest.worker_process"]
    finally:
        worker.close()
    assert not folder.exists()


def test_a_worker_opens_no_connection(worker: Worker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Quarantine, match="corrupt"):
        worker.read("a.txt", f"CALL {server.getsockname()[1]}".encode(), Options())


def test_a_closed_worker_reads_nothing_more() -> None:
    worker = Worker(LIMITS, READER)
    worker.close()
    with pytest.raises(WorkerUnavailable):
        worker.read("a.txt", b"Late.", Options())


def test_a_worker_that_cannot_start_says_so() -> None:
    worker = Worker(LIMITS, "tests.unit.ingest.nowhere:read")
    with pytest.raises(WorkerUnavailable, match="ModuleNotFoundError"):
        worker.read("a.txt", b"Words.", Options())
    assert worker.pid is None


PARENT = """
import sys, threading, time
from ingest.parse.engine import Options
from ingest.worker import Limits, Worker
from tests.unit.ingest.hostile import READER
worker = Worker(Limits(60, 400_000_000), READER)
worker.read("a.txt", b"Words.", Options())
print(worker.pid, flush=True)
worker.read("a.txt", sys.argv[1].encode(), Options())
"""


@pytest.mark.parametrize("words", ["HANG-NATIVE", "HANG"])
def test_a_worker_dies_with_its_parent(words: str) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, words], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    assert gone(pid), "an orphan stays"


texts = st.text(st.characters(codec=None), max_size=50)
documents = st.builds(
    ReadDocument,
    media_type=st.just("text/plain"),
    title=st.none() | texts,
    elements=st.lists(
        st.builds(
            Element,
            st.sampled_from(["title", "heading", "paragraph", "list_item", "table", "code"]),
            texts,
            st.integers(0, 9),
            st.none() | st.integers(1, 9999),
            st.none() | st.floats(0, 1),
        ),
        max_size=5,
    ).map(tuple),
    repairs=st.dictionaries(st.sampled_from(["hyphen", "ligature"]), st.integers(1, 99)),
    pages=st.lists(
        st.builds(PageQuality, st.integers(1, 99), st.floats(0, 1), st.sampled_from(["ocr", "text_layer"])), max_size=3
    ).map(tuple),
    members=st.lists(st.builds(Member, texts, st.binary(max_size=20)), max_size=3).map(tuple),
)


def body(frame: bytes) -> bytes:
    return frame[channel.LENGTH.size :]


@given(documents)
def test_a_document_comes_through_the_channel_as_it_was(document: ReadDocument) -> None:
    first = channel.unpack(body(channel.pack(channel.pack_document(document))))
    members = tuple(channel.unpack_member(channel.unpack(body(channel.pack(channel.pack_member(m))))) for m in document.members)
    assert first["members"] == len(document.members)
    assert channel.unpack_document(first, members) == document


@given(st.binary(max_size=80))
def test_noise_on_the_channel_is_refused(noise: bytes) -> None:
    refuse_or: Callable[[], object] = lambda: channel.unpack_document(channel.unpack(noise), ())  # noqa: E731
    with pytest.raises((channel.BadMessage, Quarantine)):
        refuse_or()
