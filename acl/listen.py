"""What every service of ours needs to listen: a socket that is taken before anything is loaded, and an end at a signal."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from acl.errors import CannotListen

if TYPE_CHECKING:
    import uvicorn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one. Raises `CannotListen`."""
    if not 0 <= port <= 65535:  # the resolver would take it modulo 65536
        raise CannotListen(host, port, "ports end at 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=2048)
        # asyncio does it only for sockets made with their protocol's number; without it an answer waits 40 ms for an ACK
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError, UnicodeError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise CannotListen(host, port, "another program listens there" if taken else str(error)) from error


def url_of(listening: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"


@contextmanager
def stopping(server: uvicorn.Server) -> Iterator[None]:
    """A signal that comes before the server listens to signals stops it too.

    The server raises the signal that stopped it once more when it is done; that one must not kill us before we have closed.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
