"""An answer that was decided goes to the request log. Nothing that happens here changes the answer."""

from __future__ import annotations

from uuid import UUID

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from catalog.errors import PortcullisError
from catalog.requests import KeptResult
from retrieval.asked import Asked
from retrieval.identity import Asker
from retrieval.logged import UNKEPT, Logged
from retrieval.query import Found
from retrieval.request_log import Entry, log_seal, write
from retrieval.services import Services
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse, WarningBody

UNLOGGED = WarningBody(code="not_logged", detail="This tenant keeps a request log, and the request could not be written there.")


async def log_answer(services: Services, entry: Entry) -> list[WarningBody]:
    """Hand the entry to the writer, which tells of what it loses; without one write it, and say here what was lost."""
    if services.requests is not None:
        services.requests.offer(entry)
        return []
    try:
        await to_thread.run_sync(write, services.catalog, log_seal(services.question_key), [entry])
    except (PortcullisError, SQLAlchemyError):
        return [UNLOGGED]
    return []


def entry_of(
    asker: Asker,
    request: RetrieveRequest,
    asked: Asked,
    found: Found,
    body: RetrieveResponse,
    request_id: UUID,
    screen: str,
) -> Entry:
    """The entry of an answer: the question as redaction left it, and of the passages their ids alone."""
    talk = asked.conversation
    unmoved = found.policy_epoch == asker.scope.policy_epoch
    logged = Logged(
        question=asked.query.text if talk is None else talk.question,
        searched=asked.query.text,
        named=bool(asked.query.names),
        options=request.model_dump(mode="json", exclude=set(UNKEPT)),
        filter=asked.filter,
        actor=asker.actor,
        token_groups=asker.person.groups is not None,
        scope="",
        policy_epoch=found.policy_epoch,
        corpus_epoch=found.corpus_epoch,
        collection=found.collection,
        screen=screen,
        results=len(found.passages),
        complete=body.complete,
        warnings=tuple(warning.code for warning in body.warnings),
        stages=body.usage.stages,
        took_ms=body.usage.took_ms,
    )
    results = tuple(
        KeptResult(
            passage.ref,
            passage.chunk.chunk_id,
            passage.chunk.key.document_id,
            passage.chunk.arrival,
            passage.chunk.label,
            passage.score,
            passage.dense,
            passage.lexical,
        )
        for passage in found.passages
    )
    leanings = () if talk is None else talk.leans
    whose = (asker.tenant_id, request_id, asker.person.id, found.permissions_as_of)
    return Entry(*whose, logged, asker.scope if unmoved else None, results, leanings)
