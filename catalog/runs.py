"""What ingestion runs know: the lease of a source, the state of each file, the quarantine, the reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from catalog.ids import DocumentId, DocumentKey, SourceId, TenantId, VersionId, utc_now
from catalog.insert import insert_ignore, upsert
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document, File, LedgerEntry, Run, Source


@dataclass(frozen=True, slots=True)
class FileState:
    """A file of a source as the last run left it. `reason` is set when it is quarantined."""

    path: str
    document_id: DocumentId | None
    version_id: VersionId | None
    size_bytes: int
    changed_mark: str
    content_hash: str
    line_hash: str
    fingerprint: str
    reason: str | None
    detail: str | None
    parent: str | None = None  # of a file inside another: the path of the source's file that it came in


@dataclass(frozen=True, slots=True)
class QuarantinedFile:
    source: str
    path: str
    reason: str
    detail: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    id: UUID
    source: str
    started_at: datetime
    finished_at: datetime | None
    report: Mapping[str, Any]


def take_lease(
    session: WriteSession,
    tenant_id: TenantId,
    source_id: SourceId,
    owner: str,
    seconds: float,
    *,
    dead: str | None = None,
) -> bool:
    """Take or renew the right to write this source. False while another owner holds it, unless that owner is `dead`."""
    now = utc_now()
    free = or_(Source.lease_owner.is_(None), Source.lease_owner == owner, Source.lease_until < now, Source.lease_owner == dead)
    done = session.sql.execute(
        update(Source)
        .where(Source.tenant_id == tenant_id, Source.id == source_id, free)
        .values(lease_owner=owner, lease_until=now + timedelta(seconds=seconds))
        .returning(Source.id)
    )
    return done.first() is not None


def lease_owner(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> str | None:
    """Who holds the lease of this source, expired or not."""
    return session.sql.scalar(select(Source.lease_owner).where(Source.tenant_id == tenant_id, Source.id == source_id))


def release_lease(session: WriteSession, tenant_id: TenantId, source_id: SourceId, owner: str) -> None:
    """Give the lease back, if it is still `owner`'s."""
    session.sql.execute(
        update(Source)
        .where(Source.tenant_id == tenant_id, Source.id == source_id, Source.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def file_states(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> dict[str, FileState]:
    """Every known file of a source, by path."""
    rows = session.sql.scalars(select(File).where(File.tenant_id == tenant_id, File.source_id == source_id))
    return {
        r.path: FileState(
            path=r.path,
            document_id=None if r.document_id is None else DocumentId(r.document_id),
            version_id=None if r.version_id is None else VersionId(r.version_id),
            size_bytes=r.size_bytes,
            changed_mark=r.changed_mark,
            content_hash=r.content_hash,
            line_hash=r.line_hash,
            fingerprint=r.fingerprint,
            reason=r.reason,
            detail=r.detail,
            parent=r.parent,
        )
        for r in rows
    }


def record_file(session: WriteSession, tenant_id: TenantId, source_id: SourceId, state: FileState, *, same: bool = False) -> None:
    """Remember how this file ended, replacing what was known; with `same` it stays the version that the catalog says."""
    row = {**asdict(state), "source_id": source_id, "tenant_id": tenant_id, "seen_at": utc_now()}
    upsert(session, File, ("source_id", "path"), row, keep=("document_id", "version_id") if same else ())


def forget_file(session: WriteSession, tenant_id: TenantId, source_id: SourceId, path: str) -> None:
    """The file is gone from its source."""
    session.sql.execute(delete(File).where(File.tenant_id == tenant_id, File.source_id == source_id, File.path == path))


def documents_with_files(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> list[DocumentKey]:
    """The documents that the source still has a file of, served or not, in order."""
    rows = session.sql.scalars(
        select(File.document_id)
        .distinct()
        .join(Document, Document.id == File.document_id)
        .where(File.tenant_id == tenant_id, File.source_id == source_id, Document.source_id == source_id)
        .order_by(File.document_id)
    )
    return [DocumentKey(tenant_id, DocumentId(document)) for document in rows if document is not None]


def list_quarantine(session: ReadSession, tenant_id: TenantId) -> list[QuarantinedFile]:
    """Every quarantined file of the tenant, by source and path."""
    rows = session.sql.execute(
        select(Source.name, File.path, File.reason, File.detail, File.seen_at)
        .join(Source, Source.id == File.source_id)
        .where(File.tenant_id == tenant_id, Source.tenant_id == tenant_id, File.reason.is_not(None))
        .order_by(Source.name, File.path)
    )
    return [QuarantinedFile(r.name, r.path, r.reason or "", r.detail or "", r.seen_at) for r in rows]


def start_run(session: WriteSession, tenant_id: TenantId, source_id: SourceId, run_id: UUID) -> None:
    """Note that a run began. Repeating it (a retried task) changes nothing."""
    row = {"id": run_id, "tenant_id": tenant_id, "source_id": source_id, "started_at": utc_now(), "report": {}}
    insert_ignore(session, Run, [row])


def finish_run(session: WriteSession, tenant_id: TenantId, run_id: UUID, report: Mapping[str, Any]) -> None:
    """Note how a run ended."""
    session.sql.execute(
        update(Run)
        .where(Run.tenant_id == tenant_id, Run.id == run_id)
        .values(finished_at=utc_now(), report=json.loads(json.dumps(report)))
    )


def last_runs(session: ReadSession, tenant_id: TenantId, limit: int = 10) -> list[RunRow]:
    """The tenant's latest runs, newest first."""
    rows = session.sql.execute(
        select(Run.id, Source.name, Run.started_at, Run.finished_at, Run.report)
        .join(Source, Source.id == Run.source_id)
        .where(Run.tenant_id == tenant_id, Source.tenant_id == tenant_id)
        .order_by(Run.started_at.desc())
        .limit(limit)
    )
    return [RunRow(r.id, r.name, r.started_at, r.finished_at, r.report) for r in rows]


def count_documents(session: ReadSession, tenant_id: TenantId) -> dict[str, int]:
    """How much the tenant holds: documents served and retired, files quarantined, chunks served."""
    served = select(func.count()).where(
        Document.tenant_id == tenant_id, Document.current_version_id.is_not(None), Document.retired_at.is_(None)
    )
    retired = select(func.count()).where(Document.tenant_id == tenant_id, Document.retired_at.is_not(None))
    quarantined = select(func.count()).where(File.tenant_id == tenant_id, File.reason.is_not(None))
    chunks = select(func.count()).where(LedgerEntry.tenant_id == tenant_id, LedgerEntry.state == "live")
    counted = {"served": served, "retired": retired, "quarantined": quarantined, "chunks": chunks}
    return {name: session.sql.scalars(query).one() for name, query in counted.items()}
