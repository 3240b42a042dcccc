"""`portcullis ingest` and `search`: real files through a real Prefect flow, the real model and engine, in real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.server import find_server
from tests.flows.conftest import Portcullis, Prefect

pytestmark = pytest.mark.slow

QUESTION = "How many days of vacation does an employee have?"
SECRET = "gladiolus"  # a word of a document that no log, parameter or artifact may hold


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "handbook"
    root.mkdir()
    (root / "access.yaml").write_text("allow: ['group:leads']\n")
    (root / "vacation.md").write_text(f"# Vacation\n\nEvery employee has thirty days of vacation a year, says the {SECRET}.\n")
    (root / "pay.md").write_text("# Pay\n\nThe salary is paid on the last day of the month.\n")
    (root / "empty.md").write_text("")
    return root


@pytest.fixture
def people(portcullis: Portcullis, tenant: str) -> str:
    """The tenant, with ana in the group that reads and ben outside it."""
    snapshot = {"sequence": 1, "users": [{"id": "ana"}, {"id": "ben"}], "groups": [{"id": "leads", "members": ["user:ana"]}]}
    assert portcullis("groups", "apply", "-", "--tenant", tenant, stdin=json.dumps(snapshot)).returncode == 0
    return tenant


def test_a_folder_becomes_findable_by_those_who_may_read_it(
    portcullis: Portcullis, people: str, folder: Path, home: Path
) -> None:
    words = ("ingest", str(folder), "--tenant", people, "--json")
    first = portcullis(*words)
    assert first.returncode == 3, first.stderr
    assert first.stderr == "", "somebody below us talks to the person at the terminal"
    report = json.loads(first.stdout)
    assert report["documents"]["indexed"] == 2
    assert [f["reason"] for f in report["files"] if f["status"] == "quarantined"] == ["empty"]
    assert report["chunks"]["embedded"] >= 2

    again = json.loads(portcullis(*words).stdout)
    assert again["documents"]["unchanged"] == 2
    assert again["chunks"] == {"embedded": 0, "reused": 0, "deleted": 0}

    ask = ("search", QUESTION, "--tenant", people, "--json")
    found = portcullis(*ask, "--as", "ana")
    assert found.stderr == ""
    assert json.loads(found.stdout)["results"][0]["document_id"] == "handbook/vacation.md"
    assert json.loads(portcullis(*ask, "--as", "user:ben").stdout)["results"] == []
    assert SECRET in portcullis("search", QUESTION, "--tenant", people, "--as", "ana").stdout

    _prefect_knows_counts_and_no_texts(home, people, report["run_id"])


def _prefect_knows_counts_and_no_texts(home: Path, tenant: str, run_id: str) -> None:
    server = find_server(home)
    assert server is not None
    prefect = Prefect(server)
    run = next(run for run in prefect.runs_of(tenant) if run["id"] == run_id)
    assert run["state_type"] == "COMPLETED"
    tasks = prefect.ask("task_runs", flow_runs={"id": {"any_": [run_id]}})
    assert [task["name"] for task in tasks] == ["batch-0"]
    artifacts = [a for a in prefect.ask("artifacts") if a["flow_run_id"] == run_id]
    assert {"what": "documents indexed", "count": 2} in json.loads(artifacts[0]["data"])
    assert "`empty.md`: empty" in artifacts[0]["description"]
    assert stored_values(home) <= {b"unsaid"}, "results are stored"
    assert _files_with(home, SECRET) == [], "Prefect holds a document's text"


def stored_values(home: Path) -> set[bytes]:
    """What Prefect's storage holds, of all runs so far."""
    return {file.read_bytes() for file in (home / "prefect" / "storage").rglob("*") if file.is_file()}


def test_what_cannot_be_ingested_fails_clearly_here_and_in_prefect(
    portcullis: Portcullis, tenant: str, tmp_path: Path, home: Path
) -> None:
    done = portcullis("ingest", str(tmp_path / "nowhere"), "--tenant", tenant, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "source_missing"
    assert done.stderr.startswith("error[source_missing]: ")
    assert done.stderr.count("\n") == 1

    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.jsonl").write_text('{"path": 7}\n')
    broken = portcullis("ingest", str(tmp_path / "broken"), "--tenant", tenant)
    assert broken.returncode == 1
    assert broken.stderr.startswith("error[bad_manifest]: ")
    assert broken.stdout == ""

    server = find_server(home)
    assert server is not None
    ended = [run["state"] for run in Prefect(server).runs_of(tenant) if run["parameters"].get("path")]
    assert [state["type"] for state in ended] == ["FAILED", "FAILED"]
    assert "SourceMissing" in ended[0]["message"]
    assert stored_values(home) == {b"unsaid"}, "Prefect stores what a flow raises, and what that says no erasure would find"


def test_a_password_in_a_url_never_reaches_prefect(portcullis: Portcullis, home: Path) -> None:
    done = portcullis("ingest", "sftp://ana:hunter2hunter2@127.0.0.1/docs")
    assert done.returncode == 1
    assert done.stderr.startswith("error[secret_in_url]: ")
    assert _files_with(home, "hunter2hunter2") == []


def _files_with(home: Path, word: str) -> list[str]:
    """The files of Prefect's home (database, log) that hold this word."""
    return [file.name for file in (home / "prefect").rglob("*") if file.is_file() and word.encode() in file.read_bytes()]


def test_an_unknown_person_and_an_empty_question_are_told(portcullis: Portcullis, people: str) -> None:
    for words, code in (((QUESTION, "--as", "eve"), "unknown_person"), ((" ", "--as", "ana"), "empty_question")):
        done = portcullis("search", *words, "--tenant", people, "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["error"]["code"] == code


def test_two_runs_at_once_share_the_server(portcullis: Portcullis, tenant: str, folder: Path, tmp_path: Path) -> None:
    second = tmp_path / "manual"
    second.mkdir()
    (second / "a.md").write_text("# Manual\n\nPress the green button to start the machine.\n")
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda path: portcullis("ingest", str(path), "--tenant", tenant, "--json"), (folder, second)))
    assert [done.returncode for done in ran] == [3, 0], [done.stderr for done in ran]


def test_ctrl_c_is_one_line_gives_the_lease_back_and_the_next_run_finishes(
    portcullis: Portcullis, tenant: str, tmp_path: Path, environment: dict[str, str], home: Path
) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for n in range(400):
        (root / f"{n}.md").write_text(f"# Page {n}\n\n" + " ".join(f"word{n}x{m}" for m in range(400)))
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "ingest", str(root), "--tenant", tenant],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    server = find_server(home)
    assert server is not None
    with process:  # its pipes are closed, whatever happens
        try:
            until = time.monotonic() + 120
            while not _has_begun_a_batch(Prefect(server), tenant):
                assert time.monotonic() < until
                assert process.poll() is None, process.communicate()
                time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=180)
        finally:
            process.kill()  # nothing to one that has ended
    assert process.returncode == 130
    assert (out, err.strip()) == ("", "interrupted")

    for n in range(8, 400):
        (root / f"{n}.md").unlink()
    done = portcullis("ingest", str(root), "--tenant", tenant, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    documents = json.loads(done.stdout)["documents"]
    assert documents["indexed"] + documents["unchanged"] == 8


def _has_begun_a_batch(prefect: Prefect, tenant: str) -> bool:
    runs = [run["id"] for run in prefect.runs_of(tenant) if run["parameters"].get("path")]
    return bool(runs) and bool(prefect.ask("task_runs", flow_runs={"id": {"any_": runs}}))


def test_the_progress_bar_is_for_terminals(tenant: str, folder: Path, environment: dict[str, str]) -> None:
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "ingest", str(folder), "--tenant", tenant, "--json"],
        env=environment | {"TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed: Linux's way of saying end of file
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    json.loads(out)
    assert b"ingesting" in shown
    assert b"3/3" in shown or b"files" in shown
