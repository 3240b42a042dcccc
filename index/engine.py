"""The process that owns a data directory's Qdrant Edge shards: `python -m index.engine --data DIR --idle-seconds N`.

It refuses to be the second (`EngineInUse`), answers one request at a time, puts segments in order between requests, and exits
when nobody has asked for a while, when told to, or on SIGTERM, with everything flushed. A client that dies costs nothing.
Started by `index/launch.py`; its first line on standard output says in JSON that it listens, or why it does not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from index import frames
from index.errors import EngineInUse, IndexFault
from index.frames import BadFrame, Message, receive, send
from index.rendezvous import OWNER_LOCK, dial, locked, open_data, same_user, socket_path, write_address
from index.requests import handle
from index.shards import STEP_POINTS, Shards

MOST_CONNECTIONS = 256
RECENT_SECONDS = 5.0
QUIET_SECONDS = 0.5
log = logging.getLogger("portcullis.engine")


class Engine:
    """The state that connections share. `_gate` guards the counters, `_work` the shards."""

    def __init__(self, shards: Shards, idle_seconds: float) -> None:
        self._shards = shards
        self._idle_seconds = idle_seconds
        self._gate = threading.Lock()
        self._work = threading.Lock()
        self._last_asked: dict[socket.socket, float] = {}
        self._busy = 0
        self._last = time.monotonic()
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()

    def stop(self) -> None:
        """Take no more requests; safe to call from a signal handler."""
        self._stopping = True
        os.write(self._wake_write, b".")

    def run(self, listener: socket.socket) -> None:
        """Accept until stopped or idle. Requests that were taken are finished."""
        while not self._stopping:
            waiting: list[Any] = [listener, self._wake_read]
            ready, _, _ = select.select(waiting, [], [], min(QUIET_SECONDS, self._idle_seconds))
            if listener in ready:
                self._accept(listener)
            else:
                self._rest()

    def close(self) -> None:
        """Finish what was taken, then flush. A request that came too late is told so, and finds the next engine."""
        while self._busy:
            time.sleep(0.005)
        with self._work:
            self._shards.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            with self._gate:
                welcome = len(self._last_asked) < MOST_CONNECTIONS and same_user(sock)
                if welcome:
                    self._last_asked[sock] = 0.0
            if welcome:
                threading.Thread(target=self._converse, args=(sock,), daemon=True).start()
            else:
                sock.close()

    def _rest(self) -> None:
        with self._gate:
            quiet = 0.0 if self._busy else time.monotonic() - self._last
            if quiet > self._idle_seconds:
                log.info("idle: leaving")
                self._stopping = True
        if quiet > QUIET_SECONDS and not self._stopping:
            self._tidy(at_least=1)

    def _tidy(self, at_least: int) -> None:
        """Failing at it (a full disk) is no reason to fail a request or to leave; what is written stays as it is."""
        with self._work:
            try:
                self._shards.tidy(at_least)
            except Exception:  # Edge has no exceptions of its own
                log.exception("segments could not be put in order")

    def _converse(self, sock: socket.socket) -> None:
        try:
            with sock:
                self._greet(sock)
                while True:
                    message = receive(sock, None)
                    send(sock, self._answer(sock, message))
                    self._tidy(at_least=STEP_POINTS)
        except BadFrame as fault:
            log.warning("hung up on a client: %s", fault)
        except (EOFError, OSError):
            pass
        except Exception:
            log.exception("a connection failed")
        finally:
            with self._gate:
                self._last_asked.pop(sock, None)

    def _greet(self, sock: socket.socket) -> None:
        """Nothing is answered before a `hello` of this protocol, except `stop`."""
        while True:
            message = receive(sock, frames.PATIENCE_SECONDS)
            if message.get("op") == "hello" and message.get("protocol") == frames.PROTOCOL:
                send(sock, {"ok": True, "protocol": frames.PROTOCOL, "pid": os.getpid()})
                return
            if message.get("op") == "hello":
                told = f"this engine speaks protocol {frames.PROTOCOL}"
                send(sock, {"ok": False, "code": "engine_mismatch", "message": told, "protocol": frames.PROTOCOL})
            elif message.get("op") == "stop":
                send(sock, self._answer(sock, message))
            else:
                raise BadFrame("a request before hello")

    def _answer(self, sock: socket.socket, message: Message) -> Message:
        if message.get("op") == "stop":
            return self._asked_to_stop(sock, force=message.get("force") is True)
        with self._gate:
            if self._stopping:
                return _refusal("stopping", "the engine is leaving")
            self._busy += 1
            self._last_asked[sock] = time.monotonic()
        try:
            with self._work:
                return {"ok": True, **handle(self._shards, message)}
        except IndexFault as fault:
            return _refusal(fault.code, str(fault))
        except BadFrame as fault:
            return _refusal("bad_request", str(fault))
        except Exception as error:  # Edge has no exceptions of its own; its words hold no text of documents
            log.exception("a request failed")
            return _refusal("engine_error", f"{type(error).__name__}: {error}")
        finally:
            with self._gate:
                self._busy -= 1
                self._last = time.monotonic()

    def _asked_to_stop(self, sock: socket.socket, *, force: bool) -> Message:
        with self._gate:
            recent = time.monotonic() - RECENT_SECONDS
            used = self._busy or any(at > recent for other, at in self._last_asked.items() if other is not sock)
            if used and not force:
                return _refusal("busy", "other clients are using the engine")
            log.info("asked to leave")
            self.stop()
        return {"ok": True, "pid": os.getpid()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m index.engine", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--socket", type=Path, help="default: in a private runtime folder")
    parser.add_argument("--idle-seconds", type=float, required=True)
    parser.add_argument("--patience-seconds", type=float, default=10.0, help="how long to wait for an owner that is leaving")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
    try:
        _own(options.data, options.socket, options.idle_seconds, options.patience_seconds)
    except IndexFault as fault:
        _say({"ok": False, "code": fault.code, "message": str(fault)})
        return 1
    return 0


def _own(data: Path, path: Path | None, idle_seconds: float, patience_seconds: float) -> None:
    data = open_data(data)
    with _ownership(data, patience_seconds) as mine:
        if not mine:
            raise EngineInUse(
                f"Another process owns {data} and does not let go. Stop it, or set PORTCULLIS_HOME to another folder."
            )
        path = path or socket_path(data)
        path.unlink(missing_ok=True)  # what a killed owner left; nobody else touches it without the lock
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        engine = Engine(Shards(data), idle_seconds)

        def leave(_signal: int, _frame: FrameType | None) -> None:
            engine.stop()

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        with listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(128)
            write_address(data, path, frames.PROTOCOL)
            log.info("listening on %s", path)
            _say({"ok": True, "socket": str(path), "pid": os.getpid()})
            try:
                engine.run(listener)
            finally:
                path.unlink(missing_ok=True)
                engine.close()
        log.info("left")


@contextlib.contextmanager
def _ownership(data: Path, patience_seconds: float) -> Any:
    """The data directory's lock. A living owner is not waited for; one that is leaving gets some seconds to finish."""
    with locked(data / OWNER_LOCK, 0) as mine:
        if mine:
            yield True
            return
    sock = dial(data, 1)
    if sock is not None:
        with sock, contextlib.suppress(OSError, EOFError, BadFrame):
            send(sock, {"op": "hello", "protocol": frames.PROTOCOL})
            receive(sock, 1)
            yield False
            return
    with locked(data / OWNER_LOCK, patience_seconds) as mine:
        yield mine


def _refusal(code: str, message: str) -> Message:
    return {"ok": False, "code": code, "message": message}


def _say(line: Message) -> None:
    """One line to whoever started us, who may be dead already; then standard output is nobody's."""
    with contextlib.suppress(OSError, ValueError):
        print(json.dumps(line), flush=True)  # noqa: T201 the starter reads it
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
