"""Real flows in real processes, with one home and one local Prefect server for all of them; tests differ by tenant."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from flows.server import Server, find_server, stop_server


class Portcullis(Protocol):
    def __call__(self, *words: str, stdin: str | None = None, timeout: float = 240) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, prefect_database: Callable[[Path], None]) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    prefect_database(folder)
    yield folder
    stop_server(folder)


@pytest.fixture(scope="session")
def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FLOWS_", "CATALOG_"))}
    return kept | {"PORTCULLIS_HOME": str(home), "FLOWS_SERVER_IDLE_SECONDS": "120", "INDEX_ENGINE_IDLE_SECONDS": "30"}


@pytest.fixture(scope="session")
def portcullis(environment: dict[str, str]) -> Portcullis:
    """The command line in a process of its own."""

    def run(*words: str, stdin: str | None = None, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            check=False,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
        )

    return run


@pytest.fixture
def tenant(request: pytest.FixtureRequest, portcullis: Portcullis) -> str:
    """A new tenant for this test."""
    name: str = request.node.name[:80]
    assert portcullis("tenants", "create", name).returncode == 0
    return name


class Prefect:
    """What the local Prefect server knows, asked over its API."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def ask(self, what: str, **body: Any) -> list[dict[str, Any]]:
        """All of `flow_runs`, `task_runs`, `artifacts`, `logs`..., by Prefect's filters."""
        user, _, password = self.server.secret.partition(":")
        answer = httpx.post(f"{self.server.url}/{what}/filter", json={"limit": 200, **body}, auth=(user, password), timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def runs_of(self, tenant: str) -> list[dict[str, Any]]:
        """The flow runs that were called for a tenant, oldest first."""
        runs = [run for run in self.ask("flow_runs") if run["parameters"].get("tenant") == tenant]
        return sorted(runs, key=lambda run: run["created"])


@pytest.fixture
def prefect(home: Path) -> Prefect:
    server = find_server(home)
    assert server is not None, "no Prefect server runs: no flow did before"
    return Prefect(server)
