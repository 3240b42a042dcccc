"""How much of what exact search finds questions found, counted by day.

Revision: 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "shadow_recalls",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_shadow_recalls_tenant_id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("questions", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", name="pk_shadow_recalls"),
    )
