"""The end of the audit: what a transaction noted gets its place in the chain when it commits, and not before.

So the head of a tenant is the last lock that a transaction takes, several tenants' in the order of their numbers: no two
transactions wait for each other in a circle here, and none holds it for longer than a commit takes. `transaction()` calls this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.chain import AuditKeys, Entry, Head
from catalog.ids import TenantId, utc_now
from catalog.tables import AuditEntry, AuditHead

KEYS = "portcullis_audit_keys"
"""The execution option of an engine: which keys the chain has."""

_NOTED = "portcullis_audit"

# built once: each answer writes an entry
_ADDED = insert(AuditEntry)
_LOCKED = select(AuditHead.sequence, AuditHead.digest).where(AuditHead.tenant_id == bindparam("tenant")).with_for_update()
_MOVED = update(AuditHead).where(AuditHead.tenant_id == bindparam("tenant"))

Noted = tuple[str, str, str, Mapping[str, Any]]
"""Actor, action, object, details."""


def note(sql: Session, tenant_id: TenantId, noted: Noted) -> None:
    """Keep an entry until the transaction ends."""
    sql.info.setdefault(_NOTED, {}).setdefault(tenant_id, []).append(noted)


def keys_of(sql: Session) -> AuditKeys:
    keys: AuditKeys = sql.get_bind().get_execution_options().get(KEYS) or AuditKeys()
    return keys


def append_noted(sql: Session) -> None:
    """Write what was noted, in its order, each after the last entry of its tenant."""
    for tenant_id, noted in sorted(sql.info.pop(_NOTED, {}).items()):
        _append(sql, tenant_id, noted, keys_of(sql))


def _append(sql: Session, tenant_id: TenantId, noted: list[Noted], keys: AuditKeys) -> None:
    head = _locked_head(sql, tenant_id)
    now = utc_now()  # read under the lock: times rise with numbers as far as the clocks agree
    rows = []
    for actor, action, object_, details in noted:
        entry = Entry(tenant_id, head.sequence + 1, now, actor, action, object_, details)
        head = Head(entry.sequence, keys.digest(head.digest, keys.newest, entry))
        said = {"actor": actor, "action": action, "object": object_, "details": dict(details)}
        place = {"tenant_id": tenant_id, "sequence": head.sequence, "at": now}
        rows.append(place | said | {"key_id": keys.newest, "digest": head.digest})
    connection = sql.connection()
    connection.execute(_ADDED, rows)
    connection.execute(_MOVED, {"tenant": tenant_id, "sequence": head.sequence, "digest": head.digest})


def _locked_head(sql: Session, tenant_id: TenantId) -> Head:
    connection, of = sql.connection(), {"tenant": tenant_id}
    row = connection.execute(_LOCKED, of).one_or_none()
    if row is None:
        dialect = postgresql if sql.get_bind().dialect.name == "postgresql" else sqlite
        first = Head()
        made = dialect.insert(AuditHead).values(tenant_id=tenant_id, sequence=first.sequence, digest=first.digest)
        connection.execute(made.on_conflict_do_nothing())
        row = connection.execute(_LOCKED, of).one()
    return Head(row.sequence, row.digest)
