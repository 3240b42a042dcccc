"""Service keys: `pck_<id>_<secret>`; what is done to them is audited.

Only a sha256 of the secret is kept: 256 random bits need no salt.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, select, update

from catalog.audit import record
from catalog.ids import TenantId, digest, storable, utc_now
from catalog.session import ReadSession, WriteSession
from catalog.tables import ServiceKey

PREFIX = "pck"
SCOPES = ("retrieve", "impersonate", "scim", "reveal", "admin")


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A service key without its secret."""

    id: str
    tenant_id: TenantId
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create_key(
    session: WriteSession,
    tenant_id: TenantId,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    actor: str = "operator",
) -> tuple[str, str]:
    """A new key: its id and the key itself, which is not kept and never shown again. Raises ValueError on an unknown scope."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ValueError(f"scopes must be some of {', '.join(SCOPES)}")
    key_id, key = _make(session, tenant_id, name, wanted, expires_at)
    details = {"name": name, "scopes": wanted, "expires_at": _written(expires_at)}
    record(session, tenant_id, actor=actor, action="key.create", object_=f"key:{key_id}", details=details)
    return key_id, key


def rotate_key(
    session: WriteSession,
    tenant_id: TenantId,
    key_id: str,
    grace: timedelta,
    expires_at: datetime | None = None,
    actor: str = "operator",
) -> tuple[str, str, datetime] | None:
    """A new key of the same name and scopes, and when the old one ends: after `grace`, or earlier if it was to.

    None if the tenant has no such key in force. Without `expires_at` the new one lives as long as the old one was given.
    """
    now = utc_now()
    asked = select(ServiceKey).where(ServiceKey.tenant_id == tenant_id, ServiceKey.id == key_id).with_for_update()
    old = session.sql.scalar(asked)
    if old is None or not _in_force(old, now):
        return None
    if expires_at is None and old.expires_at is not None:
        expires_at = now + (old.expires_at - old.created_at)
    ends_at = now + grace if old.expires_at is None else min(old.expires_at, now + grace)
    new_id, key = _make(session, tenant_id, old.name, old.scopes, expires_at)
    old.expires_at = ends_at
    details = {"new": f"key:{new_id}", "ends_at": _written(ends_at), "expires_at": _written(expires_at)}
    record(session, tenant_id, actor=actor, action="key.rotate", object_=f"key:{key_id}", details=details)
    return new_id, key, ends_at


def _make(
    session: WriteSession, tenant_id: TenantId, name: str, scopes: list[str], expires_at: datetime | None
) -> tuple[str, str]:
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.sql.add(
        ServiceKey(
            id=key_id,
            tenant_id=tenant_id,
            name=name,
            secret_hash=digest(secret),
            scopes=scopes,
            created_at=utc_now(),
            expires_at=expires_at,
        )
    )
    session.sql.flush()
    return key_id, f"{PREFIX}_{key_id}_{secret}"


def find_key(session: ReadSession, presented: str) -> KeyRow | None:
    """The key that was presented, if it is known, not revoked and not expired; its tenant comes from here alone."""
    parts = presented.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not storable(presented):
        return None
    row = session.sql.scalar(_by_id(), {"id": parts[1]})
    if row is None or not hmac.compare_digest(row.secret_hash, digest(parts[2])):
        return None
    return _row(row) if _in_force(row, utc_now()) else None


@cache
def _by_id() -> Select[ServiceKey]:
    """Built once: every question asks it."""
    return select(ServiceKey).where(ServiceKey.id == bindparam("id"))


def list_keys(session: ReadSession, tenant_id: TenantId) -> list[KeyRow]:
    """Every key of the tenant, revoked ones included, oldest first."""
    rows = session.sql.scalars(
        select(ServiceKey).where(ServiceKey.tenant_id == tenant_id).order_by(ServiceKey.created_at, ServiceKey.id)
    )
    return [_row(row) for row in rows]


def revoke_key(session: WriteSession, tenant_id: TenantId, key_id: str, actor: str = "operator") -> bool:
    """Revoke at once; audited. False if the tenant has no such key, or it was revoked before."""
    done = session.sql.execute(
        update(ServiceKey)
        .where(ServiceKey.tenant_id == tenant_id, ServiceKey.id == key_id, ServiceKey.revoked_at.is_(None))
        .values(revoked_at=utc_now())
        .returning(ServiceKey.id)
    )
    if done.first() is None:
        return False
    record(session, tenant_id, actor=actor, action="key.revoke", object_=f"key:{key_id}")
    return True


def _in_force(row: ServiceKey, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _row(row: ServiceKey) -> KeyRow:
    return KeyRow(
        row.id, TenantId(row.tenant_id), row.name, frozenset(row.scopes), row.created_at, row.expires_at, row.revoked_at
    )
