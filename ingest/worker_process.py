"""The process that reads documents, one at a time: `python -m ingest.worker_process`, started by `ingest/worker.py` alone.

It has no catalog, no key, no model of ours and no terminal; it opens no network connection; it dies with its parent, even while
native code hangs. Time and memory of a document are its parent's to measure; its own limits are a second line behind that.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import os
import resource
import signal
import socket
import sys
from typing import Any

from ingest.channel import LENGTH, pack, pack_document, pack_member, unpack, unpack_job
from ingest.errors import Quarantine
from ingest.parse.progress import told_to
from ingest.read import Reader

PR_SET_PDEATHSIG = 1
HEADROOM = 2
"""How much more than its limit a worker may claim at once: the parent, which looks now and then, ends it long before."""
STEP = pack({"step": True})
_CALLS_OUT = frozenset(
    ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ingest.worker_process", description="Reads documents for an ingestion run.")
    parser.add_argument("--channel", type=int, required=True, help="the inherited socket")
    parser.add_argument("--parent", type=int, required=True, help="the process that it dies with")
    parser.add_argument("--memory-bytes", type=int, required=True, help="what a document may use")
    parser.add_argument("--reader", required=True, help="MODULE:FUNCTION that reads")
    given = parser.parse_args()
    die_with(given.parent)
    limit(given.memory_bytes)
    channel = socket.socket(fileno=given.channel)
    channel.setblocking(True)
    with contextlib.suppress(OSError, EOFError):  # the parent is gone, or has enough
        try:
            reader = load(given.reader)
        except Exception as error:
            channel.sendall(pack({"failed": f"{type(error).__name__}: {error}"}))
            return
        stay_home()
        channel.sendall(pack({"ready": True}))
        while True:
            answer(channel, reader)


def answer(channel: socket.socket, reader: Reader) -> None:
    """One document. Raises EOFError when no more will come."""
    name, data, options = unpack_job(unpack(receive(channel)))
    try:
        with told_to(lambda: channel.sendall(STEP)):
            document = reader(name, data, options)
        frames = [pack(pack_document(document)), *(pack(pack_member(member)) for member in document.members)]
    except Quarantine as bad:
        frames = [pack({"refused": [bad.reason, bad.detail]})]
    except MemoryError:
        frames = [pack({"refused": ["out_of_memory", "reading it took more memory than a document may use"]})]
    except RecursionError:
        frames = [pack({"refused": ["corrupt", "it is nested too deeply to be read; open and save it again in its program"]})]
    except Exception as error:
        frames = [
            pack({"refused": ["corrupt", f"its parser failed ({type(error).__name__}); open and save it again in its program"]})
        ]
    for frame in frames:
        channel.sendall(frame)


def receive(channel: socket.socket) -> bytearray:
    """The body of the next frame. Raises EOFError."""
    (length,) = LENGTH.unpack(_exactly(channel, LENGTH.size))
    return _exactly(channel, length)


def load(reader: str) -> Reader:
    module, _, function = reader.partition(":")
    loaded: Reader = getattr(importlib.import_module(module), function)
    return loaded


def die_with(parent: int) -> None:
    """SIGKILL when the parent ends. Where the kernel cannot promise it (not Linux) the closed channel must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(1)


def limit(memory_bytes: int) -> None:
    """No core dump, which would be a copy of the document; no single claim and no file far beyond what a document may use."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, wanted in ((resource.RLIMIT_DATA, HEADROOM * memory_bytes), (resource.RLIMIT_FSIZE, memory_bytes)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def stay_home() -> None:
    """From here on Python code of this process cannot reach a network, whatever a document names or a library wants."""

    def watch(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in _CALLS_OUT:
            raise PermissionError(f"a worker opens no connections ({event})")

    sys.addaudithook(watch)


def _exactly(channel: socket.socket, size: int) -> bytearray:
    body = bytearray(size)
    view, filled = memoryview(body), 0
    while filled < size:
        got = channel.recv_into(view[filled:])
        if not got:
            raise EOFError
        filled += got
    return body


if __name__ == "__main__":
    main()
