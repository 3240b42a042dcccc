"""What was kept for a time that is over: requests of the log, and turns of sessions that ended."""

from __future__ import annotations

from datetime import datetime

from catalog.ids import TenantId
from catalog.requests import drop_lapsed, drop_requests_of_removed
from catalog.session import WriteSession
from catalog.turns import drop_expired_turns


def lapse(session: WriteSession, tenant_id: TenantId, now: datetime) -> dict[str, int]:
    """Let go of it: how many requests and turns."""
    requests = drop_lapsed(session, tenant_id, now) + drop_requests_of_removed(session, tenant_id)
    return {"requests": requests, "turns": drop_expired_turns(session, tenant_id, now)}
