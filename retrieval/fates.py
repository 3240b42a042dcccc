"""What the catalog says today of the passages of an earlier answer: the facts that `retrieval/differences.py` judges."""

from __future__ import annotations

from collections.abc import Sequence

from acl.explain import explain
from acl.scope import ReadScope
from catalog.became import Became, came_at, what_became
from catalog.ids import ChunkId
from catalog.requests import KeptRequest, KeptResult
from catalog.session import ReadSession
from catalog.supersession import superseded
from catalog.text import StoredChunk, held_chunks
from catalog.versions import When
from retrieval.differences import Bounds, Difference, Fate, Place, differences
from retrieval.identity import Asker
from retrieval.query import Found, Passage, Query
from retrieval.screening import Screening


def places_then(session: ReadSession, request: KeptRequest, count: int, when: When) -> tuple[list[Place], list[int]]:
    """The passages of the answer that something is still known of, and the places of the others; it had `count` in all."""
    became = what_became(session, request.tenant_id, (one.document_id for one in request.results), when)
    then = [
        Place(
            one.place,
            one.chunk_id,
            became[one.document_id].name,
            one.arrival,
            became[one.document_id].labels.get(one.arrival),
            one.score,
            one.dense,
        )
        for one in request.results
        if one.document_id in became
    ]
    known = {one.place for one in then}
    return then, [place for place in range(1, count + 1) if place not in known]


def compared(
    session: ReadSession,
    asker: Asker,
    scope: ReadScope,
    request: KeptRequest,
    then: Sequence[Place],
    erased: Sequence[int],
    query: Query,
    found: Found,
    deeper: Found,
    screening: Screening,
) -> list[Difference]:
    """What differs. `deeper` is what is found where more is asked for; `scope` and `session` are of one moment."""
    here = {passage.chunk.chunk_id for passage in found.passages}
    gone = [one for one in request.results if one.chunk_id not in here]
    known = {one.chunk_id for one in request.results}
    new = [passage for passage in found.passages if passage.chunk.chunk_id not in known]
    dates = came_at(session, asker.tenant_id, (passage.chunk.version_id for passage in new))
    arrived = {
        passage.chunk.chunk_id: dates[passage.chunk.version_id]
        for passage in new
        if passage.chunk.version_id in dates and dates[passage.chunk.version_id] > request.made_at
    }
    return differences(
        then,
        erased,
        [_place(passage) for passage in found.passages],
        _fates(session, asker, scope, gone, query, deeper, screening),
        {name: passage.ref for passage in reversed(found.passages) for name in passage.duplicates},
        Bounds(query.min_score, query.max_per_document),
        arrived,
    )


def _fates(
    session: ReadSession,
    asker: Asker,
    scope: ReadScope,
    gone: Sequence[KeptResult],
    query: Query,
    deeper: Found,
    screening: Screening,
) -> dict[ChunkId, Fate]:
    became = what_became(session, asker.tenant_id, (one.document_id for one in gone), query.when)
    passes = _everything if query.sieve is None else query.sieve.test()
    stored = held_chunks(session, asker.tenant_id, [one.chunk_id for one in gone], query.when, scope.labels, passes)
    replaced = superseded(session, asker.tenant_id, became, query.when, scope.labels)
    places = {passage.chunk.chunk_id: _place(passage) for passage in deeper.passages}
    fates: dict[ChunkId, Fate] = {}
    for one in gone:
        document, chunk = became.get(one.document_id), stored.get(one.chunk_id)
        if document is None or not document.served:
            fates[one.chunk_id] = Fate(served=False)
            continue
        readable = document.label in scope.labels and (chunk is None or chunk.version_access in scope.labels)
        fates[one.chunk_id] = Fate(
            served=True,
            readable=readable,
            access="" if readable else _access(session, asker, document),
            relabelled=document.label != one.label,
            meant=None if document.meant is None else (document.meant.arrival, document.meant.label, document.meant.came_at),
            stored=chunk is not None,
            superseded=one.document_id in replaced,
            elsewhere=query.sources is not None and document.source not in query.sources,
            filtered=chunk is not None and not passes(chunk),
            screened=chunk is not None and screening.policy == "drop" and bool(screening.flags(chunk)),
            deeper=places.get(one.chunk_id),
        )
    return fates


def _access(session: ReadSession, asker: Asker, document: Became) -> str:
    told = explain(session, asker.tenant_id, f"user:{asker.person.name}", document.name)
    if told.allowed:
        return "an earlier version has a list of its own, which does not let him."
    return told.lines()[0]


def _place(passage: Passage) -> Place:
    chunk = passage.chunk
    return Place(
        passage.ref, chunk.chunk_id, chunk.document_name, chunk.arrival, chunk.version_label, passage.score, passage.dense
    )


def _everything(_: StoredChunk) -> bool:
    return True
