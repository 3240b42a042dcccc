"""From a checked request to the whole answer: the one path behind `POST /v1/retrieve` and `portcullis search`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from functools import partial
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
from retrieval.context import Context
from retrieval.errors import DeadlineExceeded, EmptyQuestion, QuestionRefused, QuestionTooLong
from retrieval.expand import Around
from retrieval.fields import Sieve, hidden_texts, typed, with_texts
from retrieval.identity import Asker, asker_by_operator
from retrieval.named import as_asked, note_names
from retrieval.packed import pack_for
from retrieval.query import Decay, Flag, Found, Passage, Query, version_ref
from retrieval.redactions import redactions
from retrieval.screen import screen
from retrieval.screening import Screening
from retrieval.search import EMBEDDER_DOWN, Clock, search
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.surroundings import surroundings
from retrieval.tokenizers import named_tokens
from retrieval.wire import (
    ContextBody,
    FlagBody,
    LocationBody,
    ResultBody,
    RetrieveRequest,
    RetrieveResponse,
    ScoresBody,
    UsageBody,
    VersionBody,
    WarningBody,
)
from retrieval.wire_filter import tree_of

UNAUDITED = WarningBody(code="not_audited", detail="The audit could not be written; this service answers all the same.")
NOTHING_INDEXED = WarningBody(code="nothing_indexed", detail="Nothing is indexed here yet. Run `portcullis ingest PATH` first.")
INCOMPLETE = WarningBody(
    code="incomplete",
    detail="More passages may exist: the index lags behind the catalog (ask again later), or a few documents hold all that was "
    "looked through (raise `max_per_document`).",
)

LOST = {
    EMBEDDER_DOWN: "The embedding model does not work now: only passages that share words with the question were looked for.",
}
"""What an answer had to do without, and still is one."""

SCREENED = WarningBody(code="screened", detail="Passages that seem to speak to the model that reads them were left out.")
QUESTION_FLAGGED = WarningBody(code="question_flagged", detail="The question seems to command the model that reads the answer.")


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

    Raises `EmptyQuestion`, `QuestionTooLong`, `BadFilter`, `TooManyNames`, `CatalogUnavailable`, `IndexFault`.
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
    flagged = {"question_flagged": True} if QUESTION_FLAGGED in body.warnings else {}
    noted = replace(noted, details={**noted.details, **_handed_out(found), **flagged})
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
    counted = named_tokens(request.context.tokenizer, services.tokenizers)
    flagged = limits.question_screen != "off" and bool(await to_thread.run_sync(screen, request.query))
    if flagged and limits.question_screen == "refuse":
        raise QuestionRefused
    tree = None if request.filter is None else typed(tree_of(request.filter), limits.fields)
    texts = (request.query, *(() if tree is None else hidden_texts(tree)))
    redacted, *others = await to_thread.run_sync(_redacted, services.redactor, asker.tenant_id, texts)
    most = limits.named_questions_per_minute
    await to_thread.run_sync(note_names, services.catalog, asker, [redacted, *others], request_id, most)
    hidden = {text: other.text for text, other in zip(texts[1:], others, strict=True)}
    sieve = None if tree is None else Sieve(with_texts(tree, hidden), limits.fields)
    clock.lap("redact")
    query, screening = as_query(request, redacted, sieve), Screening(limits.screen)
    found = await search(services, asker, query, screening)
    clock.lap("search")
    around = Around()
    if "context" in request.include and request.context.expand != "none":
        around = await to_thread.run_sync(surroundings, services, asker, query, found.passages, request.context.expand, screening)
        clock.lap("expand")
    pack_now = partial(pack_for, request.context, found.passages, around, counted or found.tokens)
    packed = None
    if "context" in request.include:
        packed = await to_thread.run_sync(pack_now, limits.default_context_tokens, query.text, request_id)
    make = partial(_body, found, request, packed, screening, request_id, operator=asker.actor == "operator")
    body = await to_thread.run_sync(make)
    clock.lap("pack")
    stages = {"scope": asker.scope_ms, "redact": clock.stages["redact"], **found.stages, "pack": clock.stages["pack"]}
    stages |= {"expand": clock.stages["expand"]} if "expand" in clock.stages else {}
    usage = UsageBody(took_ms=0, stages={name: round(ms, 3) for name, ms in stages.items()})
    warnings = [*body.warnings, QUESTION_FLAGGED] if flagged else body.warnings
    return body.model_copy(update={"usage": usage, "warnings": warnings}), found, whole


def _redacted(redactor: Redactor, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
    """Each by itself, as what a document says of itself: no text of a filter changes what another, or the question, means."""
    return [redactor.redact(tenant_id, [text])[0] for text in texts]


def as_query(request: RetrieveRequest, redacted: Redaction, sieve: Sieve | None = None) -> Query:
    """What a request looks for, its question redacted and its filter typed."""
    sources = None if request.sources is None else tuple(dict.fromkeys(request.sources))
    when = When(request.as_of, every=request.versions == "all")
    asked, names = as_asked(request.query, redacted)
    decay = None if request.decay is None else Decay(request.decay.half_life_days, request.decay.weight)
    return Query(
        text=redacted.text,
        top_k=request.top_k,
        sources=sources,
        when=when,
        dedup=request.dedup,
        asked=asked,
        names=names,
        sieve=sieve,
        max_per_document=request.max_per_document,
        min_score=request.min_score,
        decay=decay,
        scores="scores" in request.include,
    )


def _body(
    found: Found,
    request: RetrieveRequest,
    packed: tuple[Context, ContextBody] | None,
    screening: Screening,
    by: UUID,
    *,
    operator: bool,
) -> RetrieveResponse:
    wanted = frozenset[str](request.include)
    warnings = [NOTHING_INDEXED] if found.collection is None else []
    warnings += [WarningBody(code=code, detail=LOST[code]) for code in found.lost]
    warnings += [SCREENED] if screening.missed(found.passages, request.top_k) else []
    refs = frozenset(packed[0].refs if packed is not None else ())
    return RetrieveResponse(
        request_id=by,
        permissions_as_of=found.permissions_as_of.astimezone(UTC),
        index_version=found.collection,
        results=[
            _result(passage, found.tokens, refs, screening.flags(passage.chunk), wanted, operator=operator)
            for passage in found.passages
        ],
        context=None if packed is None else packed[1],
        complete=found.complete,
        warnings=warnings if found.complete else [*warnings, INCOMPLETE],
        usage=UsageBody(took_ms=0, stages={}),
    )


def _result(
    passage: Passage, tokens: Tokens, refs: frozenset[int], flags: Sequence[Flag], wanted: frozenset[str], *, operator: bool
) -> ResultBody:
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
        exact=list(passage.exact),
        scores=ScoresBody(dense=passage.dense, lexical=passage.lexical if operator else None) if "scores" in wanted else None,
        text=chunk.text if "text" in wanted else None,
        redactions=redactions(chunk.text),
        duplicates=list(passage.duplicates),
        tokens=tokens.count(chunk.text),
        in_context=passage.ref in refs,
        flags=[FlagBody(code=flag.code, start=flag.start, end=flag.end) for flag in flags],
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
