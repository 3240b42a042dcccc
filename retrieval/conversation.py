"""A question of a session: earlier turns are fetched, what they quoted is checked anew, and the question is made to stand alone.

The passages of earlier answers play a part only as far as the catalog lets the person read them now, by the same checks as a hit
of this question. One that was taken away, erased or replaced is as if it had never been among the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anyio import to_thread
from sqlalchemy import Engine

from acl.scope import ReadScope
from acl.scopes import FindScope
from catalog.errors import CatalogUnavailable
from catalog.ids import ChunkId
from catalog.session import reading
from catalog.supersession import superseded
from catalog.tenants import policy_epoch
from catalog.text import held_chunks
from catalog.turns import KeptTurn, SessionKey
from catalog.versions import NOW
from retrieval.errors import SessionsUnavailable
from retrieval.history import fit
from retrieval.identity import Asker
from retrieval.query import Found
from retrieval.recheck import may_pass
from retrieval.rewrite import Quoted, Rewritten, Turn, rewrite
from retrieval.services import Services
from retrieval.session import Sessions, session_key


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a session stands with this question. Not `available`: it was answered by itself, and is not remembered."""

    key: SessionKey
    question: str  # redacted, as it is kept
    rewritten: Rewritten
    evicted: tuple[int, ...] = ()
    available: bool = True


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
    return await to_thread.run_sync(_resume, services, budget_tokens, asker, kept, key, question)


def _resume(
    services: Services, budget_tokens: int, asker: Asker, kept: Sequence[KeptTurn], key: SessionKey, question: str
) -> Conversation:
    turns = _readable(services.catalog, asker, kept, services.scopes.find)
    history = fit(turns, services.embedder.tokens, budget_tokens)
    return Conversation(key, question, rewrite(question, history.turns, history.about), history.evicted)


async def remember(sessions: Sessions, conversation: Conversation, found: Found) -> int | None:
    """Keep the turn: its number. None where the store does not answer."""
    if not conversation.available:
        return None
    results = [passage.chunk.chunk_id for passage in found.passages]
    try:
        return await to_thread.run_sync(sessions.append, conversation.key, conversation.question, results)
    except (SessionsUnavailable, CatalogUnavailable):
        return None


def _readable(catalog: Engine, asker: Asker, kept: Sequence[KeptTurn], find: FindScope) -> list[Turn]:
    """The turns, with what the asker may read now of the passages that answered them."""
    ids = list(dict.fromkeys(id_ for turn in kept for id_ in turn.results.values()))
    with reading(catalog) as session:
        scope: ReadScope = asker.scope
        if policy_epoch(session, asker.tenant_id) != scope.policy_epoch:
            scope = find(session, asker.tenant_id, asker.person)
        stored = held_chunks(session, asker.tenant_id, ids, NOW, scope.labels)
        documents = {chunk.key.document_id for chunk in stored.values()}
        gone = superseded(session, asker.tenant_id, documents, NOW, scope.labels)
    quoted: dict[ChunkId, Quoted] = {
        id_: Quoted(chunk.title, chunk.headings, chunk.text)
        for id_, chunk in stored.items()
        if may_pass(chunk, scope, None, gone)
    }
    return [Turn(turn.number, turn.question, _by_place(turn, quoted)) for turn in kept]


def _by_place(turn: KeptTurn, quoted: dict[ChunkId, Quoted]) -> tuple[Quoted | None, ...]:
    places = range(1, max(turn.results, default=0) + 1)
    return tuple(quoted.get(turn.results[place]) if place in turn.results else None for place in places)
