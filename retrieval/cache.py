"""Answers that were found before, for whoever may read the same: proposed again, handed out only as the catalog confirms them.

What is kept names points; `search.py` has each of them rechecked, in a read that also sees the corpus at the epoch in the entry's
name. So nothing here decides who reads what: the worst that an entry can do is to be thrown away.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from catalog.ids import TenantId
from index.point import Vector
from retrieval.cache_key import Place, bucket_name, entry_name, is_timeless
from retrieval.cache_redis import open_redis_cache
from retrieval.cache_store import CacheStore, MemoryCache
from retrieval.distinct import guard_of
from retrieval.kept import MOST_HITS, Kept, best_alike, decoded
from retrieval.known import Known
from retrieval.query import Query
from retrieval.screening import Policy

LEAST_COSINE = 0.8
"""Of two questions with equal guards. Chosen by `python -m evals.cache`, docs/cache.md."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the answer to one question lies. `bucket` and `guard` are None where it answers that question alone."""

    tenant_id: TenantId
    name: str
    bucket: str | None = None
    guard: bytes | None = None


@dataclass(frozen=True, slots=True)
class Cache:
    """Safe to use from several threads; where the store is a Redis, a call may wait for it. `key` makes the names of entries.

    `known`: what answers cost besides searching, worked out before by this process.
    """

    store: CacheStore
    key: bytes = field(repr=False)
    semantic: bool = False
    known: Known = field(default_factory=Known, repr=False)

    def slot(self, place: Place, query: Query, policy: Policy) -> Slot | None:
        """The place of the answer to `query`; None where time alone changes it."""
        return Slot(place.tenant_id, entry_name(self.key, place, query, policy)) if is_timeless(query) else None

    def wider(self, slot: Slot, place: Place, query: Query, policy: Policy) -> Slot:
        """The same with the bucket of what asks alike, where another question's answer may do.

        It may not where a cosine with this very question was asked for, and where nothing tells what the question is about.
        """
        plain = self.semantic and query.mode == "hybrid" and query.min_score is None and not query.scores
        guard = guard_of(query.text, query.names) if plain else None
        if guard is None:
            return slot
        return Slot(slot.tenant_id, slot.name, bucket_name(self.key, place, query, policy), guard)

    def exact(self, slot: Slot) -> Kept | None:
        """What is kept for the question itself."""
        entry = self.store.get(slot.tenant_id, slot.name)
        return None if entry is None else _read(entry)

    def alike(self, slot: Slot, vector: Vector) -> tuple[str, Kept] | None:
        """What is kept for another question that asks the same, and its name."""
        if slot.bucket is None or slot.guard is None:
            return None
        entries = {name: _read(entry) for name, entry in self.store.alike(slot.tenant_id, slot.bucket).items()}
        return best_alike({name: one for name, one in entries.items() if one is not None}, slot.guard, vector, LEAST_COSINE)

    def keep(self, slot: Slot, kept: Kept) -> None:
        """Keep an answer that is whole."""
        if len(kept.hits) <= MOST_HITS:
            self.store.put(slot.tenant_id, slot.name, kept.encoded(), slot.bucket)

    def drop(self, slot: Slot, name: str) -> None:
        """An entry that was not confirmed is not asked for again."""
        self.store.drop(slot.tenant_id, name)


def open_cache(
    kind: str,
    secret: bytes,
    most_entries: int,
    seconds: float,
    redis: tuple[str, float] | None,
    lost: Callable[[], None],
    instruction: str = "",
) -> Cache | None:
    """The cache of `kind`, in the Redis at an URL with a timeout, else in memory; None if it is off. Raises `BadCacheStore`.

    `instruction` stands before questions for the model: services that share a Redis and differ in it share no answers.
    """
    if kind == "off":
        return None
    store: CacheStore = MemoryCache(most_entries, seconds)
    if redis is not None:
        store = open_redis_cache(*redis, _derived(secret, "sealing"), most_entries, seconds, lost)
    return Cache(store, _derived(secret, f"names {instruction}"), kind == "semantic")


def _read(entry: bytes) -> Kept | None:
    try:
        return decoded(entry)
    except ValueError:
        return None


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.new(secret, f"portcullis cache {purpose}".encode(), hashlib.sha256).digest()
