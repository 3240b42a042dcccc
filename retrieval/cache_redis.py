"""The cache's entries in a Redis that several services share. Nothing it says is believed: it can lose an entry, not make one.

What lies there is sealed by AES-GCM under a key made of the pseudonyms' key, for one name and with its moment: an entry that was
changed, moved to another name or kept past its time is none. A Redis that does not answer is left alone for a while; questions
are answered without it.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes
from time import monotonic, time
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from catalog.ids import TenantId
from retrieval.cache_store import MOST_ALIKE
from retrieval.errors import BadCacheStore
from retrieval.redis_pool import open_pool

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")
PAUSE_SECONDS = 5.0
"""For so long a Redis that failed is left alone."""
AHEAD_SECONDS = 60.0
"""By so much the clocks of services may differ: an entry of a moment later than that is none."""
NONCE_BYTES = 12
TENANT_CHARACTERS = 16
_MOMENT = struct.Struct(">d")

PUT = """
local now = tonumber(redis.call('TIME')[1])
local seconds, most = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('SET', KEYS[2] .. ARGV[1], ARGV[2], 'EX', seconds)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - seconds)
redis.call('ZADD', KEYS[1], now, ARGV[1])
local over = redis.call('ZCARD', KEYS[1]) - most
if over > 0 then
  for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, over - 1)) do redis.call('DEL', KEYS[2] .. name) end
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, over - 1)
end
redis.call('EXPIRE', KEYS[1], seconds)
if ARGV[5] ~= '' then
  redis.call('LREM', KEYS[3], 0, ARGV[1])
  redis.call('LPUSH', KEYS[3], ARGV[1])
  redis.call('LTRIM', KEYS[3], 0, tonumber(ARGV[5]) - 1)
  redis.call('EXPIRE', KEYS[3], seconds)
end
return 1
"""
ALIKE = """
local found = {}
for _, name in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local entry = redis.call('GET', KEYS[2] .. name)
  if entry then table.insert(found, name); table.insert(found, entry) end
end
return found
"""


@dataclass(slots=True)
class RedisCache:
    """A `CacheStore`. `lost` hears of each failure. `key` is 32 bytes; `wall` in seconds since 1970, as all services count it."""

    client: Redis = field(repr=False)
    key: bytes = field(repr=False)
    most_entries: int
    seconds: float
    lost: Callable[[], None]
    clock: Callable[[], float] = monotonic
    wall: Callable[[], float] = time
    _not_before: float = field(default=0.0, init=False)

    def get(self, tenant_id: TenantId, name: str) -> bytes | None:
        sealed = self._ask(lambda: self.client.get(self._at(tenant_id, "entry", name)))
        return self._opened(tenant_id, name, sealed)

    def alike(self, tenant_id: TenantId, bucket: str) -> dict[str, bytes]:
        found = self._ask(lambda: self.client.eval(ALIKE, 2, self._at(tenant_id, "bucket", bucket), self._at(tenant_id, "entry")))
        pairs = list(found) if isinstance(found, list) else []
        names = [name.decode("ascii", "replace") if isinstance(name, bytes) else "" for name in pairs[::2]]
        opened = {name: self._opened(tenant_id, name, sealed) for name, sealed in zip(names, pairs[1::2], strict=False)}
        return {name: entry for name, entry in opened.items() if entry is not None}

    def put(self, tenant_id: TenantId, name: str, entry: bytes, bucket: str | None = None) -> None:
        keys = [self._at(tenant_id, *at) for at in (("names",), ("entry",), ("bucket", bucket or ""))]
        given = (name, self._sealed(tenant_id, name, entry), max(1, round(self.seconds)), self.most_entries)
        self._ask(lambda: self.client.eval(PUT, 3, *keys, *given, "" if bucket is None else MOST_ALIKE))

    def drop(self, tenant_id: TenantId, name: str) -> None:
        self._ask(lambda: self.client.delete(self._at(tenant_id, "entry", name)))

    def _at(self, tenant_id: TenantId, kind: str, name: str = "") -> str:
        """A key of the Redis. All of a tenant's lie on one node of a cluster; deployments with other keys have others."""
        of = hmac.new(self.key, str(tenant_id).encode(), hashlib.sha256).hexdigest()[:TENANT_CHARACTERS]
        return f"portcullis:cache:{{{of}}}:{kind}:{name}"

    def _ask(self, step: Callable[[], T]) -> T | None:
        """What the Redis says; None while it is left alone, and when it fails."""
        from redis.exceptions import RedisError

        if self.clock() < self._not_before:
            return None
        try:
            return step()
        except (RedisError, OSError, ValueError, TypeError):
            self._not_before = self.clock() + PAUSE_SECONDS
            self.lost()
            return None

    def _sealed(self, tenant_id: TenantId, name: str, entry: bytes) -> bytes:
        nonce = token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, _MOMENT.pack(self.wall()) + entry, _of(tenant_id, name))

    def _opened(self, tenant_id: TenantId, name: str, sealed: Any) -> bytes | None:
        if not isinstance(sealed, bytes) or len(sealed) <= NONCE_BYTES:
            return None
        try:
            opened = AESGCM(self.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _of(tenant_id, name))
        except (InvalidTag, ValueError):
            return None
        age = self.wall() - _MOMENT.unpack_from(opened)[0]
        return opened[_MOMENT.size :] if -AHEAD_SECONDS <= age <= self.seconds else None


def open_redis_cache(
    url: str, timeout_seconds: float, key: bytes, most_entries: int, seconds: float, lost: Callable[[], None]
) -> RedisCache:
    """Entries in the Redis at `url`, which is not asked yet. Raises `BadCacheStore`: no URL of Redis, or no client for it."""
    pool = open_pool(url, timeout_seconds, BadCacheStore)
    from redis import Redis

    return RedisCache(Redis(connection_pool=pool), key, most_entries, seconds, lost)


def _of(tenant_id: TenantId, name: str) -> bytes:
    return f"{tenant_id}:{name}".encode()
