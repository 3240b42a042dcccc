"""One document for one person. Unreadable looks like absent: the same queries run, the same error is raised."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from anyio import to_thread
from sqlalchemy import Engine

from acl.store import find_scope
from catalog.documents import find_document
from catalog.ids import DocumentId, DocumentKey, utc_now
from catalog.session import reading
from catalog.tenants import policy_epoch
from catalog.text import document_chunks
from catalog.versions import When
from retrieval.audit_writer import Note
from retrieval.audited import keep, keyed_digest
from retrieval.body import location_body, version_body
from retrieval.errors import NoSuchDocument
from retrieval.identity import Asker
from retrieval.search import Clock
from retrieval.services import Services
from retrieval.wire_answer import DocumentPassageBody, DocumentResponse


async def give_document(
    services: Services, asker: Asker, name: str, request_id: UUID, at: datetime | None = None, *, required: bool = True
) -> tuple[DocumentResponse, bool]:
    """As `read_document`; it leaves, or its absence is told, when the audit has it. And whether the audit has it."""
    found, error, versions, clock = None, None, list[int](), Clock()
    try:
        found, version = await to_thread.run_sync(read_document, services.catalog, asker, name, request_id, at)
        versions.append(version)
    except NoSuchDocument as absent:
        error = absent
    clock.lap("catalog")
    asked = keyed_digest(services.question_key, asker.tenant_id, name)
    details = {"request_id": str(request_id), "document": asked, "versions": versions}
    if asker.issuer is not None:
        details["issuer"] = asker.issuer
    note = Note(asker.tenant_id, asker.actor, "read", f"user:{asker.person.name}", details)
    kept = await keep(services, note, required=required)
    clock.lap("audit")
    if found is None:
        raise error or NoSuchDocument
    return found, kept


def read_document(
    catalog: Engine, asker: Asker, name: str, request_id: UUID, at: datetime | None = None
) -> tuple[DocumentResponse, int]:
    """The document called `name` as it is, or held `at`, passages in reading order, and its version. Raises `NoSuchDocument`."""
    as_of = utc_now()
    if "\x00" in name:
        raise NoSuchDocument
    nowhere = DocumentKey(asker.tenant_id, DocumentId(0))  # numbers start at 1
    with reading(catalog) as session:
        scope = asker.scope
        if policy_epoch(session, asker.tenant_id) != scope.policy_epoch:
            scope = find_scope(session, asker.tenant_id, asker.person)
        row = find_document(session, asker.tenant_id, name)
        readable = row is not None and row.label in scope.labels
        chunks = document_chunks(session, row.key if row is not None and readable else nowhere, When(at))
    if not chunks or chunks[0].version_access not in scope.labels:  # each version has a list of its own
        raise NoSuchDocument
    first = chunks[0]
    body = DocumentResponse(
        request_id=request_id,
        permissions_as_of=as_of,
        document_id=first.document_name,
        version=version_body(first),
        title=first.title,
        source=first.source,
        metadata=dict(first.custom),
        passages=[
            DocumentPassageBody(chunk_id=c.chunk_id, tokens=c.tokens, location=location_body(c), text=c.text) for c in chunks
        ],
    )
    return body, int(first.version_id)
