"""What was done, by whom, to what. Append-only; ids and counts, never texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from catalog.ids import TenantId, utc_now
from catalog.session import ReadSession, WriteSession
from catalog.tables import AuditEntry


def record(
    session: WriteSession,
    tenant_id: TenantId,
    *,
    actor: str,
    action: str,
    object_: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one entry, in the transaction of what it tells of. `actor` is `key:ID`, `user:NAME` or `operator`."""
    session.sql.add(
        AuditEntry(tenant_id=tenant_id, at=utc_now(), actor=actor, action=action, object=object_, details=dict(details or {}))
    )


def count_since(session: ReadSession | WriteSession, tenant_id: TenantId, action: str, object_: str, since: datetime) -> int:
    """How many entries tell of this action on this object since then."""
    entry = AuditEntry
    asked = select(func.count()).where(
        entry.tenant_id == tenant_id, entry.at > since, entry.action == action, entry.object == object_
    )
    return int(session.sql.execute(asked).scalar_one())
