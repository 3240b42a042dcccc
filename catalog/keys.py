"""Service keys: `pck_<id>_<secret>`. Only a sha256 of the secret is kept: 256 random bits need no salt."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

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
) -> tuple[str, str]:
    """A new key: its id and the key itself, which is not kept and never shown again. Raises ValueError on an unknown scope."""
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ValueError(f"scopes must be some of {', '.join(SCOPES)}")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    session.sql.add(
        ServiceKey(
            id=key_id,
            tenant_id=tenant_id,
            name=name,
            secret_hash=digest(secret),
            scopes=wanted,
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
    row = session.sql.scalar(select(ServiceKey).where(ServiceKey.id == parts[1]))
    if row is None or not hmac.compare_digest(row.secret_hash, digest(parts[2])):
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= utc_now()):
        return None
    return _row(row)


def list_keys(session: ReadSession, tenant_id: TenantId) -> list[KeyRow]:
    """Every key of the tenant, revoked ones included, oldest first."""
    rows = session.sql.scalars(
        select(ServiceKey).where(ServiceKey.tenant_id == tenant_id).order_by(ServiceKey.created_at, ServiceKey.id)
    )
    return [_row(row) for row in rows]


def revoke_key(session: WriteSession, tenant_id: TenantId, key_id: str) -> bool:
    """Revoke at once. False if the tenant has no such key that is still in force."""
    done = session.sql.execute(
        update(ServiceKey)
        .where(ServiceKey.tenant_id == tenant_id, ServiceKey.id == key_id, ServiceKey.revoked_at.is_(None))
        .values(revoked_at=utc_now())
        .returning(ServiceKey.id)
    )
    return done.first() is not None


def _row(row: ServiceKey) -> KeyRow:
    return KeyRow(
        row.id, TenantId(row.tenant_id), row.name, frozenset(row.scopes), row.created_at, row.expires_at, row.revoked_at
    )
