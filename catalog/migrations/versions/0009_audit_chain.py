"""The audit becomes a chain, and append-only: a number and a digest for each entry, a head for each tenant, and guards.

What was written before has digests without a key: a key protects what comes after it.

Revision: 0009.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from catalog.chain import UNKEYED, AuditKeys, Entry, Head  # what a digest covers must stay as it is, or no old log holds

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1000


def upgrade() -> None:
    with op.batch_alter_table("audit", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("sequence", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("key_id", sa.String(16), nullable=True))
        table.add_column(sa.Column("digest", sa.String(64), nullable=True))
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", BIG, sa.ForeignKey("tenants.id", name="fk_audit_heads_tenant_id"), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_audit_heads"),
    )
    _chain(op.get_bind())
    with op.batch_alter_table("audit", table_kwargs={"sqlite_autoincrement": True}) as table:
        for name, type_ in (("sequence", sa.BigInteger()), ("key_id", sa.String(16)), ("digest", sa.String(64))):
            table.alter_column(name, existing_type=type_, nullable=False)
        table.create_unique_constraint("uq_audit_tenant_id_sequence", ["tenant_id", "sequence"])
    _guard(op.get_bind().dialect.name)


def _chain(connection: sa.Connection) -> None:
    audit = sa.table(
        "audit",
        sa.column("id", BIG),
        sa.column("tenant_id", BIG),
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.Text()) for name in ("actor", "action", "object", "key_id", "digest")),
        sa.column("details", sa.JSON().with_variant(JSONB(), "postgresql")),
        sa.column("sequence", sa.BigInteger()),
    )
    heads = sa.table("audit_heads", *(sa.column(name) for name in ("tenant_id", "sequence", "digest")))
    placed = (
        sa.update(audit)
        .where(audit.c.id == sa.bindparam("of"))
        .values(sequence=sa.bindparam("number"), key_id=UNKEYED, digest=sa.bindparam("made"))
    )
    keys = AuditKeys()
    for tenant_id, rows in groupby(_rows(connection, audit), lambda row: row.tenant_id):
        head = Head()
        batch: list[dict[str, Any]] = []
        for row in rows:
            at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at
            entry = Entry(tenant_id, head.sequence + 1, at, row.actor, row.action, row.object, row.details)
            head = Head(entry.sequence, keys.digest(head.digest, UNKEYED, entry))
            batch.append({"of": row.id, "number": head.sequence, "made": head.digest})
            if len(batch) == AT_ONCE:
                connection.execute(placed, batch)
                batch = []
        if batch:
            connection.execute(placed, batch)
        connection.execute(sa.insert(heads), [{"tenant_id": tenant_id, "sequence": head.sequence, "digest": head.digest}])


def _rows(connection: sa.Connection, audit: sa.TableClause) -> Iterator[Any]:
    """Every entry by tenant and id, a thousand at a time: no cursor stays open over the writes."""
    tenant_id, last = 0, 0
    while True:
        beyond = sa.tuple_(audit.c.tenant_id, audit.c.id) > sa.tuple_(tenant_id, last)
        asked = sa.select(audit).where(beyond).order_by(audit.c.tenant_id, audit.c.id).limit(AT_ONCE)
        rows = connection.execute(asked).all()
        if not rows:
            return
        yield from rows
        tenant_id, last = rows[-1].tenant_id, rows[-1].id


def _guard(dialect: str) -> None:
    if dialect == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
    )
    for name, when in (
        ("no_change", "UPDATE OR DELETE ON audit FOR EACH ROW"),
        ("no_truncate", "TRUNCATE ON audit FOR EACH STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER audit_{name} BEFORE {when} EXECUTE FUNCTION audit_is_append_only()")
