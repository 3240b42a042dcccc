"""The stores that the contract of `retrieval.session` is held against."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from retrieval.session import CatalogSessions, Sessions
from retrieval.session_redis import open_redis_sessions
from tests.conftest import NEEDS_POSTGRES

SERVER = shutil.which("redis-server")
GIVEN = os.environ.get("TEST_REDIS_URL")
WITHOUT_REDIS = "Redis is not here: install redis-server or set TEST_REDIS_URL"
NEEDS_REDIS = pytest.mark.skipif(SERVER is None and GIVEN is None, reason=WITHOUT_REDIS)
STORES = ("sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRES), pytest.param("redis", marks=NEEDS_REDIS))


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a real Redis: the given one, else one of our own at a socket in a folder, gone at the end."""
    if GIVEN is not None:
        yield GIVEN
        return
    assert SERVER is not None
    with tempfile.TemporaryDirectory(prefix="r") as folder:  # a short path: a socket's is bounded
        socket = Path(folder) / "s"
        command = [SERVER, "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.02)
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait(20)


def open_sessions(store: str, catalog: Engine, redis_url: str | None, life: timedelta, most_turns: int) -> Sessions:
    if store == "redis":
        assert redis_url is not None
        return open_redis_sessions(redis_url, 5.0, life, most_turns)
    return CatalogSessions(catalog, life, most_turns)
