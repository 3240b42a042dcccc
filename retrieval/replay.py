"""A kept question asked again, in the name of the same person, to see what differs from the answer of then and why.

Who may read is decided by today's lists, whatever is asked for: `then` chooses versions, never permissions. Nothing of a passage
leaves but ids, scores and reasons, and on request the texts of those that were confirmed just now. For operators.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import anyio
from sqlalchemy import Engine

from acl.store import find_person_by_id, find_scope, names_of
from catalog.audit import record
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.requests import KeptRequest, find_request
from catalog.session import ReadSession, reading, transaction
from catalog.tenants import find_tenant
from catalog.text import held_chunks
from catalog.versions import NOW, When
from privacy.span import Redaction
from retrieval.asked import as_query
from retrieval.differences import Difference, unasked
from retrieval.errors import UnknownRequest
from retrieval.fates import compared, places_then
from retrieval.fields import Sieve, typed
from retrieval.identity import Asker
from retrieval.logged import Logged, bound, read
from retrieval.query import Found, Query
from retrieval.recheck import may_pass
from retrieval.request_log import log_seal
from retrieval.rerank import RERANKER_DOWN, rerank
from retrieval.screening import Screening
from retrieval.search import EMBEDDER_DOWN, search
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_filter import tree_of

Mode = Literal["as_it_was", "now"]


@dataclass(frozen=True, slots=True)
class Replay:
    """`found` is what is found now, each passage confirmed just now; None: the person is gone or disabled, and nothing was asked.

    `notes`: what the answers as a whole differ by, each a code and a sentence.
    """

    request_id: UUID
    person: str  # by the name that he has, or had last
    made_at: datetime
    mode: Mode
    logged: Logged = field(repr=False)
    found: Found | None = field(repr=False)
    withheld: bool  # whether it was asked without words that it took over in its session
    differences: tuple[Difference, ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A kept request, opened."""

    tenant_id: TenantId
    request: KeptRequest
    logged: Logged
    person: str
    asker: Asker | None
    withheld: bool  # whether words of passages stand in what was looked for that the person may not read now


def replay(
    services: Services,
    limits: RetrievalSettings,
    tenant: str,
    request_id: UUID,
    mode: Mode,
    replay_id: UUID,
    *,
    texts: bool = False,
) -> Replay:
    """Ask it again. Nothing is told before the audit has it.

    Raises `UnknownTenant`, `UnknownRequest` (lapsed, never kept, another tenant's: all alike), `SealBroken`, `RequestUnreadable`,
    `BadFilter` where a field is declared no more, and what searching raises. Not for use inside an event loop.
    """
    kept = _open(services, tenant, request_id)
    done = _unasked(services.catalog, kept, mode) if kept.asker is None else _asked(services, limits, kept, kept.asker, mode)
    found = () if done.found is None else done.found.passages
    details: dict[str, Any] = {"request_id": str(replay_id), "replayed": str(request_id), "mode": mode, "texts": int(texts)}
    details |= {"results": len(found), "versions": list(dict.fromkeys(int(one.chunk.version_id) for one in found))}
    with transaction(services.catalog) as write:
        record(write, kept.tenant_id, actor="operator", action="replay", object_=f"user:{kept.person}", details=details)
    return done


def _open(services: Services, tenant: str, request_id: UUID) -> _Kept:
    with reading(services.catalog) as session:
        tenant_id = find_tenant(session, tenant)
        request = find_request(session, tenant_id, request_id, utc_now())
        if request is None:
            raise UnknownRequest
        sealed_to = bound(tenant_id, request_id, request.person_id)
        logged = read(log_seal(services.question_key).open(request.sealed, sealed_to))
        person = find_person_by_id(session, tenant_id, request.person_id)
        name = _name(session, tenant_id, request.person_id)
        if person is None:
            return _Kept(tenant_id, request, logged, name, None, withheld=logged.rewritten)
        scope = services.scopes.find(session, tenant_id, person)
        asker = Asker(tenant_id, person, scope, "operator")
        return _Kept(tenant_id, request, logged, name, asker, _withheld(session, asker, request, logged))


def _withheld(session: ReadSession, asker: Asker, request: KeptRequest, logged: Logged) -> bool:
    """Whether the rewritten question leans on a passage of which the person may read no version now."""
    if not logged.rewritten or not request.leanings:
        return False
    ids = [chunk for chunk, _ in request.leanings]
    stored = held_chunks(session, asker.tenant_id, ids, When(every=True), asker.scope.labels)
    return not all(id_ in stored and may_pass(stored[id_], asker.scope, None) for id_ in ids)


def _name(session: ReadSession, tenant_id: TenantId, person_id: PrincipalId) -> str:
    found = names_of(session, tenant_id, [person_id]).get(person_id)
    return "?" if found is None else found.name


def _unasked(catalog: Engine, kept: _Kept, mode: Mode) -> Replay:
    why = "The person is not there any more, or is disabled: he may read nothing, so nothing is looked for."
    with reading(catalog) as session:
        then, _ = places_then(session, kept.request, kept.logged.results, NOW)
    notes = (("person_gone", why),)
    return _told(kept, mode, None, unasked(then, "The person may not ask any more."), notes)


def _asked(services: Services, limits: RetrievalSettings, kept: _Kept, asker: Asker, mode: Mode) -> Replay:
    services = replace(services, shadow=None, cache=None)  # a question for the operator's sake measures nothing
    query, request = _query(limits, kept, mode)
    if request.rerank and services.reranker is not None:
        query = replace(query, top_k=max(query.top_k, limits.rerank_passages))
    screening = Screening(limits.screen)
    found = anyio.run(_search, services, limits, asker, query, request, screening)
    with reading(services.catalog) as session:
        then, erased = places_then(session, kept.request, kept.logged.results, query.when)
        here = {passage.chunk.chunk_id for passage in found.passages}
        gone = [one.chunk_id for one in then if one.chunk_id not in here]
    deeper = Found((), True, kept.request.made_at, None, {}, found.tokens, 0)
    if gone:
        wide = replace(query, top_k=100, dedup="off", max_per_document=None, min_score=None, scores=True)
        deeper = anyio.run(search, services, asker, wide, screening)
    with reading(services.catalog) as session:
        scope = find_scope(session, asker.tenant_id, asker.person)  # reasons are those of this moment
        told = compared(session, asker, scope, kept.request, then, erased, query, found, deeper, screening)
    return _told(kept, mode, found, told, _notes(services, limits, kept, asker, request, found))


async def _search(
    services: Services, limits: RetrievalSettings, asker: Asker, query: Query, request: RetrieveRequest, screening: Screening
) -> Found:
    found = await search(services, asker, query, screening)
    if request.rerank and services.reranker is not None:
        found = await rerank(services.reranker, query.text, found, request.top_k, limits.rerank_seconds)
    return found


def _query(limits: RetrievalSettings, kept: _Kept, mode: Mode) -> tuple[Query, RetrieveRequest]:
    """What is looked for: as then, but for the moment whose versions are meant, and for words that may not be read any more."""
    logged = kept.logged
    text = logged.question if kept.withheld else logged.searched
    request = RetrieveRequest.model_validate_json(json.dumps({"query": text, **logged.options, "filter": logged.filter}))
    sieve = None if request.filter is None else Sieve(typed(tree_of(request.filter), limits.fields), limits.fields)
    query = as_query(request, Redaction(text, (), (), ()), sieve)
    at = query.when.at or (kept.request.made_at if mode == "as_it_was" else None)
    return replace(query, when=replace(query.when, at=at), scores=True), request


def _told(kept: _Kept, mode: Mode, found: Found | None, told: list[Difference], notes: tuple[tuple[str, str], ...]) -> Replay:
    request = kept.request
    return Replay(request.request_id, kept.person, request.made_at, mode, kept.logged, found, kept.withheld, tuple(told), notes)


def _notes(
    services: Services, limits: RetrievalSettings, kept: _Kept, asker: Asker, request: RetrieveRequest, found: Found
) -> tuple[tuple[str, str], ...]:
    logged = kept.logged
    without = {*logged.warnings} & {EMBEDDER_DOWN, RERANKER_DOWN}
    every = (
        (logged.scope not in ("", asker.scope.digest), "permissions", "What the person may read is not what it was then."),
        (
            logged.collection != found.collection,
            "collection",
            f"The index was made anew: {logged.collection} answered then, {found.collection} now.",
        ),
        (bool(without), "degraded_then", f"The answer of then went without: {', '.join(sorted(without))}."),
        (bool(found.lost), "degraded_now", f"This one goes without: {', '.join(found.lost)}."),
        (
            request.rerank and services.reranker is None,
            "no_reranker",
            "A cross-encoder ordered the answer of then, and there is none here.",
        ),
        (logged.screen != limits.screen, "screen", f"RETRIEVAL_SCREEN was {logged.screen}, and is {limits.screen}."),
        (
            logged.named,
            "names",
            "The question named somebody. The names as typed, which were looked for as words besides, are not kept.",
        ),
        (logged.token_groups, "token_groups", "His token said which groups he is in; here the catalog says it."),
        (
            kept.withheld,
            "rewriting_withheld",
            "In its session the question took over words of passages that the person may not read now: it is asked without them.",
        ),
    )
    return tuple((code, why) for holds, code, why in every if holds)
