"""The embedded engine as a process: one owner, no unfiltered request, and neither side's death loses an acknowledged write."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index import frames
from index.edge import EdgeIndex
from index.errors import BadVector, EngineInUse, EngineMismatch, IndexUnavailable
from index.frames import receive, send
from index.launch import stop_engine
from index.rendezvous import ADDRESS, locked, socket_path
from tests.contracts.index_engines import WIDTH, chunk, unit

pytestmark = pytest.mark.slow

NAME = "chunks"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "index"
    yield folder
    stop_engine(folder)


@pytest.fixture
def calls(data: Path) -> Iterator[EdgeIndex]:
    opened = EdgeIndex(data, idle_seconds=60, timeout_seconds=20)
    opened.ensure(NAME, WIDTH)
    yield opened
    opened.close()


def engine_pid(data: Path) -> int:
    pid: int = json.loads((data / ADDRESS).read_text())["pid"]
    return pid


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while alive(pid):
        assert time.monotonic() < deadline, "the engine is still there"
        time.sleep(0.02)


def run_engine(data: Path, *, patience_seconds: float = 5, code: str | None = None) -> subprocess.Popen[bytes]:
    """An engine that the test itself started, as a supervisor would."""
    what = ["-m", "index.engine"] if code is None else ["-c", code]
    command = [sys.executable, *what, "--data", str(data), "--idle-seconds", "60", "--patience-seconds", str(patience_seconds)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def finish(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=15)
    return process.returncode


def ask(sock: socket.socket, **message: Any) -> frames.Message:
    send(sock, message)
    return receive(sock, 10)


def test_a_second_owner_is_refused(calls: EdgeIndex, data: Path) -> None:
    second = run_engine(data)
    line = first_line(second)
    assert (line["ok"], line["code"]) == (False, EngineInUse.code)
    assert finish(second) == 1
    assert calls.count(NAME) == 0


def test_racing_starters_start_one_engine(data: Path) -> None:
    clients = [EdgeIndex(data, idle_seconds=60) for _ in range(6)]
    faults: list[BaseException] = []

    def begin(client: EdgeIndex) -> None:
        try:
            client.ensure(NAME, WIDTH)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=begin, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (data / "engine.log").read_text().count("listening") == 1
    for client in clients:
        client.close()


def test_an_engine_that_a_supervisor_starts_at_the_same_moment_serves_too(data: Path) -> None:
    other = run_engine(data)
    calls = EdgeIndex(data)
    calls.ensure(NAME, WIDTH)
    assert calls.count(NAME) == 0
    calls.close()
    mine = first_line(other)
    assert mine["ok"] == (engine_pid(data) == other.pid)
    stop_engine(data)
    assert finish(other) == (0 if mine["ok"] else 1)


def test_an_idle_engine_leaves_and_the_next_call_starts_another(data: Path) -> None:
    calls = EdgeIndex(data, idle_seconds=0.3)
    calls.ensure(NAME, WIDTH)
    calls.upsert(NAME, [chunk(1)])
    first = engine_pid(data)
    wait_until_gone(first)
    assert not Path(json.loads((data / ADDRESS).read_text())["socket"]).exists()
    assert calls.count(NAME) == 1
    assert engine_pid(data) != first
    calls.close()


def test_telling_it_to_stop_is_obeyed_at_once(calls: EdgeIndex, data: Path) -> None:
    calls.upsert(NAME, [chunk(1)])
    pid = engine_pid(data)
    assert stop_engine(data)
    wait_until_gone(pid, 2)
    assert not stop_engine(data)
    assert calls.count(NAME) == 1


def test_sigterm_flushes_and_leaves_in_order(data: Path) -> None:
    engine = run_engine(data)
    assert first_line(engine)["ok"]
    calls = EdgeIndex(data)
    calls.ensure(NAME, WIDTH)
    calls.upsert(NAME, [chunk(1)])
    engine.send_signal(signal.SIGTERM)
    assert finish(engine) == 0
    assert calls.count(NAME) == 1
    calls.close()


def test_killing_the_engine_loses_no_acknowledged_write(calls: EdgeIndex, data: Path) -> None:
    """The engine is killed three times while a writer keeps writing; what was acknowledged is there, and nothing raised."""
    acknowledged: list[int] = []
    faults: list[BaseException] = []
    done = threading.Event()

    def write() -> None:
        try:
            while not done.is_set():
                start = len(acknowledged)
                calls.upsert(NAME, [chunk(n) for n in range(start + 1, start + 21)])
                acknowledged.extend(range(start + 1, start + 21))
        except BaseException as fault:
            faults.append(fault)

    writer = threading.Thread(target=write)
    writer.start()
    killed = set()
    for _ in range(3):
        time.sleep(0.3)
        pid = engine_pid(data)
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
        wait_until_gone(pid)
        deadline = time.monotonic() + 10
        while engine_pid(data) == pid and time.monotonic() < deadline:
            time.sleep(0.05)
    done.set()
    writer.join()
    assert faults == []
    assert len(killed) == 3
    assert len(acknowledged) > 20
    assert {p.chunk_id.int for p in calls.scan(NAME, chunk(1).tenant_id)} >= set(acknowledged)
    assert calls.count(NAME) == len(acknowledged)


def test_a_stale_socket_and_address_are_cleared_away(data: Path, calls: EdgeIndex) -> None:
    calls.upsert(NAME, [chunk(1)])
    pid = engine_pid(data)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert Path(json.loads((data / ADDRESS).read_text())["socket"]).exists()
    fresh = EdgeIndex(data)
    assert fresh.count(NAME) == 1
    fresh.close()


CLIENT = """
import os, sys
from pathlib import Path
from index.edge import EdgeIndex
from tests.contracts.index_engines import chunk, dense_query, scope, unit
calls, worker = EdgeIndex(Path(sys.argv[1])), int(sys.argv[2])
print("ready", flush=True)
for n in range(1, 41):
    calls.upsert("chunks", [chunk(worker * 1000 + n, label=worker)])
    hits = calls.search("chunks", dense_query(unit(1), limit=100), scope(worker))
    assert len(hits) == n and {hit.label for hit in hits} == {worker}, (n, hits)
"""


def test_two_processes_write_and_search_at_once(calls: EdgeIndex, data: Path) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", CLIENT, str(data), str(n)], cwd=ROOT, stdout=subprocess.DEVNULL) for n in (1, 2)
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    assert calls.count(NAME) == 80


def test_a_client_killed_in_the_middle_of_a_message_hurts_nobody(calls: EdgeIndex, data: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom index.launch import reach_engine\n"
        "sock = reach_engine(Path(sys.argv[1]), 60, 10)\nsock.sendall(b'\\x00\\x01\\x00\\x00half of a message')\n"
        "print('sent', flush=True)\ntime.sleep(60)"
    )
    client = subprocess.Popen([sys.executable, "-c", code, str(data)], cwd=ROOT, stdout=subprocess.PIPE)
    assert client.stdout is not None
    assert client.stdout.readline() == b"sent\n"
    calls.upsert(NAME, [chunk(1)])
    client.kill()
    client.communicate(timeout=10)
    assert calls.count(NAME) == 1


OTHER_VERSION = "import sys; from index import frames; frames.PROTOCOL = 0; from index.engine import main; sys.exit(main())"


def test_an_idle_engine_of_another_version_is_replaced(data: Path) -> None:
    other = run_engine(data, code=OTHER_VERSION)
    assert first_line(other)["ok"]
    calls = EdgeIndex(data)
    calls.ensure(NAME, WIDTH)
    assert finish(other) == 0
    assert engine_pid(data) != other.pid
    calls.close()


def test_an_engine_of_another_version_that_is_needed_stays(data: Path) -> None:
    other = run_engine(data, code=OTHER_VERSION)
    assert first_line(other)["ok"]
    with socket.socket(socket.AF_UNIX) as user:
        user.connect(json.loads((data / ADDRESS).read_text())["socket"])
        assert ask(user, op="hello", protocol=0)["ok"]
        assert ask(user, op="ensure", collection=NAME, dimensions=WIDTH)["ok"]
        calls = EdgeIndex(data)
        with pytest.raises(EngineMismatch, match="protocol 0"):
            calls.count(NAME)
        assert ask(user, op="count", collection=NAME)["count"] == 0
    calls.close()
    stop_engine(data)
    assert finish(other) == 0


def test_another_runtime_folder_finds_the_same_engine(
    calls: EdgeIndex, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    other = EdgeIndex(data)
    other.upsert(NAME, [chunk(1)])
    assert calls.count(NAME) == 1
    other.close()


def test_a_runtime_folder_too_long_or_not_private_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    assert not socket_path(tmp_path).is_relative_to(long)
    shared, link = tmp_path / "s", tmp_path / "l"
    for folder in (shared, link):
        folder.mkdir()
    (shared / f"portcullis-{os.geteuid()}").mkdir(mode=0o755)
    (link / f"portcullis-{os.geteuid()}").symlink_to(tmp_path)
    for folder in (shared, link):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        assert not socket_path(tmp_path).is_relative_to(folder)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable, match="PORTCULLIS_HOME"):
        EdgeIndex(tmp_path / "file" / "index").count(NAME)
    data = tmp_path / "index"
    data.mkdir()
    (data / ADDRESS).mkdir()
    (data / f"{ADDRESS}.new").mkdir()
    with pytest.raises(IndexUnavailable, match=r"engine\.log"):
        EdgeIndex(data).count(NAME)


def test_a_lock_held_by_a_silent_process_is_named(tmp_path: Path) -> None:
    with locked(tmp_path / "engine.lock", 0) as mine:
        assert mine
        other = run_engine(tmp_path, patience_seconds=0.1)
        line = first_line(other)
        assert (line["code"], finish(other)) == (EngineInUse.code, 1)
        assert str(tmp_path) in line["message"]


def test_a_closed_client_says_so_and_a_fork_gets_its_own_connections(data: Path) -> None:
    calls = EdgeIndex(data)
    calls.ensure(NAME, WIDTH)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            calls.upsert(NAME, [chunk(1)])
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert calls.count(NAME) == 1
    calls.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        calls.count(NAME)


def test_an_engine_that_hangs_is_unavailable_and_then_serves_again(calls: EdgeIndex, data: Path) -> None:
    hurried = EdgeIndex(data, timeout_seconds=0.5)
    pid = engine_pid(data)
    os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            with pytest.raises(IndexUnavailable, match="does not answer"):
                hurried.count(NAME)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert calls.count(NAME) == 0
    hurried.close()


def test_no_vector_of_a_refused_call_is_written(calls: EdgeIndex) -> None:
    points = [chunk(n) for n in range(1, 400)] + [chunk(400, dense=unit(1) * 3)]
    with pytest.raises(BadVector):
        calls.upsert(NAME, points)
    assert calls.count(NAME) == 0
