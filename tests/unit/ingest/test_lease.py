from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from ingest.lease import is_dead, owner_name


def test_this_process_is_alive() -> None:
    assert not is_dead(owner_name("run"))


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from ingest.lease import owner_name; print(owner_name('run'))"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert is_dead(child.stdout.strip())


def test_a_killed_process_that_nobody_waited_for_is_dead() -> None:
    """In a container without an init it stays in the table for as long as its parent lives."""
    line = "import sys; from ingest.lease import owner_name; print(owner_name('run'), flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    assert not is_dead(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still there
    assert is_dead(owner)
    child.communicate()


def test_another_process_under_the_same_number_is_not_the_holder() -> None:
    host, pid, _, run = owner_name("run").split("|")
    assert is_dead(f"{host}|{pid}|1.00|{run}")


def test_of_another_host_nothing_is_known() -> None:
    assert not is_dead(f"not-{socket.gethostname()}|1|1.00|run")
