"""From a checked request to the whole answer: the one path behind `POST /v1/retrieve` and `portcullis search`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

import anyio
from anyio import to_thread

from catalog.errors import PortcullisError
from catalog.text import StoredChunk
from catalog.versions import When
from index.model import Tokens
from retrieval.audit_writer import Note
from retrieval.audited import DIGEST_CHARACTERS, keep, keep_failure, keyed_digest
from retrieval.context import Context, pack
from retrieval.conversation import Conversation, remember, resume
from retrieval.errors import EmptyQuestion, QuestionTooLong
from retrieval.identity import Asker, asker_by_operator
from retrieval.named import as_asked, note_names
from retrieval.query import Found, Passage, Query, version_ref
from retrieval.redactions import redactions
from retrieval.rewrite import with_carried
from retrieval.search import Clock, search
from retrieval.services import Services
from retrieval.session import CatalogSessions, Sessions
from retrieval.settings import RetrievalSettings
from retrieval.wire import (
    ContextBody,
    LocationBody,
    ResultBody,
    RetrieveRequest,
    RetrieveResponse,
    SessionBody,
    UsageBody,
    VersionBody,
    WarningBody,
)

UNAUDITED = WarningBody(code="not_audited", detail="The audit could not be written; this service answers all the same.")
NOTHING_INDEXED = WarningBody(code="nothing_indexed", detail="Nothing is indexed here yet. Run `portcullis ingest PATH` first.")
NO_SESSION = WarningBody(
    code="session_unavailable",
    detail="Where sessions are kept does not answer: the question was taken by itself, or is not kept.",
)
INCOMPLETE = WarningBody(code="incomplete", detail="The index lags behind the catalog; more passages may exist. Ask again later.")


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

    Raises `EmptyQuestion`, `QuestionTooLong`, `TooManyNames`, `CatalogUnavailable`, `IndexFault`.
    """
    asked = keyed_digest(services.question_key, asker.tenant_id, request.query)
    noted = Note(asker.tenant_id, asker.actor, "retrieve", f"user:{asker.person.name}", _asked(request_id, asked, asker.issuer))
    try:
        body, found, whole, conversation = await _answer(services, limits, asker, request, request_id)
    except Exception as error:
        code = error.code if isinstance(error, PortcullisError) else PortcullisError.code
        await keep_failure(services, replace(noted, action="retrieve.failed", details={**noted.details, "failed": code}))
        raise
    clock = Clock()
    noted = replace(noted, details={**noted.details, **_handed_out(found), **_of_session(conversation)})
    kept = await keep(services, noted, required=limits.audit == "required")
    clock.lap("audit")
    session = None
    if conversation is not None:
        session = _session(conversation, await remember(_sessions(services, limits), conversation, found))
        clock.lap("session")
    whole.lap("all")
    stages = body.usage.stages | {"audit": round(clock.stages["audit"], 3)}
    if "session" in clock.stages:
        stages["session"] = round(stages.get("session", 0.0) + clock.stages["session"], 3)
    usage = UsageBody(took_ms=round(whole.stages["all"], 3), stages=stages)
    warnings = [
        *body.warnings,
        *(() if kept else (UNAUDITED,)),
        *((NO_SESSION,) if session is not None and session.turn is None else ()),
    ]
    return body.model_copy(update={"usage": usage, "warnings": warnings, "session": session})


def _sessions(services: Services, limits: RetrievalSettings) -> Sessions:
    if services.sessions is not None:
        return services.sessions
    return CatalogSessions(services.catalog, timedelta(minutes=limits.session_minutes), limits.session_turns)


def _session(conversation: Conversation, turn: int | None) -> SessionBody:
    done = conversation.rewritten
    rewritten = None if done.text == conversation.question else done.text
    used, evicted = list(done.used), list(conversation.evicted)
    return SessionBody(turn=turn, rewritten=rewritten, kind=done.kind, by=conversation.by, used=used, evicted=evicted)


def _of_session(conversation: Conversation | None) -> dict[str, Any]:
    return {} if conversation is None else {"session": conversation.key.digest[:DIGEST_CHARACTERS]}


def _asked(request_id: UUID, question: str, issuer: str | None) -> dict[str, Any]:
    return {"request_id": str(request_id), "question": question} | ({} if issuer is None else {"issuer": issuer})


def _handed_out(found: Found) -> dict[str, Any]:
    versions = list(dict.fromkeys(int(passage.chunk.version_id) for passage in found.passages))
    return {"results": len(found.passages), "versions": versions, "policy_epoch": found.policy_epoch}


async def _answer(
    services: Services, limits: RetrievalSettings, asker: Asker, request: RetrieveRequest, request_id: UUID
) -> tuple[RetrieveResponse, Found, Clock, Conversation | None]:
    whole, clock = Clock(), Clock()
    if not request.query.strip():
        raise EmptyQuestion
    if len(request.query) > limits.max_question_characters:
        raise QuestionTooLong(len(request.query), limits.max_question_characters)
    (redacted,) = await to_thread.run_sync(services.redactor.redact, asker.tenant_id, [request.query])
    await to_thread.run_sync(note_names, services.catalog, asker, redacted, request_id, limits.named_questions_per_minute)
    clock.lap("redact")
    sources = None if request.sources is None else tuple(dict.fromkeys(request.sources))
    when = When(request.as_of, every=request.versions == "all")
    text, (asked, names), conversation = redacted.text, as_asked(request.query, redacted), None
    if request.session_id is not None:
        conversation = await resume(
            services, _sessions(services, limits), limits.session_tokens, asker, request.session_id, redacted.text
        )
        text = conversation.rewritten.text
        asked = asked and with_carried(asked, conversation.rewritten.carried)
        clock.lap("session")
    query = Query(text, request.top_k, sources, when, request.dedup, asked, names)
    found = await search(services, asker, query)
    clock.lap("search")
    budget = request.context.max_tokens or limits.default_context_tokens
    body = await to_thread.run_sync(_body, found, found.tokens, request, budget, request_id)
    clock.lap("pack")
    stages = {
        "scope": asker.scope_ms,
        "redact": clock.stages["redact"],
        **_only(clock, "session"),
        **found.stages,
        "pack": clock.stages["pack"],
    }
    usage = UsageBody(took_ms=0, stages={name: round(ms, 3) for name, ms in stages.items()})
    return body.model_copy(update={"usage": usage}), found, whole, conversation


def _only(clock: Clock, stage: str) -> dict[str, float]:
    return {stage: clock.stages[stage]} if stage in clock.stages else {}


def _body(found: Found, tokens: Tokens, request: RetrieveRequest, budget: int, request_id: UUID) -> RetrieveResponse:
    wanted = frozenset[str](request.include)
    packed = pack(found.passages, tokens, budget, request.context.format) if "context" in wanted else None
    warnings = [NOTHING_INDEXED] if found.collection is None else []
    return RetrieveResponse(
        request_id=request_id,
        permissions_as_of=found.permissions_as_of.astimezone(UTC),
        index_version=found.collection,
        results=[_result(passage, tokens, packed, wanted) for passage in found.passages],
        context=None
        if packed is None
        else ContextBody(text=packed.text, tokens=packed.tokens, truncated_refs=[], omitted_refs=list(packed.omitted_refs)),
        complete=found.complete,
        warnings=warnings if found.complete else [*warnings, INCOMPLETE],
        usage=UsageBody(took_ms=0, stages={}),
    )


def _result(passage: Passage, tokens: Tokens, packed: Context | None, wanted: frozenset[str]) -> ResultBody:
    chunk = passage.chunk
    return ResultBody(
        ref=passage.ref,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_name,
        version=version_body(chunk),
        title=chunk.title,
        source=chunk.source,
        location=location_body(chunk),
        score=passage.score,
        text=chunk.text if "text" in wanted else None,
        redactions=redactions(chunk.text),
        duplicates=list(passage.duplicates),
        tokens=tokens.count(chunk.text),
        in_context=packed is not None and passage.ref in packed.refs,
        metadata=dict(chunk.custom) if "metadata" in wanted else None,
    )


def version_body(chunk: StoredChunk) -> VersionBody:
    """The version that a chunk was read from."""
    return VersionBody(
        id=version_ref(chunk.key, chunk.arrival),
        label=chunk.version_label,
        current=chunk.current,
        modified_at=chunk.modified_at,
    )


def location_body(chunk: StoredChunk) -> LocationBody:
    """Where a chunk stands in its version."""
    return LocationBody(pages=list(chunk.pages), headings=list(chunk.headings), chars=(chunk.char_start, chunk.char_end))
