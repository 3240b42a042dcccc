"""A question of a session: earlier turns are fetched, what they quoted is checked anew, and the question is made to stand alone.

The passages of earlier answers play a part only as far as the catalog lets the person read them now, by the same checks as a hit
of this question. One that was taken away, erased or replaced is as if it had never been among the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from anyio import move_on_after, to_thread
from sqlalchemy import Engine

from acl.scope import ReadScope
from acl.scopes import FindScope
from catalog.errors import CatalogUnavailable
from catalog.ids import ChunkId, DocumentId
from catalog.session import reading
from catalog.supersession import superseded
from catalog.tenants import policy_epoch
from catalog.text import held_chunks
from catalog.turns import KeptTurn, SessionKey
from catalog.versions import NOW
from retrieval.errors import SessionsUnavailable
from retrieval.history import History, fit
from retrieval.identity import Asker
from retrieval.leaning import leaning
from retrieval.query import Found
from retrieval.recheck import may_pass
from retrieval.rewrite import Quoted, Rewritten, Turn, rewrite
from retrieval.rewrite_model import ModelRewriter
from retrieval.services import Services
from retrieval.session import Sessions, session_key

Chosen = tuple[ChunkId, DocumentId]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a session stands with this question. Not `available`: it was answered by itself, and is not remembered."""

    key: SessionKey
    question: str  # redacted, as it is kept
    rewritten: Rewritten
    evicted: tuple[int, ...] = ()
    by: Literal["rules", "model"] = "rules"
    available: bool = True
    leans: tuple[Chosen, ...] = ()  # passages whose words the question took over


async def resume(
    services: Services, sessions: Sessions, budget_tokens: int, asker: Asker, session_id: str, question: str
) -> Conversation:
    """`question` (redacted) in its session. Raises `CatalogUnavailable`; a store of sessions that fails costs the turns alone."""
    key = session_key(services.question_key, asker.tenant_id, asker.person.id, session_id)
    try:
        kept = await to_thread.run_sync(sessions.load, key)
    except SessionsUnavailable:
        return Conversation(key, question, Rewritten(question, "standalone"), available=False)
    if not kept:
        return Conversation(key, question, Rewritten(question, "standalone"))
    history, by_rules, quoted = await to_thread.run_sync(_by_rules, services, budget_tokens, asker, kept, question)
    by_model = await _by_model(services.rewriter, question, history, by_rules)
    by: Literal["rules", "model"] = "rules" if by_model is None else "model"
    rewritten = by_model or by_rules
    leans = leaning(rewritten.text, (question, *(turn.question for turn in kept)), quoted) if rewritten.text != question else ()
    return Conversation(key, question, rewritten, history.evicted, by, leans=leans)


def _by_rules(
    services: Services, budget_tokens: int, asker: Asker, kept: Sequence[KeptTurn], question: str
) -> tuple[History, Rewritten, dict[Chosen, Quoted]]:
    turns, quoted = _readable(services.catalog, asker, kept, services.scopes.find)
    history = fit(turns, services.embedder.tokens, budget_tokens)
    return history, rewrite(question, history.turns, history.about), quoted


async def _by_model(rewriter: ModelRewriter | None, question: str, history: History, by_rules: Rewritten) -> Rewritten | None:
    """What the model makes of it within its time; one that sends a byte now and then is not waited for either."""
    if rewriter is None:
        return None
    with move_on_after(rewriter.timeout_seconds):
        return await to_thread.run_sync(rewriter.rewrite, question, history, by_rules, abandon_on_cancel=True)
    return None


async def remember(sessions: Sessions, conversation: Conversation, found: Found) -> int | None:
    """Keep the turn: its number. None where the store does not answer."""
    if not conversation.available:
        return None
    results = [passage.chunk.chunk_id for passage in found.passages]
    try:
        return await to_thread.run_sync(sessions.append, conversation.key, conversation.question, results)
    except (SessionsUnavailable, CatalogUnavailable):
        return None


def _readable(
    catalog: Engine, asker: Asker, kept: Sequence[KeptTurn], find: FindScope
) -> tuple[list[Turn], dict[Chosen, Quoted]]:
    """The turns, with what the asker may read now of the passages that answered them; and those passages, each once."""
    ids = list(dict.fromkeys(id_ for turn in kept for id_ in turn.results.values()))
    with reading(catalog) as session:
        scope: ReadScope = asker.scope
        if policy_epoch(session, asker.tenant_id) != scope.policy_epoch:
            scope = find(session, asker.tenant_id, asker.person)
        stored = held_chunks(session, asker.tenant_id, ids, NOW, scope.labels)
        documents = {chunk.key.document_id for chunk in stored.values()}
        gone = superseded(session, asker.tenant_id, documents, NOW, scope.labels)
    quoted = {
        (id_, chunk.key.document_id): Quoted(chunk.title, chunk.headings, chunk.text)
        for id_, chunk in stored.items()
        if may_pass(chunk, scope, None, gone)
    }
    by_chunk = {id_: said for (id_, _), said in quoted.items()}
    return [Turn(turn.number, turn.question, _by_place(turn, by_chunk)) for turn in kept], quoted


def _by_place(turn: KeptTurn, quoted: dict[ChunkId, Quoted]) -> tuple[Quoted | None, ...]:
    places = range(1, max(turn.results, default=0) + 1)
    return tuple(quoted.get(turn.results[place]) if place in turn.results else None for place in places)
