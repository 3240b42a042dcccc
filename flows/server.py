"""One local Prefect server for each `PORTCULLIS_HOME`, shared by the runs of all processes: started on first use, gone when idle.

Its state is `prefect/server.json` (mode 0600): port, pid and the secret that every request must carry, so that other
users of the machine cannot start flows as us. Whoever reads, writes or removes that file holds the lock beside it.
The socket is opened here and handed to the server, so its port is known and connects at once; the first answer waits.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.errors import ServerUnavailable

START_SECONDS = 120.0
STOP_SECONDS = 15.0
LOG_LIMIT_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens. `secret` is what Prefect calls an auth string."""

    port: int
    pid: int
    secret: str

    @property
    def url(self) -> str:
        """What Prefect calls the API URL."""
        return f"http://127.0.0.1:{self.port}/api"


def use_server(home: Path, idle_seconds: float) -> Server | None:
    """Point this process (and those that it starts) at the local server, started if need be; before Prefect is imported.

    None when `PREFECT_API_URL` is set: that server is used and none is started. Raises `ServerUnavailable`.
    """
    if os.environ.get("PREFECT_API_URL"):
        return None
    server = open_server(home, idle_seconds)
    os.environ["PREFECT_API_URL"] = server.url
    os.environ["PREFECT_API_AUTH_STRING"] = server.secret
    return server


def open_server(home: Path, idle_seconds: float) -> Server:
    """The server of `home`, started if there is none. One that was just started may take seconds to give its first answer."""
    with locked(home):
        known = read_state(home)
        if known is not None and _answers(known, START_SECONDS):
            return known
        server = _spawn(home, idle_seconds)
        _write_state(home, server)
        return server


def stop_server(home: Path) -> bool:
    """End the server of `home`; False when there is none. Runs that still use it fail."""
    if not (home / "prefect" / "server.json").exists():
        return False
    with locked(home):
        known = read_state(home)
        forget_state(home)
        if known is None or not _answers(known, STOP_SECONDS):  # the pid may be another process's by now: leave it alone
            return False
        os.kill(known.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while _alive(known.pid):
            if time.monotonic() > until:
                os.kill(known.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        return True


def find_server(home: Path) -> Server | None:
    """The server of `home` if one answers now; none is started."""
    known = read_state(home)
    return known if known is not None and _answers(known, 5.0) else None


@contextlib.contextmanager
def locked(home: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the state of the server of `home`. Raises BlockingIOError when it is held and `wait` is False."""
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def read_state(home: Path) -> Server | None:
    """What the state file says, true or not; None when it is missing or damaged."""
    try:
        said = json.loads((home / "prefect" / "server.json").read_text())
        return Server(port=int(said["port"]), pid=int(said["pid"]), secret=str(said["secret"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def forget_state(home: Path) -> None:
    """Remove the state file: the next caller starts a server of its own. Call it under the lock."""
    (home / "prefect" / "server.json").unlink(missing_ok=True)


def _write_state(home: Path, server: Server) -> None:
    path = home / "prefect" / "server.json"
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(server), file)
    new.replace(path)


def _spawn(home: Path, idle_seconds: float) -> Server:
    folder = home / "prefect"
    log = folder / "server.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(folder / "server.log.1")
    secret = f"portcullis:{secrets.token_urlsafe(32)}"
    root = str(Path(__file__).resolve().parent.parent)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
        "PREFECT_SERVER_API_AUTH_STRING": secret,
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        "PREFECT_HOME": str(folder),
    }
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener, log.open("ab") as output:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.server_process", str(home), str(listener.fileno()), str(idle_seconds)],
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,  # not the caller's: a prefect.toml or .env that lies there is not meant for this server
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal that happened to start it must not end it for others
        )
    process.returncode = 0  # it outlives us: silence Popen's warning that it still runs
    return Server(port=port, pid=process.pid, secret=secret)


def wait_until_ready(server: Server, home: Path) -> None:
    """Return once the server answers. Raises `ServerUnavailable` when it died or takes longer than two minutes."""
    if not _answers(server, START_SECONDS):
        raise ServerUnavailable("did not start", home / "prefect" / "server.log")


def _answers(server: Server, seconds: float) -> bool:
    """Does a server that knows our secret answer there? Refused and reset connections say no at once."""
    token = base64.b64encode(server.secret.encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=seconds)
    try:
        connection.request("GET", "/api/admin/version", headers={"Authorization": f"Basic {token}"})
        with connection.getresponse() as response:
            response.read()
            return response.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _alive(pid: int) -> bool:
    try:
        waited, _ = os.waitpid(pid, os.WNOHANG)  # a child of ours that ended is a zombie until somebody asks
    except ChildProcessError:
        waited = 0
    if waited == pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
