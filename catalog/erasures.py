"""Tombstones: documents that were erased and are not to come in again. Names, times and reasons, never content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, update

from catalog.ids import TenantId, storable, utc_now
from catalog.insert import batches, upsert
from catalog.session import ReadSession, WriteSession
from catalog.tables import Erasure

ErasureReason = Literal["forgotten", "expired"]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """`modified_at`: the time of the newest version that is erased. `done`: every store was cleared and searched since."""

    document: str
    reason: ErasureReason
    modified_at: datetime | None
    receipt: UUID
    erased_at: datetime
    done: bool

    def refuses(self, modified_at: datetime) -> bool:
        """Whether a file of this time stays out: of a forgotten document every one, of an expired one what is not newer."""
        return self.reason == "forgotten" or self.modified_at is None or modified_at <= self.modified_at

    def covers(self, reason: ErasureReason, modified_at: datetime | None) -> bool:
        """Whether it keeps out all that one of this reason and time would."""
        if self.reason == "forgotten" or reason == "forgotten":
            return self.reason == "forgotten"
        return self.modified_at is None or (modified_at is not None and modified_at <= self.modified_at)


def entomb(
    session: WriteSession,
    tenant_id: TenantId,
    reason: ErasureReason,
    documents: Mapping[str, datetime | None],
    receipt: UUID,
) -> None:
    """Set a tombstone for each document by name, or make the one that stands cover this too. None of them is done."""
    standing = find_tombstones(session, tenant_id, documents)
    for name, modified_at in documents.items():
        before = standing.get(name)
        if before is not None and before.covers(reason, modified_at):
            reason_, newest = before.reason, before.modified_at
        else:
            reason_, newest = reason, modified_at
        row = {
            "tenant_id": tenant_id, "document": name, "reason": reason_, "modified_at": newest,
            "receipt": receipt, "erased_at": utc_now(), "done_at": None,
        }  # fmt: skip
        upsert(session, Erasure, ("tenant_id", "document"), row)


def note_erased(session: WriteSession, tenant_id: TenantId, documents: Iterable[str], receipt: UUID) -> None:
    """Every store was cleared of them, and searched."""
    for batch in batches(documents):
        session.sql.execute(
            update(Erasure)
            .where(Erasure.tenant_id == tenant_id, Erasure.receipt == receipt, Erasure.document.in_(batch))
            .values(done_at=utc_now())
        )


def lift_tombstone(session: WriteSession, tenant_id: TenantId, document: str) -> bool:
    """Let the document in again. False when it had no tombstone."""
    done = session.sql.execute(
        delete(Erasure).where(Erasure.tenant_id == tenant_id, Erasure.document == document).returning(Erasure.document)
    )
    return done.first() is not None


def find_tombstones(session: ReadSession, tenant_id: TenantId, documents: Iterable[str]) -> dict[str, Tombstone]:
    """Those of these documents, by name."""
    found: dict[str, Tombstone] = {}
    for batch in batches(name for name in documents if storable(name)):
        rows = session.sql.scalars(select(Erasure).where(Erasure.tenant_id == tenant_id, Erasure.document.in_(batch)))
        found |= {row.document: _tombstone(row) for row in rows}
    return found


def has_tombstones(session: ReadSession, tenant_id: TenantId) -> bool:
    """Whether the tenant has any: most have none, and need not be asked about each of their files."""
    return session.sql.scalar(select(Erasure.document).where(Erasure.tenant_id == tenant_id).limit(1)) is not None


def unfinished_tombstones(session: ReadSession, tenant_id: TenantId) -> list[Tombstone]:
    """Those of which not every store was cleared and searched yet, by name."""
    rows = session.sql.scalars(
        select(Erasure).where(Erasure.tenant_id == tenant_id, Erasure.done_at.is_(None)).order_by(Erasure.document)
    )
    return [_tombstone(row) for row in rows]


def _tombstone(row: Erasure) -> Tombstone:
    reason: ErasureReason = "forgotten" if row.reason == "forgotten" else "expired"
    return Tombstone(row.document, reason, row.modified_at, row.receipt, row.erased_at, row.done_at is not None)
