"""The local Prefect server: one for each home whoever starts it, shut to strangers, gone when idle. Real processes."""

from __future__ import annotations

import http.client
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.environment import SILENCE, prepare
from flows.server import _alive, find_server, open_server, read_state, stop_server, use_server, wait_until_ready
from flows.server_process import Watched

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stop_server(tmp_path)


def _open_in_another_process(home: Path) -> dict[str, object]:
    program = (
        "import sys, json, dataclasses; from pathlib import Path; from flows.server import open_server\n"
        "print(json.dumps(dataclasses.asdict(open_server(Path(sys.argv[1]), 30.0))))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_processes_that_race_share_one_server_and_it_outlives_them(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(_open_in_another_process, [home] * 4))
    assert len({json.dumps(o, sort_keys=True) for o in opened}) == 1

    server = find_server(home)
    assert server is not None
    assert server.pid == opened[0]["pid"]
    assert stat.S_IMODE((home / "prefect" / "server.json").stat().st_mode) == 0o600
    assert _status(server.port, {}) == 401, "a user of this machine without the secret can start flows as us"

    assert stop_server(home)
    assert not _alive(server.pid)
    assert find_server(home) is None
    assert not stop_server(home), "stopping twice stops nothing"
    log = (home / "prefect" / "server.log").read_text()
    assert "Traceback" not in log, log


def test_it_ends_when_nobody_asks_and_the_next_use_starts_another(home: Path, prefect_database: Callable[[Path], None]) -> None:
    prefect_database(home)
    first = open_server(home, idle_seconds=2.0)
    wait_until_ready(first, home)
    until = time.monotonic() + 60
    while _alive(first.pid):
        assert time.monotonic() < until, "it stays although nobody uses it"
        time.sleep(0.2)
    assert read_state(home) is None

    second = open_server(home, idle_seconds=30.0)
    assert second.pid != first.pid
    wait_until_ready(second, home)


def test_a_killed_server_is_replaced_and_its_stale_state_harms_nobody(
    home: Path, prefect_database: Callable[[Path], None]
) -> None:
    prefect_database(home)
    first = open_server(home, idle_seconds=30.0)
    wait_until_ready(first, home)
    subprocess.run(["kill", "-9", str(first.pid)], check=True)
    second = open_server(home, idle_seconds=30.0)
    assert second.pid != first.pid
    wait_until_ready(second, home)


def test_a_damaged_state_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    for content in ("", "{", "[]", '{"port": 1}', '{"port": "x", "pid": 1, "secret": ""}'):
        (tmp_path / "prefect" / "server.json").write_text(content)
        assert read_state(tmp_path) is None


def test_a_deployed_server_is_used_and_none_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example:4200/api")
    assert use_server(tmp_path, 1.0) is None
    assert not (tmp_path / "prefect").exists()


def test_what_the_operator_set_is_kept_and_the_rest_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SILENCE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("PREFECT_HOME", "/elsewhere")
    before = dict(os.environ)
    prepare(tmp_path)
    after = dict(os.environ)
    for name in after.keys() - before.keys():
        monkeypatch.delenv(name)
    assert after["HF_HUB_OFFLINE"] == "0"
    assert after["PREFECT_HOME"] == "/elsewhere"
    assert {n: after[n] for n in SILENCE if n != "HF_HUB_OFFLINE"} == {n: v for n, v in SILENCE.items() if n != "HF_HUB_OFFLINE"}


async def _quick(scope: object, receive: object, send: object) -> None:
    return None


def test_an_open_connection_is_no_idleness() -> None:
    watched = Watched(_quick)
    watched.last_used -= 100
    assert watched.idle_for() >= 100
    watched.in_use = 1
    assert watched.idle_for() == 0


def _status(port: int, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/api/flows/filter", body="{}", headers={"Content-Type": "application/json"} | headers)
    with connection.getresponse() as response:
        response.read()
    connection.close()
    return response.status
