"""A file that hangs or kills its reader costs that file alone: the next one finds a new process."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from evals.side import Side


def test_reads_as_we_do_and_names_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ship sails at dawn.")
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 4)
    with Side("ours") as side:
        good, bad = side.read(tmp_path / "a.txt"), side.read(tmp_path / "b.bin")
    assert (good.text, good.reason) == ("The ship sails at dawn.", None)
    assert bad.reason is not None
    assert bad.text == ""


def test_a_pipe_that_never_ends_is_a_timeout(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text("Still here.")
    with Side("ours") as side:
        assert side.read(tmp_path / "a.txt").reason is None
        side.timeout_seconds = 0.3
        assert side.read(tmp_path / "pipe").reason == "timeout"
        side.timeout_seconds = 60
        assert side.read(tmp_path / "a.txt").text == "Still here."


def test_a_killed_reader_is_a_crash(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text("Still here.")
    with Side("ours") as side:
        side.read(tmp_path / "a.txt")
        process = side._process
        assert process is not None
        threading.Timer(0.3, os.kill, (process.pid, signal.SIGSEGV)).start()
        since = time.monotonic()
        outcome = side.read(tmp_path / "pipe")
        assert outcome.reason == "crash"
        assert time.monotonic() - since < 30
        assert side.read(tmp_path / "a.txt").reason is None


@pytest.mark.slow
def test_the_peer_reads_a_pdf_with_its_fast_strategy(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    page = Canvas(str(tmp_path / "a.pdf"))
    page.drawString(72, 700, "The ship sails at dawn with the tide.")
    page.save()
    with Side("peer", timeout_seconds=180) as side:
        outcome = side.read(tmp_path / "a.pdf")
    assert outcome.reason is None, outcome.detail
    assert outcome.text == "The ship sails at dawn with the tide."
