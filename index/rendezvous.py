"""Where the engine of a data directory and its clients meet: a socket in a private, short runtime folder.

Socket paths end at 108 bytes on Linux and 104 elsewhere, so the socket lies under XDG_RUNTIME_DIR or the temporary folder, named
by a hash of the data directory. DATA/engine.json says where, because two processes may see different runtime folders. Both sides
check that the other belongs to the same user.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import socket
import stat
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from index.errors import IndexUnavailable

LONGEST_PATH_BYTES = 103
ADDRESS = "engine.json"
OWNER_LOCK = "engine.lock"
START_LOCK = "engine.start"
_CREDENTIALS = struct.Struct("3i")


def open_data(data: Path) -> Path:
    """The data directory's real path, made (for its owner alone) if it is not there. Raises `IndexUnavailable`."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return data.resolve(strict=True)
    except OSError as error:
        raise IndexUnavailable(
            f"The index cannot live in {data}: {error.strerror}. Set PORTCULLIS_HOME to a writable folder."
        ) from error


def socket_path(data: Path) -> Path:
    """A path for the socket of this (real) data directory, its folder made and found private. Raises `IndexUnavailable`."""
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16] + ".sock"
    faults = []
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 its folder is checked below
        if not parent:
            continue
        path = Path(parent) / f"portcullis-{os.geteuid()}" / name
        if len(os.fsencode(path)) > LONGEST_PATH_BYTES:
            faults.append(f"{path.parent} is too long for a socket")
        elif fault := _fault(path.parent):
            faults.append(fault)
        else:
            return path
    raise IndexUnavailable(
        f"There is no place for the engine's socket: {'; '.join(faults)}. Set XDG_RUNTIME_DIR to a short private folder."
    )


def write_address(data: Path, path: Path, protocol: int) -> None:
    """Say where the engine listens. Only the owner of the data directory's lock calls this."""
    fresh = data / f"{ADDRESS}.new"
    fresh.write_text(json.dumps({"socket": str(path), "pid": os.getpid(), "protocol": protocol}), encoding="utf-8")
    fresh.replace(data / ADDRESS)


def dial(data: Path, timeout_seconds: float) -> socket.socket | None:
    """A connection to the engine of this data, or None when nobody listens. Raises `IndexUnavailable` for a stranger's."""
    try:
        path = json.loads((data / ADDRESS).read_text(encoding="utf-8"))["socket"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_seconds)
        sock.connect(path)
        if not same_user(sock):
            raise IndexUnavailable(f"The socket {path} belongs to another user. Remove {data / ADDRESS} and try again.")
    except OSError:
        sock.close()
        return None
    except BaseException:
        sock.close()
        raise
    return sock


def same_user(sock: socket.socket) -> bool:
    """Whether the process at the other end runs as this user. Where the system cannot tell, the private folder must do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, uid, _ = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return bool(uid == os.geteuid())


@contextlib.contextmanager
def locked(path: Path, patience_seconds: float) -> Iterator[bool]:
    """Hold an exclusive lock on the file; False when another process kept it for so long. Death releases it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + patience_seconds
        while not (mine := _lock(descriptor)) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield mine
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fault(folder: Path) -> str | None:
    """What keeps this folder from being private, after trying to make it."""
    try:
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        found = folder.lstat()
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        return f"{folder} is not a folder of this user alone"
    return None
