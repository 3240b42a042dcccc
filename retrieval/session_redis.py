"""Sessions in Redis, for several services that share none of their catalog's writes. It forgets by itself what has expired.

One list for each session, of JSON with its number before it. A script appends, so that two turns at once get two numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from catalog.ids import ChunkId
from catalog.turns import KeptTurn, SessionKey
from retrieval.errors import BadSessionStore, SessionsUnavailable
from retrieval.redis_pool import open_pool
from retrieval.session import MOST_RESULTS

if TYPE_CHECKING:
    from redis import Redis

APPEND = """
local last = redis.call('LINDEX', KEYS[1], -1)
local number = last and tonumber(string.match(last, '^(%d+) ')) + 1 or 1
redis.call('RPUSH', KEYS[1], number .. ' ' .. ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return number
"""


@dataclass(frozen=True, slots=True)
class RedisSessions:
    """As `CatalogSessions`. Nothing is tried twice: who waits for an answer is better served without the earlier turns."""

    client: Redis = field(repr=False)
    life: timedelta
    most_turns: int

    def load(self, key: SessionKey) -> tuple[KeptTurn, ...]:
        with _answering():
            return tuple(_turn(line) for line in self.client.lrange(_name(key), 0, -1))

    def append(self, key: SessionKey, question: str, results: Sequence[ChunkId]) -> int:
        body = json.dumps({"q": question, "r": [str(id_) for id_ in results[:MOST_RESULTS]]})
        with _answering():
            given = (body, self.most_turns, max(1, round(self.life.total_seconds())))
            return int(self.client.eval(APPEND, 1, _name(key), *given))


def open_redis_sessions(url: str, timeout_seconds: float, life: timedelta, most_turns: int) -> RedisSessions:
    """Sessions in the Redis at `url`, which is not asked yet. Raises `BadSessionStore`: no URL of Redis, or no client for it."""
    pool = open_pool(url, timeout_seconds, BadSessionStore)
    from redis import Redis

    return RedisSessions(Redis(connection_pool=pool), life, most_turns)


@contextmanager
def _answering() -> Iterator[None]:
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError, ValueError, KeyError, TypeError) as error:  # what is kept there may be spoiled too
        raise SessionsUnavailable from error


def _name(key: SessionKey) -> str:
    return f"portcullis:turns:{key.tenant_id}:{key.person_id}:{key.digest}"


def _turn(line: Any) -> KeptTurn:
    number, _, body = line.decode("utf-8").partition(" ")
    kept = json.loads(body)
    results = {place: ChunkId(UUID(id_)) for place, id_ in enumerate(kept["r"], start=1)}
    return KeptTurn(int(number), str(kept["q"]), results)
