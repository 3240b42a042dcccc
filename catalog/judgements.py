"""Judgements of answers by those who asked. Each belongs to a kept request, and goes with it or with its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from catalog.ids import DocumentId, PrincipalId, TenantId
from catalog.insert import upsert
from catalog.request_tables import Judgement, RequestRow
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document


@dataclass(frozen=True, slots=True)
class JudgedRequest:
    """A request with the grades (0 to 3) of the documents that were judged, by name."""

    request_id: UUID
    person_id: PrincipalId
    made_at: datetime
    judged_at: datetime
    grades: Mapping[str, int]
    sealed: bytes = field(repr=False)


def judge(session: WriteSession, tenant_id: TenantId, request_id: UUID, grades: Mapping[DocumentId, int], now: datetime) -> None:
    """Note these grades, which replace earlier ones of the same documents; the request is kept its days from `now` on."""
    for document_id in sorted(grades):
        row = {"tenant_id": tenant_id, "request_id": request_id, "document_id": document_id}
        said = {"relevance": grades[document_id], "judged_at": now}
        upsert(session, Judgement, ("tenant_id", "request_id", "document_id"), row | said)
    mine = (RequestRow.tenant_id == tenant_id, RequestRow.id == request_id)
    session.sql.execute(update(RequestRow).where(*mine).values(kept_from=now))


def judged_requests(session: ReadSession, tenant_id: TenantId, after: datetime) -> Iterator[JudgedRequest]:
    """The requests that have judgements and are kept since after that moment, in the order in which they were made."""
    requests = session.sql.scalars(
        select(RequestRow)
        .where(
            RequestRow.tenant_id == tenant_id,
            RequestRow.kept_from > after,
            RequestRow.id.in_(select(Judgement.request_id).where(Judgement.tenant_id == tenant_id)),
        )
        .order_by(RequestRow.made_at, RequestRow.id)
    ).all()
    for request in requests:
        said = session.sql.execute(
            select(Document.name, Judgement.relevance, Judgement.judged_at)
            .join(Document, Document.id == Judgement.document_id)
            .where(Judgement.tenant_id == tenant_id, Judgement.request_id == request.id, Document.tenant_id == tenant_id)
            .order_by(Document.name)
        ).all()
        if said:
            grades, last = {row.name: row.relevance for row in said}, max(row.judged_at for row in said)
            person = PrincipalId(request.person_id)
            yield JudgedRequest(request.id, person, request.made_at, last, grades, bytes(request.sealed))
