"""The README tells the truth: its links lead somewhere, its commands run, its output is the demo's."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.layout import ROOT, tracked

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S) for line in block.splitlines() if line]
ALLOWED_EXITS = {"ingest": {0, 3}}  # the sample company holds a picture without text


@pytest.mark.parametrize("page", [path for path in tracked() if path.suffix == ".md"], ids=str)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target and not target.startswith("#")]
    assert not [target for target in targets if not (ROOT / page.parent / target.partition("#")[0]).exists()]


def test_it_opens_as_it_should() -> None:
    """One sentence, the two commands, the demo; then the house; no badge before that."""
    order = ["# Portcullis", "make demo", "make test", "ana asks", "## The house", "## Your own documents"]
    places = [README.find(word) for word in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "![" not in README


def test_every_make_target_that_is_named_exists() -> None:
    for line in COMMANDS:
        if line.startswith("make "):
            subprocess.run(["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, check=True, timeout=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, prefect_database: Callable[[Path], None]) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("readme")
    prefect_database(home)
    yield home
    run(home, "engine", "stop")


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT, env={**os.environ, "PORTCULLIS_HOME": str(home)}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_every_command_runs(home: Path) -> None:
    """In order, in one home. `make demo` is run by tests/flows/test_demo.py, `make test` is what runs this."""
    for line in COMMANDS:
        words = shlex.split(line)
        if words[0] == "make":
            assert words[1] in ("demo", "test")
            continue
        assert words[0] == "portcullis", line
        if words[-1] == "&":
            _serves(home, words[1:-1])
            continue
        done = run(home, *words[1:])
        assert done.returncode in ALLOWED_EXITS.get(words[1], {0}), (line, done.stderr)
        assert done.stdout.strip(), line


def _serves(home: Path, words: list[str]) -> None:
    """The service becomes ready, on a free port instead of its own, and ends when it is asked to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT, env={**os.environ, "PORTCULLIS_HOME": str(home), "RETRIEVAL_PORT": str(port)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert process.poll() is None, "the service ended"
                assert time.monotonic() < until, "the service did not become ready"
                time.sleep(0.2)
    finally:
        process.terminate()
        process.wait(30)
    assert process.returncode == 0
