"""`portcullis demo`, as `make demo` runs it: real engine, model, flows and catalog, in a home of its own."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.demo import FIRST, NEXT, QUESTION, SECOND, TOP_K
from tests.architecture.layout import ROOT

pytestmark = pytest.mark.slow
LIMIT_SECONDS = 60.0 if "PYTEST_XDIST_WORKER" not in os.environ else 120.0  # beside another test process, half a machine


def portcullis(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT, env={**os.environ, "PORTCULLIS_HOME": str(home)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("demo")
    yield home
    portcullis(home, "engine", "stop")


@pytest.fixture(scope="module")
def shown(home: Path) -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    done = portcullis(home / "unused", "demo", "--home", str(home))
    return done, time.monotonic() - began


def asked(home: Path, person: str) -> list[dict[str, Any]]:
    done = portcullis(home, "search", QUESTION, "--as", person, "--top-k", str(TOP_K), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["results"]


def test_it_shows_both_answers_and_the_reason(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    done, _ = shown
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FIRST} asks" in done.stdout
    assert f"{SECOND} asks" in done.stdout
    assert f"user:{SECOND} may not read hr/severance" in " ".join(done.stdout.split())
    assert "no_text" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if str(home) not in line)
    assert "Traceback" not in done.stderr


def test_the_readme_shows_just_this(shown: tuple[subprocess.CompletedProcess[str], float]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = runpy.run_path(str(ROOT / "docs" / "readme.py"))["page"]
    assert page(readme, shown[0].stdout) == readme, "run `make readme` and commit README.md"


def test_it_keeps_to_its_own_home(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    assert not (home / "unused").exists()


def test_it_is_quick(shown: tuple[subprocess.CompletedProcess[str], float]) -> None:
    """Under a minute when installed, on two cores."""
    assert shown[1] < LIMIT_SECONDS


def test_what_it_shows_is_what_searching_gives(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    second = asked(home, SECOND)
    names = {result["document_id"] for result in second}
    assert "handbook/leaving" in names
    assert not [name for name in names if name.startswith(("hr/", "board/"))]
    for result in second:
        assert f"[{result['ref']}] {result['document_id']}" in shown[0].stdout


def test_nothing_personal_is_stored(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    """The sample's addresses and numbers are in no file of the home: catalog, index, Prefect's database and logs alike."""
    secrets = ("payroll@harbour-finch", "7946 0123", "GB29 NWBK", "4111 1111")
    for path in (p for p in home.rglob("*") if p.is_file()):
        data = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in data], path


def test_the_commands_to_try_next_work(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    for words, told in zip(NEXT, ("28 days", "deny wins", "no_text"), strict=True):
        done = portcullis(home, *words)
        assert done.returncode == 0, (words, done.stderr)
        assert told in done.stdout, words


def test_twice_embeds_nothing_new(shown: tuple[subprocess.CompletedProcess[str], float], home: Path) -> None:
    again = portcullis(home / "unused", "demo", "--home", str(home))
    assert again.returncode == 0, again.stderr
    assert "\n0 chunks embedded" in again.stdout
    table = shown[0].stdout.partition("The question:")[2]
    assert again.stdout.partition("The question:")[2] == table
