"""The way to a Redis: bounded in time and never tried twice, for whoever waits for an answer is better served without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.errors import PortcullisError

if TYPE_CHECKING:
    from redis import ConnectionPool


def open_pool(url: str, timeout_seconds: float, unfit: Callable[[str], PortcullisError]) -> ConnectionPool:
    """Connections to the Redis at `url`, which is not asked yet. Raises `unfit`: it is no URL of Redis, or there is no client."""
    try:
        from redis import ConnectionPool
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise unfit("the package `redis` is not installed: `pip install portcullis[redis]`") from None
    once = Retry(NoBackoff(), 0)
    try:
        return ConnectionPool.from_url(url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, retry=once)
    except ValueError:
        raise unfit("it is no URL of Redis; write `redis://HOST:PORT/0` or `rediss://...`") from None
