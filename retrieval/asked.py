"""A request becomes a query: screened, its texts redacted, its filter typed, made to stand alone in its session.

Nothing here looks for anything. What is refused is refused before the index hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from anyio import to_thread

from catalog.ids import TenantId
from catalog.versions import When
from privacy.redactor import Redactor
from privacy.span import Redaction
from retrieval.conversation import Conversation, resume
from retrieval.errors import EmptyQuestion, NoReranker, QuestionRefused, QuestionTooLong
from retrieval.fields import Sieve, hidden_texts, typed, with_texts
from retrieval.identity import Asker
from retrieval.named import as_asked, note_names
from retrieval.query import Decay, Query
from retrieval.rewrite import with_carried
from retrieval.screen import screen
from retrieval.search import Clock
from retrieval.services import Services
from retrieval.session import CatalogSessions, Sessions
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_filter import tree_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request looks for. `flagged`: the question seems to command the model that reads the answer."""

    query: Query
    flagged: bool
    conversation: Conversation | None


async def read_request(
    services: Services, limits: RetrievalSettings, asker: Asker, request: RetrieveRequest, request_id: UUID, clock: Clock
) -> Asked:
    """What it asks for.

    Raises `EmptyQuestion`, `QuestionTooLong`, `QuestionRefused`, `NoReranker`, `BadFilter`, `TooManyNames`, `CatalogUnavailable`.
    """
    if not request.query.strip():
        raise EmptyQuestion
    if len(request.query) > limits.max_question_characters:
        raise QuestionTooLong(len(request.query), limits.max_question_characters)
    if request.rerank and services.reranker is None:
        raise NoReranker
    flagged = limits.question_screen != "off" and bool(await to_thread.run_sync(screen, request.query))
    if flagged and limits.question_screen == "refuse":
        raise QuestionRefused
    tree = None if request.filter is None else typed(tree_of(request.filter), limits.fields)
    texts = (request.query, *(() if tree is None else hidden_texts(tree)))
    most = limits.named_questions_per_minute
    redacted, *others = await to_thread.run_sync(_redacted_and_noted, services, asker, texts, request_id, most)
    hidden = {text: other.text for text, other in zip(texts[1:], others, strict=True)}
    sieve = None if tree is None else Sieve(with_texts(tree, hidden), limits.fields)
    clock.lap("redact")
    query, conversation = as_query(request, redacted, sieve), None
    if request.rerank:
        query = replace(query, top_k=max(query.top_k, limits.rerank_passages))
    if request.session_id is not None:
        kept_in = sessions_of(services, limits)
        conversation = await resume(services, kept_in, limits.session_tokens, asker, request.session_id, redacted.text)
        done = conversation.rewritten
        query = replace(query, text=done.text, asked=query.asked and with_carried(query.asked, done.carried))
        clock.lap("session")
    return Asked(query, flagged, conversation)


def sessions_of(services: Services, limits: RetrievalSettings) -> Sessions:
    """Where turns are kept: what the root opened, else the catalog."""
    if services.sessions is not None:
        return services.sessions
    return CatalogSessions(services.catalog, timedelta(minutes=limits.session_minutes), limits.session_turns)


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


def _redacted_and_noted(services: Services, asker: Asker, texts: Sequence[str], request_id: UUID, most: int) -> list[Redaction]:
    found = _redacted(services.redactor, asker.tenant_id, texts)
    note_names(services.catalog, asker, found, request_id, most)
    return found


def _redacted(redactor: Redactor, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
    """Each by itself, as what a document says of itself: no text of a filter changes what another, or the question, means."""
    return [redactor.redact(tenant_id, [text])[0] for text in texts]
