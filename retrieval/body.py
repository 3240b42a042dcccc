"""What was found, as the response says it: results, warnings, the session's turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from catalog.text import StoredChunk
from index.model import Tokens
from retrieval.context import Context
from retrieval.conversation import Conversation
from retrieval.query import Flag, Found, Passage, version_ref
from retrieval.redactions import redactions
from retrieval.rerank import RERANKER_DOWN
from retrieval.screening import Screening
from retrieval.search import EMBEDDER_DOWN
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import (
    ContextBody,
    FlagBody,
    LocationBody,
    ResultBody,
    RetrieveResponse,
    ScoresBody,
    SessionBody,
    UsageBody,
    VersionBody,
    WarningBody,
)

UNAUDITED = WarningBody(code="not_audited", detail="The audit could not be written; this service answers all the same.")
NOTHING_INDEXED = WarningBody(code="nothing_indexed", detail="Nothing is indexed here yet. Run `portcullis ingest PATH` first.")
INCOMPLETE = WarningBody(
    code="incomplete",
    detail="More passages may exist: the index lags behind the catalog (ask again later), or a few documents hold all that was "
    "looked through (raise `max_per_document`).",
)
SCREENED = WarningBody(code="screened", detail="Passages that seem to speak to the model that reads them were left out.")
QUESTION_FLAGGED = WarningBody(code="question_flagged", detail="The question seems to command the model that reads the answer.")
NO_SESSION = WarningBody(
    code="session_unavailable",
    detail="Where sessions are kept does not answer: the question was taken by itself, or is not kept.",
)
LOST = {
    RERANKER_DOWN: "The reranker does not work now, or is too slow: the passages stand as the search found them.",
    EMBEDDER_DOWN: "The embedding model does not work now: only passages that share words with the question were looked for.",
}
"""What an answer had to do without, and still is one."""


def body_of(
    found: Found,
    request: RetrieveRequest,
    packed: tuple[Context, ContextBody] | None,
    screening: Screening,
    request_id: UUID,
    *,
    operator: bool,
    flagged: bool,
) -> RetrieveResponse:
    """The response, but for what is known only when all is done: usage, the audit's and the session's part."""
    wanted = frozenset[str](request.include)
    refs = frozenset(packed[0].refs if packed is not None else ())
    results = [
        _result(passage, found.tokens, refs, screening.flags(passage.chunk), wanted, operator=operator)
        for passage in found.passages
    ]
    return RetrieveResponse(
        request_id=request_id,
        permissions_as_of=found.permissions_as_of.astimezone(UTC),
        index_version=found.collection,
        results=results,
        context=None if packed is None else packed[1],
        complete=found.complete,
        warnings=_warnings(found, screened=screening.missed(found.passages, request.top_k), flagged=flagged),
        usage=UsageBody(took_ms=0, stages={}),
    )


def session_body(conversation: Conversation, turn: int | None) -> SessionBody:
    """The turn that the question became; none where it could not be kept."""
    done = conversation.rewritten
    rewritten = None if done.text == conversation.question else done.text
    used, evicted = list(done.used), list(conversation.evicted)
    return SessionBody(turn=turn, rewritten=rewritten, kind=done.kind, by=conversation.by, used=used, evicted=evicted)


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


def _warnings(found: Found, *, screened: bool, flagged: bool) -> list[WarningBody]:
    return [
        *([NOTHING_INDEXED] if found.collection is None else ()),
        *(WarningBody(code=code, detail=LOST[code]) for code in found.lost),
        *([SCREENED] if screened else ()),
        *([] if found.complete else [INCOMPLETE]),
        *([QUESTION_FLAGGED] if flagged else ()),
    ]


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
