"""Each reader in a process of its own: a hang or a crash costs one file, the next one finds a new process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is None for a file that was read; `timeout` and `crash` are the process's."""

    text: str
    seconds: float
    reason: str | None
    detail: str | None = None


class Side:
    """Reads files one at a time. Not safe to share between threads."""

    def __init__(self, name: Literal["ours", "peer"], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.name = name
        self.timeout_seconds = timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Side:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def read(self, path: Path, passwords: Sequence[str] = ()) -> Outcome:
        """The text of the file, or a reason; never later than `timeout_seconds` after the process stood ready."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "evals.reader", self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
        since = time.monotonic()
        question = json.dumps({"path": str(path), "passwords": list(passwords)}).encode() + b"\n"
        line, ended = b"", False
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(question)
        assert process.stdout is not None
        while not line.endswith(b"\n"):
            left = self.timeout_seconds - (time.monotonic() - since)
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                self._stop()
                return Outcome("", time.monotonic() - since, "timeout")
            part = os.read(process.stdout.fileno(), 1 << 16)
            line += part
            if not part:
                ended = True
                break
        if ended:
            self._stop()
            return Outcome("", time.monotonic() - since, "crash", f"exit code {process.returncode}")
        return Outcome(**json.loads(line))

    def _stop(self) -> None:
        """End the process and whatever it started: they share a session that this object made."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
