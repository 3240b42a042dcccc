"""One document for one person. Unreadable looks like absent: the same queries run, the same error is raised."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine

from acl.store import find_scope
from catalog.documents import find_document
from catalog.ids import DocumentId, DocumentKey, utc_now
from catalog.session import reading
from catalog.tenants import policy_epoch
from catalog.text import document_chunks
from catalog.versions import When
from retrieval.answer import location_body, version_body
from retrieval.errors import NoSuchDocument
from retrieval.identity import Asker
from retrieval.wire import DocumentPassageBody, DocumentResponse


def read_document(catalog: Engine, asker: Asker, name: str, request_id: UUID, at: datetime | None = None) -> DocumentResponse:
    """The document called `name` as it is, or held `at`, passages in reading order. Raises `NoSuchDocument`."""
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
    return DocumentResponse(
        request_id=request_id,
        permissions_as_of=as_of,
        document_id=first.document_name,
        version=version_body(first),
        title=first.title,
        source=first.source,
        metadata=dict(first.custom),
        passages=[DocumentPassageBody(chunk_id=c.chunk_id, location=location_body(c), text=c.text) for c in chunks],
    )
