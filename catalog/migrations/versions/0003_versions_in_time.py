"""When each version held, what it supersedes, and a history collection beside the live one.

What was current before this came holds from its time on; earlier versions get their span when their document is published next.

Revision: 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("versions", sa.Column("held_from", moment, nullable=True))
    op.add_column("versions", sa.Column("held_until", moment, nullable=True))
    op.execute(
        "UPDATE versions SET held_from = modified_at "
        "WHERE id IN (SELECT current_version_id FROM documents WHERE current_version_id IS NOT NULL)"
    )
    op.add_column("collections", sa.Column("history_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "supersessions",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(1000), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_supersessions_tenant_id"),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_supersessions_version_id"),
        sa.PrimaryKeyConstraint("version_id", "name", name="pk_supersessions"),
    )
    op.create_index("ix_supersessions_name", "supersessions", ["tenant_id", "name"])
