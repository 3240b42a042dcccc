"""From a checked request to the whole answer: the one path behind `POST /v1/retrieve` and `portcullis search`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import anyio
from anyio import to_thread

from catalog.errors import PortcullisError
from retrieval.asked import Asked, read_request, sessions_of
from retrieval.audit_writer import Note
from retrieval.audited import DIGEST_CHARACTERS, keep, keep_failure, keyed_digest
from retrieval.body import NO_SESSION, UNAUDITED, body_of, session_body
from retrieval.conversation import remember
from retrieval.errors import DeadlineExceeded
from retrieval.expand import NOTHING
from retrieval.identity import Asker, asker_by_operator
from retrieval.known import KnownTo
from retrieval.log_answer import entry_of, log_answer
from retrieval.packed import pack_for
from retrieval.query import Found
from retrieval.rerank import rerank
from retrieval.screen import screen
from retrieval.screening import Screening
from retrieval.search import Clock, search
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.surroundings import surroundings
from retrieval.tokenizers import named_tokens
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse, UsageBody


def ask(services: Services, limits: RetrievalSettings, tenant: str, person: str, request: RetrieveRequest) -> RetrieveResponse:
    """The answer to the operator's question in the name of `person`: the body that `POST /v1/retrieve` gives to a key.

    Raises `UnknownTenant`, `UnknownPerson` and all that `answer` raises. Not for use inside an event loop.
    """
    request_id = uuid4()
    asker = asker_by_operator(services.catalog, tenant, person, request_id, "retrieve")
    return anyio.run(answer, services, limits, asker, request, request_id)


async def answer(
    services: Services, limits: RetrievalSettings, asker: Asker, request: RetrieveRequest, request_id: UUID
) -> RetrieveResponse:
    """What `asker` may read about the question; it leaves only when the audit has it, unless `limits` say otherwise.

    Raises what `read_request` raises, `UnknownTokenizer`, `CatalogUnavailable` and `IndexFault`.
    """
    whole, clock = Clock(), Clock()
    digest = keyed_digest(services.question_key, asker.tenant_id, request.query)
    noted = Note(asker.tenant_id, asker.actor, "retrieve", f"user:{asker.person.name}", _asked(request_id, digest, asker.issuer))
    try:
        body, found, asked = await _answer(services, limits, asker, request, request_id, clock)
    except asyncio.CancelledError:
        late = {**noted.details, "failed": DeadlineExceeded.code}
        with suppress(PortcullisError):
            if services.audit is not None:  # handed over without waiting: the time is over
                services.audit.put(replace(noted, action="retrieve.failed", details=late))
        raise
    except Exception as error:
        code = error.code if isinstance(error, PortcullisError) else PortcullisError.code
        await keep_failure(services, replace(noted, action="retrieve.failed", details={**noted.details, "failed": code}))
        raise
    noted = replace(noted, details={**noted.details, **_handed_out(found, asked)})
    warnings = list(body.warnings)
    if not await keep(services, noted, required=limits.audit == "required"):
        warnings.append(UNAUDITED)
    clock.lap("audit")
    session = None
    if asked.conversation is not None:
        session = session_body(asked.conversation, await remember(sessions_of(services, limits), asked.conversation, found))
        warnings += [NO_SESSION] if session.turn is None else []
        clock.lap("session")
    whole.lap("retrieve")
    stages = {name: round(ms, 3) for name, ms in ({"scope": asker.scope_ms} | found.stages | clock.stages).items()}
    took_ms, calls = round(whole.stages["retrieve"], 3), _model_calls(services, found, asked)
    told = {"cache": found.cache, "saved_ms": round(found.saved_ms, 3)}
    usage = UsageBody(took_ms=took_ms, stages=stages, tokens=_tokens(body), model_calls=calls, **told)
    done = body.model_copy(update={"usage": usage, "warnings": warnings, "session": session})
    unlogged = await log_answer(services, entry_of(asker, request, asked, found, done, request_id, limits.screen))
    return done.model_copy(update={"warnings": [*warnings, *unlogged]}) if unlogged else done


async def _answer(
    services: Services, limits: RetrievalSettings, asker: Asker, request: RetrieveRequest, request_id: UUID, clock: Clock
) -> tuple[RetrieveResponse, Found, Asked]:
    counted = named_tokens(request.context.tokenizer, services.tokenizers)
    asked = await read_request(services, limits, asker, request, request_id, clock)
    cache = services.cache if request.cache == "use" else None
    known = None if cache is None else KnownTo(cache.known, asker.scope.digest)
    screening = Screening(limits.screen) if known is None else Screening(limits.screen, read=known.of(screen))
    found = await search(services, asker, asked.query, screening, use_cache=request.cache == "use")
    if known is not None:
        found, counted = replace(found, tokens=known.tokens(found.tokens)), counted and known.tokens(counted)
    clock.skip()
    if request.rerank and services.reranker is not None:
        found = await rerank(services.reranker, asked.query.text, found, request.top_k, limits.rerank_seconds)
        clock.lap("rerank")
    around, whole = NOTHING, "context" in request.include
    if whole and request.context.expand != "none":
        wanted = (services, asker, asked.query, found.passages, request.context.expand, screening)
        around = await to_thread.run_sync(surroundings, *wanted)
        clock.lap("expand")
    pack = partial(pack_for, request.context, found.passages, around, counted or found.tokens)

    def told() -> RetrieveResponse:
        packed = pack(limits.default_context_tokens, asked.query.text, request_id) if whole else None
        return body_of(found, request, packed, screening, request_id, operator=asker.actor == "operator", flagged=asked.flagged)

    body = await to_thread.run_sync(told)
    clock.lap("pack")
    return body, found, asked


def _tokens(body: RetrieveResponse) -> int:
    """The same passages stand in the context and in the results: the larger of the two is what was handed out."""
    texts = sum(result.tokens for result in body.results if result.text is not None)
    return max(texts, 0 if body.context is None else body.context.tokens)


def _model_calls(services: Services, found: Found, asked: Asked) -> int:
    return int("embed" in found.stages) + int(services.rewriter is not None and asked.conversation is not None)


def _asked(request_id: UUID, question: str, issuer: str | None) -> dict[str, Any]:
    return {"request_id": str(request_id), "question": question} | ({} if issuer is None else {"issuer": issuer})


def _handed_out(found: Found, asked: Asked) -> dict[str, Any]:
    versions = list(dict.fromkeys(int(passage.chunk.version_id) for passage in found.passages))
    told: dict[str, Any] = {"results": len(found.passages), "versions": versions, "policy_epoch": found.policy_epoch}
    if asked.flagged:
        told["question_flagged"] = True
    if asked.conversation is not None:
        told["session"] = asked.conversation.key.digest[:DIGEST_CHARACTERS]
    return told
