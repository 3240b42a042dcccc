"""A question becomes passages: redact, embed, search, recheck, and again until enough are confirmed.

Every round asks the index anew without the points that the catalog refuses, and all of its hits are rechecked together. So
points that should be gone take no place in the order, and an answer comes whole from one moment of the catalog. What was refused
is rechecked too: a point that was written and not yet flipped in one round may be the one that is served in the next.

An answer that was found before is proposed by the cache in the index's place, and confirmed in the same way (`recall.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

import numpy as np
from anyio import to_thread

from acl.scope import ReadScope
from catalog.collections import LiveCollection, Shelf, live_collection
from catalog.documents import find_sources
from catalog.errors import NoLiveCollection
from catalog.ids import ChunkId, DocumentId, SourceId, TenantId, utc_now
from catalog.session import ReadSession, reading
from catalog.tenants import corpus_epoch
from index.errors import CollectionMissing
from index.lexical import query_vector
from index.model import Embedder
from index.point import SearchQuery, Vector
from index.reader import Reader
from privacy.stand_in import as_read
from retrieval.cache_key import Place
from retrieval.confirm import confirm
from retrieval.fade import fade
from retrieval.fields import Sieve
from retrieval.identity import Asker
from retrieval.query import CacheUse, Confirmed, Found, Passage, Query
from retrieval.rank import folded, placed
from retrieval.recall import Look, Recalled, Settled, by_another, by_itself, keep, look_in, stands
from retrieval.screening import Screening
from retrieval.services import Services
from retrieval.timeline import note_stage
from retrieval.verbatim import lift, read_verbatim

ROUNDS = 8
"""Questions to the index for one answer. Each asks for twice as many as the last if there were too few."""
FIRST_LIMIT = 16
"""Asked for at least, so that duplicates and a few stale points cost no second round."""
BY_WORD = 200
"""Looked through for codes and quoted phrases: an index of words cannot tell a phrase from its words in another order."""

NO_SOURCE = SourceId(0)
"""Numbers start at 1. A source that is not there is searched like one that cannot be read: the same stages, the same time."""

EMBEDDER_DOWN = "embedder_down"
MOST_DOCUMENTS = 5000
"""As many may be listed to the index, which costs it about a millisecond for a thousand."""
MOST_THINNED = 16

MOST = 3072
"""Hits of one question to the index. Who asks for one passage of each document could have it all read out otherwise."""

Scored = TypeVar("Scored", Confirmed, Passage)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a question is asked: the collection that serves, the sources that are meant, and the corpus as it is before that."""

    collection: LiveCollection
    sources: tuple[SourceId, ...] | None
    corpus_epoch: int


@dataclass(frozen=True, slots=True)
class Among:
    """The documents that a filter leaves to search in; None where they are all, or too many to list.

    Then hits that do not pass are refilled, and more are asked for from the start: `thinned` times as many.
    """

    documents: tuple[DocumentId, ...] | None
    thinned: int
    corpus_epoch: int


EVERYWHERE = Among(None, 1, -1)


async def search(
    services: Services, asker: Asker, query: Query, screening: Screening | None = None, *, use_cache: bool = True
) -> Found:
    """The best `query.top_k` passages that the asker may read and `screening` keeps.

    Raises `CatalogUnavailable`, `IndexFault`.
    """
    clock, screening = Clock(), screening or Screening()
    try:
        return await _search(services, asker, query, screening, clock, use_cache)
    except CollectionMissing:  # another took its place meanwhile, and it was dropped: the catalog knows which
        return await _search(services, asker, query, screening, clock, use_cache)


async def _search(services: Services, asker: Asker, query: Query, screening: Screening, clock: Clock, use_cache: bool) -> Found:
    began = utc_now()
    start, seen, recalled = await to_thread.run_sync(_begin, services, asker, query, screening, clock, use_cache)
    if start is None:
        return Found((), True, began, None, clock.stages, services.embedder.tokens, asker.scope.policy_epoch)
    collection, sources = start.collection, start.sources
    if recalled is not None:
        return _recalled(services, start, recalled, "exact", clock)
    embedder, look, lost = await to_thread.run_sync(look_for, services, collection, query)
    verbatim = read_verbatim(query.text, query.names)
    words = query_vector(verbatim.words, embedder.language) if verbatim else None
    clock.lap("embed")
    if seen is not None and look.dense is not None and seen.cache.semantic:
        recalled = await to_thread.run_sync(by_another, seen, look.dense)
        clock.lap("cache")
        if recalled is not None:
            return _recalled(services, start, recalled, "semantic", clock)
    shelves = collection.shelves if query.when.past else (collection.current,)
    readers = [Reader(services.index, shelf.name, to_thread.current_default_thread_limiter()) for shelf in shelves]
    scope, skip, limit = asker.scope, frozenset[ChunkId](), _first_limit(query)
    among = EVERYWHERE
    if query.sieve is not None:
        among = await to_thread.run_sync(_among, services, asker, scope, query, query.sieve)
        limit *= among.thinned
        clock.lap("filter")
    passages: tuple[Passage, ...] = ()
    exhausted, settled, as_of, epoch, policy, corpus = False, False, began, -1, asker.scope.policy_epoch, 0
    for _ in range(ROUNDS):
        here = replace(look, limit=limit, sources=sources, skip=skip, documents=among.documents, floor=query.min_score)
        found = [await r.search(here, scope) for r in readers]
        hits = [hit for part in found for hit in part]
        near = frozenset(hit.chunk_id for hit in hits)
        if words is not None:
            wide = replace(here, dense=None, lexical=words, limit=max(limit, BY_WORD))
            by_word = [await r.search(wide, scope) for r in readers]
            hits += (replace(hit, score=0.0) for part in by_word for hit in part if hit.chunk_id not in near)
        clock.lap("search")
        checked = await to_thread.run_sync(confirm, services, asker, scope, hits, query, skip, epoch)
        clock.lap("recheck")
        kept = checked.result.confirmed
        if screening.policy == "drop":
            kept = await to_thread.run_sync(screening.kept, kept)
            clock.lap("screen")
        lifted = lift(fade(kept, query.decay, query.when.at or began), verbatim)
        confirmed = [one for one in lifted if one.exact or one.chunk.chunk_id in near]
        if look.dense is not None and query.min_score is not None and len(hits) > len(near):
            told = await to_thread.run_sync(_with_cosines, services, shelves, asker.tenant_id, look.dense, confirmed)
            confirmed = [one for one in told if one.dense is not None and one.dense >= query.min_score]
        groups = folded(confirmed, query.top_k, query.dedup, checked.signatures, query.max_per_document)
        passages = placed(groups)
        clock.lap("rank")
        as_of, policy, corpus = checked.as_of, checked.scope.policy_epoch, checked.corpus_epoch
        exhausted = all(len(part) < limit for part in found)
        stale = checked.result.dropped - checked.result.filtered
        settled = not (stale or checked.revived) and checked.scope.labels == scope.labels
        if settled and (exhausted or len(passages) == query.top_k or limit >= MOST):
            break
        epoch = checked.corpus_epoch
        if query.sieve is not None and (epoch != among.corpus_epoch or checked.scope.labels != scope.labels):
            among = await to_thread.run_sync(_among, services, asker, checked.scope, query, query.sieve)
        scope, skip = checked.scope, (skip - checked.revived) | checked.result.dropped
        if len(passages) < query.top_k:
            limit *= 2
    complete = (exhausted and not lost) or len(passages) == query.top_k
    if query.scores and look.dense is not None:
        passages = tuple(await to_thread.run_sync(_with_cosines, services, shelves, asker.tenant_id, look.dense, passages))
        clock.lap("rank")
    if services.shadow is not None and not lost:
        services.shadow.offer(collection.name, replace(look, sources=sources, documents=among.documents), scope)
    if seen is not None and settled and complete and not lost and stands(seen, checked):
        took_ms = sum(clock.stages.values())
        await to_thread.run_sync(keep, seen, Settled(groups, passages, checked.result.confirmed, kept, near, took_ms, look.dense))
        clock.lap("cache")
    use: CacheUse = "off" if services.cache is None else "miss" if use_cache else "bypass"
    return Found(passages, complete, as_of, collection.name, clock.stages, embedder.tokens, policy, lost, corpus, use)


def _begin(
    services: Services, asker: Asker, query: Query, screening: Screening, clock: Clock, use_cache: bool
) -> tuple[Start | None, Look | None, Recalled | None]:
    """Where to ask, what there is to do with the cache, and the answer if it is kept: all of one moment of the catalog."""
    began = utc_now()
    with reading(services.catalog) as session:
        start = _where(session, asker.tenant_id, query.sources)
        clock.lap("catalog")
        if start is None or services.cache is None or not use_cache:
            return start, None, None
        where = start.collection
        place = Place(asker.tenant_id, asker.scope.digest, start.corpus_epoch, where.name, where.embedder)
        seen = look_in(services, services.cache, asker, place, query, screening)
        recalled = None if seen is None else by_itself(seen, session, began)
        clock.lap("cache")
        return start, seen, recalled


def _recalled(services: Services, start: Start, done: Recalled, use: CacheUse, clock: Clock) -> Found:
    """What was kept is whole: nothing else is. It was confirmed at the corpus that the question was asked of."""
    saved_ms = max(0.0, done.took_ms - sum(clock.stages.values()))
    collection, asked, policy = start.collection, done.permissions_as_of, done.policy_epoch
    tokens = services.embedder_of(collection).tokens
    found = (done.passages, True, asked, collection.name, clock.stages, tokens, policy, (), start.corpus_epoch)
    return Found(*found, cache=use, saved_ms=saved_ms)


def _first_limit(query: Query) -> int:
    """More where the order of the index is not that of the answer, and where places may go to waste."""
    choosy = query.max_per_document is not None or query.decay is not None
    return max(FIRST_LIMIT, 2 * query.top_k) * (2 if choosy else 1)


def _with_cosines(
    services: Services, shelves: Sequence[Shelf], tenant_id: TenantId, question: Vector, found: Sequence[Scored]
) -> list[Scored]:
    """What was confirmed, each with its cosine: for those that only their words brought the index is asked for the vector."""
    unknown = [one.chunk.chunk_id for one in found if one.dense is None]
    vectors: dict[ChunkId, Vector] = {}
    for shelf in shelves if unknown else ():
        vectors |= services.index.vectors(shelf.name, tenant_id, unknown)
    cosines = {id_: float(np.dot(question, vector)) for id_, vector in vectors.items()}
    return [replace(one, dense=cosines.get(one.chunk.chunk_id, one.dense)) for one in found]


def _where(session: ReadSession, tenant_id: TenantId, names: tuple[str, ...] | None) -> Start | None:
    """None before anything was indexed."""
    try:
        collection = live_collection(session)
    except NoLiveCollection:
        return None
    epoch = corpus_epoch(session, tenant_id)
    if names is None:
        return Start(collection, None, epoch)
    return Start(collection, tuple(sorted(find_sources(session, tenant_id, names).values())) or (NO_SOURCE,), epoch)


def look_for(services: Services, collection: LiveCollection, query: Query) -> tuple[Embedder, SearchQuery, tuple[str, ...]]:
    """The model that the collection was made by, what to look for by `query.mode`, and what could not be had.

    A model that fails costs a question its vector, not its answer.
    """
    embedder = services.embedder_of(collection)
    terms = None if query.mode == "dense" else query_vector("\n".join((query.text, *query.names)), embedder.language)
    if query.mode == "lexical":
        return embedder, SearchQuery(None, terms, limit=1), ()
    try:
        dense = embedder.embed_query(as_read(query.text))
        if query.asked is not None:
            both = dense + embedder.embed_query(query.asked)
            dense = both / np.linalg.norm(both)
    except Exception:
        if terms is None or not terms.indices or query.min_score is not None:  # nobody can tell who is below the floor
            raise
        return embedder, SearchQuery(None, terms, limit=1), (EMBEDDER_DOWN,)
    return embedder, SearchQuery(dense, terms, limit=1), ()


def _among(services: Services, asker: Asker, scope: ReadScope, query: Query, sieve: Sieve) -> Among:
    with reading(services.catalog) as session:
        found = services.facts.find(session, asker.tenant_id, sieve, scope.labels, past=query.when.past)
    if len(found.documents) <= MOST_DOCUMENTS:
        return Among(found.documents, 1, found.corpus_epoch)
    return Among(None, min(MOST_THINNED, -(-found.readable // len(found.documents))), found.corpus_epoch)


class Clock:
    """Milliseconds by stage; a stage that comes again adds up. The request's timeline, where there is one, has each lap."""

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._last = now()
        self.stages: dict[str, float] = {}

    def skip(self) -> None:
        """What passed since the last lap is told by another clock."""
        self._last = self._now()

    def lap(self, stage: str) -> None:
        """What passed since the last lap belongs to `stage`."""
        now = self._now()
        self.stages[stage] = self.stages.get(stage, 0.0) + (now - self._last) * 1000
        note_stage(stage, self._last, now)
        self._last = now
