"""The request log: what was asked, sealed, which passages answered, how they were judged. A tenant has it on when it says so.

Revision: 0014.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.add_column("tenants", sa.Column("log_days", sa.Integer(), nullable=True))
    op.create_table(
        "requests",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_requests_tenant_id"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", big, sa.ForeignKey("principals.id", name="fk_requests_person_id"), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("kept_from", moment, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_requests"),
    )
    op.create_index("ix_requests_kept_from", "requests", ["tenant_id", "kept_from"])
    op.create_index("ix_requests_person", "requests", ["tenant_id", "person_id"])
    _of_request(
        "request_results",
        ["place"],
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", big, nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("dense", sa.Double(), nullable=True),
        sa.Column("lexical", sa.Double(), nullable=True),
    )
    _of_request(
        "request_leanings",
        ["chunk_id"],
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", big, nullable=False),
    )
    _of_request(
        "judgements",
        ["document_id"],
        sa.Column("document_id", big, nullable=False),
        sa.Column("relevance", sa.Integer(), nullable=False),
        sa.Column("judged_at", moment, nullable=False),
        sa.CheckConstraint("relevance BETWEEN 0 AND 3", name="relevance"),
    )


def _of_request(table: str, keys: list[str], *columns: sa.Column[Any] | sa.CheckConstraint) -> None:
    """A table of what belongs to a request and goes with it, with an index for each id that erasing finds it by."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        table,
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name=f"fk_{table}_tenant_id"), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", "request_id", *keys, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "request_id"],
            ["requests.tenant_id", "requests.id"],
            name=f"fk_{table}_request",
            ondelete="CASCADE",
        ),
    )
    names = [column.name for column in columns if isinstance(column, sa.Column)]
    for name in ("chunk_id", "document_id"):
        if name in names:
            op.create_index(f"ix_{table}_{name.removesuffix('_id')}", table, ["tenant_id", name])
