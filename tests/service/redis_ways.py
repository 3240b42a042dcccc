"""Ways to a Redis that can fail and be mended: it is killed, its line is cut, it falls silent, it talks rubbish."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest

SERVER = shutil.which("redis-server")
NEEDS_SERVER = pytest.mark.skipif(SERVER is None, reason="redis-server is not here: install Redis")
START_SECONDS = 20
RUBBISH = b"~what is this?\r\n"
Mode = Literal["through", "cut", "silent", "rubbish"]


class Way(Protocol):
    """`url` stays the same whatever happens on the way."""

    url: str

    def fail(self) -> None: ...

    def mend(self) -> None: ...


class Process:
    """A server of our own, at a socket in a folder. It keeps nothing: what comes back after a kill is empty."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "s"
        self._folder = folder
        self.url = f"unix://{self._socket}"
        self.mend()

    def mend(self) -> None:
        assert SERVER is not None
        self._socket.unlink(missing_ok=True)
        bare = ["--port", "0", "--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        command = [SERVER, "--unixsocket", str(self._socket), *bare]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS
        while not _answers(self._socket):
            assert time.monotonic() < until, "the server of our own does not answer"
            time.sleep(0.02)

    def fail(self) -> None:
        self._process.kill()
        self._process.wait(START_SECONDS)


class Line:
    """A port on loopback that leads to the Redis at `target`, as long as `mode` lets it."""

    def __init__(self, target: str, fault: Mode) -> None:
        self._target, self._fault, self._mode = target, fault, "through"
        self._open = list[socket.socket]()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._port = self._listening.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self) -> None:
        self._mode = self._fault
        self._hang_up()

    def mend(self) -> None:
        self._mode = "through"
        self._hang_up()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # a thread that waits in `accept` keeps the port open otherwise
        self._listening.close()
        self._hang_up()

    def _hang_up(self) -> None:
        while self._open:
            one = self._open.pop()
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                came, _ = self._listening.accept()
                self._open.append(came)
                if self._mode == "cut":
                    self._hang_up()
                elif self._mode == "rubbish":
                    threading.Thread(target=_babble, args=(came,), daemon=True).start()
                elif self._mode == "through":
                    there = connected(self._target)
                    self._open.append(there)
                    for one, other in ((came, there), (there, came)):
                        threading.Thread(target=_pump, args=(one, other), daemon=True).start()


class Nowhere:
    """A port on which nobody listens."""

    def __init__(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.url = f"redis://127.0.0.1:{free.getsockname()[1]}/0"


@contextmanager
def ways() -> Iterator[dict[str, Way]]:
    """Each fault with the way that it can happen to. A Redis of its own stands behind them all, gone at the end."""
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="r"))) for _ in range(2)]
        killed, behind = (Process(folder) for folder in folders)
        for one in (killed, behind):
            stack.callback(one.fail)
        lines = {mode: stack.enter_context(closing(Line(behind.url, mode))) for mode in ("cut", "silent", "rubbish")}
        yield {"killed": killed, **lines}


@contextmanager
def own_redis() -> Iterator[str]:
    """The URL of a Redis that nobody else uses."""
    with tempfile.TemporaryDirectory(prefix="r") as folder:
        server = Process(Path(folder))
        try:
            yield server.url
        finally:
            server.fail()


def connected(url: str) -> socket.socket:
    """A connection to the socket that a URL names."""
    parts = urlsplit(url)
    made = socket.socket(socket.AF_UNIX)
    try:
        made.connect(parts.path)
    except OSError:
        made.close()
        raise
    return made


def _answers(place: Path) -> bool:
    with suppress(OSError), connected(f"unix://{place}") as asked:
        asked.sendall(b"PING\r\n")
        return asked.recv(16).startswith(b"+PONG")
    return False


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_RDWR)


def _babble(to: socket.socket) -> None:
    with suppress(OSError):
        while to.recv(65536):
            to.sendall(RUBBISH)
