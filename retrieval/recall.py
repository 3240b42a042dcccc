"""An answer from the cache: what is kept is confirmed and ranked again, as if the index had just found it.

It stands only if all of it is confirmed, for the same labels, at the corpus that it was found in: then a search would find the
same. Else there is no answer here, and the search goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.ids import ChunkId, utc_now
from catalog.session import ReadSession, reading
from index.point import Vector
from retrieval.cache import Cache, Slot
from retrieval.cache_key import Place
from retrieval.confirm import Checked, confirm_in
from retrieval.fade import fade
from retrieval.identity import Asker
from retrieval.kept import Kept, kept_hits
from retrieval.query import Confirmed, Passage, Query
from retrieval.rank import rank
from retrieval.screening import Screening
from retrieval.services import Services
from retrieval.verbatim import lift, read_verbatim


@dataclass(frozen=True, slots=True)
class Look:
    """One question's dealings with the cache."""

    services: Services
    cache: Cache
    asker: Asker
    place: Place
    query: Query
    screening: Screening
    slot: Slot


@dataclass(frozen=True, slots=True)
class Recalled:
    """The passages of a kept answer, confirmed just now. `took_ms`: of the search that it stands for."""

    passages: tuple[Passage, ...]
    permissions_as_of: datetime
    policy_epoch: int
    took_ms: float


@dataclass(frozen=True, slots=True)
class Settled:
    """How a search ended: its places with what was folded into each, and what they were chosen from.

    `confirmed` is what the catalog let through, with the index's scores; `left` is what screening left of it.
    """

    groups: Sequence[Sequence[Confirmed]]
    passages: tuple[Passage, ...]
    confirmed: Sequence[Confirmed]
    left: Sequence[Confirmed]
    near: frozenset[ChunkId]
    took_ms: float
    vector: Vector | None


def look_in(services: Services, cache: Cache, asker: Asker, place: Place, query: Query, screening: Screening) -> Look | None:
    """What there is to do with the cache for `query`; None where its answer cannot be kept."""
    slot = cache.slot(place, query, screening.policy)
    return None if slot is None else Look(services, cache, asker, place, query, screening, slot)


def by_itself(look: Look, session: ReadSession, as_of: datetime) -> Recalled | None:
    """What was kept for this question, in the read transaction that saw the corpus, which began at `as_of` or later."""
    kept = look.cache.exact(look.slot)
    return None if kept is None else _recall(look, session, as_of, kept, look.slot.name)


def by_another(look: Look, vector: Vector) -> Recalled | None:
    """What was kept for a question that asks the same; `vector` is this one's. Raises `CatalogUnavailable`."""
    found = look.cache.alike(_wider(look), vector)
    if found is None:
        return None
    as_of = utc_now()
    with reading(look.services.catalog) as session:
        return _recall(look, session, as_of, found[1], found[0])


def keep(look: Look, done: Settled) -> None:
    """Keep the answer for this question, and for those that ask the same. Only one that `stands`, and is whole."""
    left = {one.chunk.chunk_id for one in done.left}
    screened_out = {one.chunk.chunk_id for one in done.confirmed} - left
    hits = kept_hits(done.groups, done.passages, done.confirmed, screened_out)
    slot = _wider(look)
    look.cache.keep(slot, Kept(hits, done.near & {hit.chunk_id for hit in hits}, done.took_ms, slot.guard, done.vector))


def stands(look: Look, checked: Checked) -> bool:
    """Whether what was checked belongs to the place that the question was asked of: the same labels, the same corpus."""
    return checked.corpus_epoch == look.place.corpus_epoch and checked.scope.labels == look.asker.scope.labels


def _wider(look: Look) -> Slot:
    return look.cache.wider(look.slot, look.place, look.query, look.screening.policy)


def _recall(look: Look, session: ReadSession, as_of: datetime, kept: Kept, name: str) -> Recalled | None:
    checked = confirm_in(session, as_of, look.services, look.asker, look.asker.scope, kept.hits, look.query)
    if checked.result.dropped or not stands(look, checked):
        look.cache.drop(look.slot, name)
        return None
    query = look.query
    left = look.screening.kept(checked.result.confirmed)
    lifted = lift(fade(left, query.decay, query.when.at or checked.as_of), read_verbatim(query.text, query.names))
    confirmed = [one for one in lifted if one.exact or one.chunk.chunk_id in kept.near]
    passages = rank(confirmed, query.top_k, query.dedup, checked.signatures, query.max_per_document)
    return Recalled(passages, checked.as_of, checked.scope.policy_epoch, kept.took_ms)
