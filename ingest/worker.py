"""A process that reads documents, from outside: a hang, a crash or a bomb costs the document that caused it and nothing else.

The process is started at the first document and kept. It is killed, with all that it started, when a document overruns its time
or memory; the next document gets a fresh one. It never forks from us: threads and engines of ours would not survive that.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ingest.channel import LENGTH, MOST_BYTES, BadMessage, Message, pack_job, unpack, unpack_document, unpack_member
from ingest.errors import Quarantine, WorkerUnavailable
from ingest.parse.engine import Options
from ingest.read import ReadDocument

READER = "ingest.read:read"
START_SECONDS = 60.0
TICK_SECONDS = 0.1
LEAVING_SECONDS = 5.0
PIECE_BYTES = 1 << 20
KEPT = ("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "OMP_NUM_THREADS", "OMP_THREAD_LIMIT")
"""What of our environment a worker gets, besides `LC_*`. Addresses, keys and tokens are not among it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: seconds by the clock, bytes in memory (of the whole process, which starts at about 100 MB).

    `seconds` is the longest that it may take without getting on, `document_seconds` the longest that it may take with all of its
    steps: a long scan is slow page by page, a hang makes no step.
    """

    seconds: float = 60.0
    memory_bytes: int = 3_000_000_000
    document_seconds: float = 1800.0


class _Overdue(Exception):
    pass


class _Clock:
    """When a document that was begun now is overdue."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = time.monotonic() + limits.document_seconds
        self.step()

    def step(self) -> None:
        self.deadline = min(time.monotonic() + self._limits.seconds, self._end)

    def told(self) -> str:
        """Which limit it is that ran out, for people."""
        if self.deadline < self._end:
            return f"reading it took more than {self._limits.seconds:g} seconds; split it, or raise INGEST_MAX_SECONDS"
        total = self._limits.document_seconds
        return f"reading it took more than {total:g} seconds in all; split it, or raise INGEST_MAX_DOCUMENT_SECONDS"


class _TooMuch(Exception):
    pass


class _Killed(Exception):
    """Somebody else killed the worker, which says nothing about the document yet."""


class Worker:
    """One process at a time. Used by one thread at a time, but `close` may come from any."""

    def __init__(self, limits: Limits, reader: str = READER) -> None:
        self._limits = limits
        self._reader = reader
        self._process: _Process | None = None
        self._closed = False
        self._busy = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    def read(self, name: str, data: bytes, options: Options) -> ReadDocument:
        """Raises `Quarantine`: the reader's own, timeout, out_of_memory, corrupt for a crash. Raises `WorkerUnavailable`."""
        job = pack_job(name, data, options)
        with self._busy:
            for _ in range(2):
                with contextlib.suppress(_Killed):
                    return self._read(job)
        raise Quarantine(
            "out_of_memory", "the system killed its parser twice, most likely for want of memory; split it, or free some memory"
        )

    def close(self) -> None:
        """End the process, in the middle of a document if need be. Nothing is read after that."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()
        with self._busy:  # whoever reads sees its process end, and cleans up
            self._stop()

    def _read(self, job: bytes) -> ReadDocument:
        if not self._closed:
            self._process = self._process or _start(self._limits, self._reader)
        if self._closed or self._process is None:
            raise WorkerUnavailable("The run that this worker read for is over.")
        process = self._process
        clock = _Clock(self._limits)
        try:
            process.send(job, clock.deadline)
            while (first := process.receive(clock.deadline)).get("step"):
                clock.step()
            members = tuple(unpack_member(process.receive(clock.deadline)) for _ in range(int(first.get("members", 0))))
            document = unpack_document(first, members)
        except Quarantine:
            self._renew()
            raise
        except _Overdue:
            self._stop()
            raise Quarantine("timeout", clock.told()) from None
        except _TooMuch:
            self._stop()
            told = f"reading it took more than {self._limits.memory_bytes} bytes; split it, or raise INGEST_MAX_MEMORY_BYTES"
            raise Quarantine("out_of_memory", told) from None
        except (OSError, EOFError):
            ended = process.wait()
            self._stop()
            if self._closed:
                raise WorkerUnavailable("The run that this worker read for is over.") from None
            if ended in (-signal.SIGKILL, -signal.SIGTERM):
                raise _Killed from None
            how = signal.Signals(-ended).name if ended < 0 else f"status {ended}"
            raise Quarantine("corrupt", f"its parser crashed ({how}); open and save it again in its program") from None
        except BadMessage:
            self._stop()
            raise Quarantine("corrupt", "its parser gave no sensible answer; open and save it again in its program") from None
        except BaseException:
            self._stop()
            raise
        self._renew()
        return document

    def _renew(self) -> None:
        """A process that a document left swollen goes, so that the next one finds the room that it is promised."""
        if self._process is not None and self._process.own_memory_bytes() > self._limits.memory_bytes // 2:
            self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stop()


class _Process:
    """The running process, its end of the channel, its folder for temporary files."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket, folder: str, memory_bytes: int) -> None:
        import psutil

        self._process = process
        self._channel = channel
        self._folder = folder
        self._most = memory_bytes
        self._watched = psutil.Process(process.pid)
        self.pid = process.pid

    def send(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        while view:
            self._wait(select.POLLOUT, deadline)
            view = view[self._channel.send(view[:PIECE_BYTES]) :]

    def receive(self, deadline: float) -> Message:
        """Raises `_Overdue`, `_TooMuch`, EOFError when the process is gone, `BadMessage`."""
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size, deadline))
        if length > MOST_BYTES:
            raise BadMessage("an answer that is too long")
        return unpack(self._exactly(length, deadline))

    def own_memory_bytes(self) -> int:
        """What it holds in memory; 0 when it is gone."""
        import psutil

        with contextlib.suppress(psutil.Error):
            return int(self._watched.memory_info().rss)
        return 0

    def memory_bytes(self) -> int:
        """What it and all that it started hold in memory. Milliseconds: every process of the machine is looked at."""
        import psutil

        total = self.own_memory_bytes()
        with contextlib.suppress(psutil.Error):
            for child in self._watched.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += child.memory_info().rss
        return total

    def wait(self) -> int:
        """The status that it ended with, a signal as a negative number. One that hung up and yet stays counts as crashed."""
        try:
            return self._process.wait(LEAVING_SECONDS)
        except subprocess.TimeoutExpired:
            return -signal.SIGABRT

    def kill(self) -> None:
        """Kill it and what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Kill it and what it started. No zombie stays, and none of the files that it left."""
        self.kill()
        self._process.wait()
        self._channel.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _exactly(self, size: int, deadline: float) -> bytearray:
        body = bytearray()
        while len(body) < size:
            self._wait(select.POLLIN, deadline)
            piece = self._channel.recv(min(size - len(body), PIECE_BYTES))
            if not piece:
                raise EOFError
            body += piece
        return body

    def _wait(self, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._channel, event)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise _Overdue
            if poll.poll(1000 * min(TICK_SECONDS, left)):
                return
            if self.memory_bytes() > self._most:
                raise _TooMuch


def _start(limits: Limits, reader: str) -> _Process:
    ours, theirs = socket.socketpair()
    folder = tempfile.mkdtemp(prefix="portcullis-worker-")
    command = [
        sys.executable,
        "-P",
        "-m",
        "ingest.worker_process",
        "--channel",
        str(theirs.fileno()),
        "--parent",
        str(os.getpid()),
    ]
    command += ["--memory-bytes", str(limits.memory_bytes), "--reader", reader]
    with theirs:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what libraries say there may quote the document
            pass_fds=(theirs.fileno(),),
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
    ours.setblocking(False)
    process = _Process(started, ours, folder, limits.memory_bytes)
    try:
        hello = process.receive(time.monotonic() + START_SECONDS)
        if hello.get("ready"):
            return process
        why = str(hello.get("failed"))
    except (OSError, EOFError, BadMessage, _Overdue, _TooMuch) as error:
        why = f"it ends or hangs at once ({type(error).__name__.strip('_')})"
    except BaseException:
        process.stop()
        raise
    process.stop()
    raise WorkerUnavailable(f"The process that reads documents does not start: {why}.")


def _environment(folder: str) -> dict[str, str]:
    """What parsing needs and no more; `folder` is home and place of temporary files. Our packages are found as we find them."""
    here = str(Path(__file__).resolve().parents[1])
    paths = [str(Path(path).resolve()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if here not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *paths):
        paths.insert(0, here)
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith("LC_")}
    own = {"HOME": folder, "TMPDIR": folder, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUSERBASE": site.getuserbase()}
    return {**kept, **own, "TOKENIZERS_PARALLELISM": "false", "DO_NOT_TRACK": "true", "SCARF_NO_ANALYTICS": "true"}
