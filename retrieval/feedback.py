"""Judgements of an answer, by the person who asked. Whatever is judged must be readable now: unreadable looks like absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from anyio import to_thread
from sqlalchemy import Engine

from acl.store import find_scope
from catalog.audit import record
from catalog.documents import DocumentRow, find_document, find_documents
from catalog.errors import PortcullisError
from catalog.ids import DocumentId, Label, utc_now
from catalog.judgements import judge
from catalog.requests import KeptRequest, find_request
from catalog.session import ReadSession, transaction
from catalog.version_access import served_list
from retrieval.audit_writer import Note
from retrieval.audited import keep_failure
from retrieval.errors import NoSuchDocument, UnknownRequest
from retrieval.identity import Asker
from retrieval.services import Services
from retrieval.wire_feedback import FeedbackRequest, FeedbackResponse, PlaceJudgement

PATIENCE_SECONDS = 2.0
"""For what was answered just now to come into the log."""


async def give_feedback(services: Services, asker: Asker, body: FeedbackRequest, request_id: UUID) -> FeedbackResponse:
    """Keep the grades, all or none.

    Raises `UnknownRequest`: not kept, lapsed, another person's or tenant's; `NoSuchDocument`: absent, not served or unreadable.
    """
    if services.requests is not None:
        await to_thread.run_sync(services.requests.flush, PATIENCE_SECONDS)
    details: dict[str, Any] = {"request_id": str(request_id), "of_request": str(body.request_id)}
    if asker.issuer is not None:
        details["issuer"] = asker.issuer
    try:
        judged = await to_thread.run_sync(_keep, services.catalog, asker, body, details)
    except PortcullisError as error:
        whose = f"user:{asker.person.name}"
        await keep_failure(
            services, Note(asker.tenant_id, asker.actor, "feedback.failed", whose, details | {"failed": error.code})
        )
        raise
    return FeedbackResponse(request_id=request_id, of_request=body.request_id, judged=judged)


def _keep(catalog: Engine, asker: Asker, body: FeedbackRequest, details: Mapping[str, Any]) -> int:
    """In one transaction with its entry in the audit, under the permissions of that moment."""
    now = utc_now()
    with transaction(catalog) as session:
        labels = find_scope(session, asker.tenant_id, asker.person).labels
        kept = find_request(session, asker.tenant_id, body.request_id, now)
        if kept is None or kept.person_id != asker.person.id:
            raise UnknownRequest
        grades = _grades(session, kept, body, labels)
        judge(session, asker.tenant_id, body.request_id, grades, now)
        told = {**details, "documents": sorted(map(int, grades))}
        record(session, asker.tenant_id, actor=asker.actor, action="feedback", object_=f"user:{asker.person.name}", details=told)
    return len(grades)


def _grades(session: ReadSession, kept: KeptRequest, body: FeedbackRequest, labels: frozenset[Label]) -> dict[DocumentId, int]:
    places = {result.place: result.document_id for result in kept.results}
    by_place = {row.key.document_id: row for row in find_documents(session, kept.tenant_id, places.values())}
    grades: dict[DocumentId, int] = {}
    for one in body.judgements:
        if isinstance(one, PlaceJudgement):
            row = by_place.get(places.get(one.ref, DocumentId(0)))  # numbers start at 1
        else:
            row = find_document(session, kept.tenant_id, one.document)
        if row is None or not _readable(session, row, labels):
            raise NoSuchDocument
        id_ = row.key.document_id
        grades[id_] = max(one.relevance, grades.get(id_, 0))
    return grades


def _readable(session: ReadSession, row: DocumentRow, labels: frozenset[Label]) -> bool:
    """As `GET /v1/documents` decides: served, and both its list of today and that of the served version let him."""
    if row.retired or row.current_version_id is None or row.label not in labels:
        return False
    return served_list(session, row.key) in labels
