"""Where the windows of limits are kept: this process's memory, or a Redis that several processes share.

A Redis that does not answer in time costs sharing, never an answer: for a while this process counts by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from limits.storage import MemoryStorage, Storage

from retrieval.errors import BadLimitStore
from retrieval.redis_pool import open_pool

T = TypeVar("T")
PAUSE_SECONDS = 5.0
"""For so long a Redis that failed is left alone: one request in that time waits for it, and no more than its time."""
PREFIX = "portcullis:limits"


class LimitStore:
    """`lost` hears of each failure of the Redis. `clock` in seconds."""

    def __init__(self, redis: Storage | None, lost: Callable[[], None], clock: Callable[[], float] = monotonic) -> None:
        self._redis = redis
        of = () if redis is None else redis.base_exceptions
        own = of if isinstance(of, tuple) else (of,)
        self._faults: tuple[type[Exception], ...] = (
            *own,
            OSError,
            ValueError,
            TypeError,
        )  # what is kept there may be spoiled too
        self._memory: Storage = MemoryStorage()
        self._lost = lost
        self._clock = clock
        self._not_before = 0.0

    @property
    def shared(self) -> bool:
        """Whether a step may wait for a Redis."""
        return self._redis is not None and self._clock() >= self._not_before

    def run(self, step: Callable[[Storage], T]) -> T:
        """`step` in the Redis; where that fails, all of it once more in memory."""
        redis = self._redis
        if redis is not None and self.shared:
            try:
                return step(redis)
            except self._faults:
                self._not_before = self._clock() + PAUSE_SECONDS
                self._lost()
        return step(self._memory)


def open_redis(url: str, timeout_seconds: float) -> Storage:
    """The windows in the Redis at `url`, which is not asked yet. Raises `BadLimitStore`: no URL of Redis, or no client for it."""
    from limits.storage import RedisStorage

    return RedisStorage("redis://", connection_pool=open_pool(url, timeout_seconds, BadLimitStore), key_prefix=PREFIX)
