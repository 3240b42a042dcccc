"""A schedule fires: the flows are served, Prefect's scheduler makes runs, and the runs do their work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.server import find_server
from tests.flows.conftest import Portcullis, Prefect

pytestmark = pytest.mark.slow

EVERY_TEN_SECONDS = "* * * * * */10"  # Prefect's cron takes seconds as a sixth field


@contextmanager
def served(environment: dict[str, str], log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.deploy", *words], env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(10)


def wait_for(what: Callable[[], bool], seconds: float, log: Path) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, log.read_text()[-4000:]
        time.sleep(1)


def test_a_schedule_fires_and_the_run_applies_the_snapshot(
    portcullis: Portcullis, tenant: str, tmp_path: Path, home: Path, environment: dict[str, str]
) -> None:
    snapshot = tmp_path / "people.json"
    snapshot.write_text(json.dumps({"sequence": 1, "users": [{"id": "ana"}], "groups": []}))
    log = tmp_path / "deploy.log"

    def applied() -> bool:
        shown = portcullis("groups", "diff", str(snapshot), "--tenant", tenant, "--json")
        return not any(json.loads(shown.stdout)["changes"].values())

    assert not applied()
    words = ("--groups", str(snapshot), "--groups-cron", EVERY_TEN_SECONDS, "--tenant", tenant)
    with served(environment, log, *words) as process:
        wait_for(applied, 120, log)
        assert process.poll() is None
    assert process.returncode is not None
    server = find_server(home)
    assert server is not None
    fired = [run for run in Prefect(server).runs_of(tenant) if run["state_type"] == "COMPLETED"]
    assert fired
    assert all(run["auto_scheduled"] for run in fired), "it ran, but not because it was due"


def test_a_schedule_fires_and_the_run_ingests(
    portcullis: Portcullis, tenant: str, tmp_path: Path, home: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.md").write_text("# News\n\nThe canteen opens at noon.\n")
    log = tmp_path / "deploy.log"

    def ingested() -> bool:
        holds = json.loads(portcullis("status", "--tenant", tenant, "--json").stdout)["holds"]
        return bool(holds["served"] == 1)

    words = ("--ingest", str(folder), "--cron", EVERY_TEN_SECONDS, "--tenant", tenant)
    with served(environment, log, *words):
        wait_for(ingested, 200, log)
    server = find_server(home)
    assert server is not None
    assert any(run["auto_scheduled"] for run in Prefect(server).runs_of(tenant))


def test_nothing_to_serve_is_wrong_usage(environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "flows.deploy"]
    done = subprocess.run(words, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "--ingest" in done.stderr
