"""From a checked request to the whole answer: the one path behind `POST /v1/retrieve` and `portcullis search`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from typing import Any
from uuid import UUID, uuid4

import anyio
from anyio import to_thread

from catalog.errors import PortcullisError
from catalog.ids import TenantId
from catalog.text import StoredChunk
from catalog.versions import When
from index.model import Tokens
from privacy.redactor import Redactor
from privacy.span import Redaction
from retrieval.audit_writer import Note
from retrieval.audited import keep, keep_failure, keyed_digest
from retrieval.context import Context, pack
from retrieval.errors import DeadlineExceeded, EmptyQuestion, NoReranker, QuestionTooLong
from retrieval.fields import Sieve, hidden_texts, typed, with_texts
from retrieval.identity import Asker, asker_by_operator
from retrieval.named import as_asked, note_names
from retrieval.query import Found, Passage, Query, version_ref
from retrieval.redactions import redactions
from retrieval.rerank import RERANKER_DOWN, rerank
from retrieval.search import EMBEDDER_DOWN, Clock, search
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import (
    ContextBody,
    LocationBody,
    ResultBody,
    RetrieveRequest,
    RetrieveResponse,
    UsageBody,
    VersionBody,
    WarningBody,
)
from retrieval.wire_filter import tree_of

UNAUDITED = WarningBody(code="not_audited", detail="The audit could not be written; this service answers all the same.")
NOTHING_INDEXED = WarningBody(code="nothing_indexed", detail="Nothing is indexed here yet. Run `portcullis ingest PATH` first.")
INCOMPLETE = WarningBody(code="incomplete", detail="The index lags behind the catalog; more passages may exist. Ask again later.")

LOST = {
    RERANKER_DOWN: "The reranker does not work now, or is too slow: the passages stand as the search found them.",
    EMBEDDER_DOWN: "The embedding model does not work now: only passages that share words with the question were looked for.",
}
"""What an answer had to do without, and still is one."""


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

    Raises `EmptyQuestion`, `QuestionTooLong`, `BadFilter`, `NoReranker`, `TooManyNames`, `CatalogUnavailable`, `IndexFault`.
    """
    asked = keyed_digest(services.question_key, asker.tenant_id, request.query)
    noted = Note(asker.tenant_id, asker.actor, "retrieve", f"user:{asker.person.name}", _asked(request_id, asked, asker.issuer))
    try:
        body, found, whole = await _answer(services, limits, asker, request, request_id)
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
    clock = Clock()
    noted = replace(noted, details={**noted.details, **_handed_out(found)})
    kept = await keep(services, noted, required=limits.audit == "required")
    clock.lap("audit")
    whole.lap("all")
    stages = body.usage.stages | {"audit": round(clock.stages["audit"], 3)}
    usage = UsageBody(took_ms=round(whole.stages["all"], 3), stages=stages)
    return body.model_copy(update={"usage": usage, "warnings": body.warnings if kept else [*body.warnings, UNAUDITED]})


def _asked(request_id: UUID, question: str, issuer: str | None) -> dict[str, Any]:
    return {"request_id": str(request_id), "question": question} | ({} if issuer is None else {"issuer": issuer})


def _handed_out(found: Found) -> dict[str, Any]:
    versions = list(dict.fromkeys(int(passage.chunk.version_id) for passage in found.passages))
    return {"results": len(found.passages), "versions": versions, "policy_epoch": found.policy_epoch}


async def _answer(
    services: Services, limits: RetrievalSettings, asker: Asker, request: RetrieveRequest, request_id: UUID
) -> tuple[RetrieveResponse, Found, Clock]:
    whole, clock = Clock(), Clock()
    if not request.query.strip():
        raise EmptyQuestion
    if len(request.query) > limits.max_question_characters:
        raise QuestionTooLong(len(request.query), limits.max_question_characters)
    tree = None if request.filter is None else typed(tree_of(request.filter), limits.fields)
    texts = (request.query, *(() if tree is None else hidden_texts(tree)))
    redacted, *others = await to_thread.run_sync(_redacted, services.redactor, asker.tenant_id, texts)
    most = limits.named_questions_per_minute
    await to_thread.run_sync(note_names, services.catalog, asker, [redacted, *others], request_id, most)
    hidden = {text: other.text for text, other in zip(texts[1:], others, strict=True)}
    sieve = None if tree is None else Sieve(with_texts(tree, hidden), limits.fields)
    clock.lap("redact")
    if request.rerank and services.reranker is None:
        raise NoReranker
    top_k = max(request.top_k, limits.rerank_passages) if request.rerank else request.top_k
    sources = None if request.sources is None else tuple(dict.fromkeys(request.sources))
    when = When(request.as_of, every=request.versions == "all")
    query = Query(redacted.text, top_k, sources, when, request.dedup, *as_asked(request.query, redacted), sieve)
    found = await search(services, asker, query)
    clock.lap("search")
    if request.rerank and services.reranker is not None:
        found = await rerank(services.reranker, redacted.text, found, request.top_k, limits.rerank_seconds)
        clock.lap("rerank")
        found.stages["rerank"] = clock.stages["rerank"]
    budget = request.context.max_tokens or limits.default_context_tokens
    body = await to_thread.run_sync(_body, found, found.tokens, request, budget, request_id)
    clock.lap("pack")
    stages = {"scope": asker.scope_ms, "redact": clock.stages["redact"], **found.stages, "pack": clock.stages["pack"]}
    usage = UsageBody(took_ms=0, stages={name: round(ms, 3) for name, ms in stages.items()})
    return body.model_copy(update={"usage": usage}), found, whole


def _redacted(redactor: Redactor, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
    """Each by itself, as what a document says of itself: no text of a filter changes what another, or the question, means."""
    return [redactor.redact(tenant_id, [text])[0] for text in texts]


def _body(found: Found, tokens: Tokens, request: RetrieveRequest, budget: int, request_id: UUID) -> RetrieveResponse:
    wanted = frozenset[str](request.include)
    packed = pack(found.passages, tokens, budget, request.context.format) if "context" in wanted else None
    warnings = [NOTHING_INDEXED] if found.collection is None else []
    warnings += [WarningBody(code=code, detail=LOST[code]) for code in found.lost]
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
