"""Conversations: what a person asked in a session, and which passages answered.

Revision: 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "turns",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_turns_tenant_id"), nullable=False),
        sa.Column("person_id", big, sa.ForeignKey("principals.id", name="fk_turns_person_id"), nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "session", "number", name="pk_turns"),
    )
    op.create_index("ix_turns_expires", "turns", ["tenant_id", "expires_at"])
    op.create_table(
        "turn_results",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_turn_results_tenant_id"), nullable=False),
        sa.Column("person_id", big, nullable=False),
        sa.Column("session", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "session", "number", "place", name="pk_turn_results"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id", "session", "number"],
            ["turns.tenant_id", "turns.person_id", "turns.session", "turns.number"],
            name="fk_turn_results_turn",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_turn_results_chunk", "turn_results", ["tenant_id", "chunk_id"])
