"""Reach the engine of a data directory; start it if nobody listens; send it home.

The engine is its own process in its own session, never a fork of ours: it outlives us, and Qdrant Edge does not survive a fork.
One starter at a time, by a file lock; whoever waited finds the engine running.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import Any

from index import frames
from index.errors import EngineInUse, EngineMismatch, IndexUnavailable
from index.frames import BadFrame, receive, send
from index.rendezvous import OWNER_LOCK, START_LOCK, dial, locked, open_data

START_SECONDS = 30.0
LOG = "engine.log"
LONGEST_LOG_BYTES = 2**20


def reach_engine(data: Path, idle_seconds: float, timeout_seconds: float) -> socket.socket:
    """A greeted connection. Raises `IndexUnavailable`, `EngineInUse`, or `EngineMismatch` (another version, and needed)."""
    data = open_data(data)
    if (sock := _greeted(data, timeout_seconds)) is not None:
        return sock
    deadline = time.monotonic() + START_SECONDS
    with locked(data / START_LOCK, START_SECONDS):
        while time.monotonic() < deadline:
            if (sock := _greeted(data, timeout_seconds)) is not None:
                return sock
            try:
                _start(data, idle_seconds)
            except EngineInUse:  # a supervisor's engine came first: then it serves us too
                if (sock := _greeted(data, timeout_seconds)) is not None:
                    return sock
                raise
    raise IndexUnavailable(f"The engine of {data} starts and leaves again: see {data / LOG}.")


def stop_engine(data: Path, *, wait_seconds: float = START_SECONDS) -> bool:
    """Send the engine home, whoever uses it; after this it is gone, with everything flushed. False when none was running."""
    data = open_data(data)
    sock = dial(data, wait_seconds)
    if sock is None:
        return False
    with sock:
        try:
            send(sock, {"op": "stop", "force": True})
            receive(sock, wait_seconds)
        except (OSError, EOFError, BadFrame):
            pass  # it was leaving already, or died: either way its lock tells
    if not _wait_for_exit(data, wait_seconds):
        raise IndexUnavailable(f"The engine of {data} does not leave within {wait_seconds:.0f} s: see {data / LOG}.")
    return True


def _greeted(data: Path, timeout_seconds: float) -> socket.socket | None:
    """A connection to a running engine of our version; None when there is none (any more)."""
    sock = dial(data, timeout_seconds)
    if sock is None:
        return None
    try:
        send(sock, {"op": "hello", "protocol": frames.PROTOCOL})
        reply = receive(sock, timeout_seconds)
        if reply.get("ok"):
            return sock
        _send_home(data, sock, reply, timeout_seconds)
    except TimeoutError as error:
        sock.close()
        raise IndexUnavailable(f"The engine of {data} does not answer: see {data / LOG}.") from error
    except (OSError, EOFError):
        pass
    except BaseException:
        sock.close()
        raise
    sock.close()
    return None


def _send_home(data: Path, sock: socket.socket, reply: frames.Message, timeout_seconds: float) -> None:
    """An engine of another version leaves if nobody needs it."""
    send(sock, {"op": "stop"})
    if not receive(sock, timeout_seconds).get("ok"):
        raise EngineMismatch(
            f"The running engine of {data} speaks protocol {reply.get('protocol')}, this program {frames.PROTOCOL}, "
            "and others are using it. Stop the programs of the other version, then try again."
        )
    _wait_for_exit(data, START_SECONDS)


def _wait_for_exit(data: Path, wait_seconds: float) -> bool:
    with locked(data / OWNER_LOCK, wait_seconds) as free:
        return free


def _start(data: Path, idle_seconds: float) -> None:
    """Start the engine and wait for its first line. Its failure is raised here, in its own words."""
    log = data / LOG
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        log.replace(data / f"{LOG}.old")
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.engine", "--data", str(data), "--idle-seconds", str(idle_seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=data,
            env=_environment(),
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # or it stays a zombie of ours when it leaves
    line = _first_line(process)
    if line.get("ok"):
        return
    told = line.get("message") or f"The engine of {data} did not start: see {log}."
    raise EngineInUse(told) if line.get("code") == EngineInUse.code else IndexUnavailable(told)


def _first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    with process.stdout as output:
        ready, _, _ = select.select([output], [], [], START_SECONDS)
        if not ready:
            process.kill()
            return {}
        try:
            line: dict[str, Any] = json.loads(output.readline())
        except ValueError:
            return {}
        return line


def _environment() -> dict[str, str]:
    """Ours, so arranged that the engine finds this very package from any working folder."""
    here = str(Path(__file__).resolve().parents[1])
    paths = [str(Path(path).resolve()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if here not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *paths):
        paths.insert(0, here)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
