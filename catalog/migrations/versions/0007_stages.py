"""How a version was cut and of what, rules of states, preferred documents, the model of a collection.

A version from before has no outline: it is cut anew once its file is read again.

Revision: 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("versions", sa.Column("cutting", sa.String(64), nullable=False, server_default=sa.text("''")))
    op.add_column("versions", sa.Column("outline", json, nullable=True))
    op.add_column("versions", sa.Column("arrival", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE versions SET arrival = id")
    op.add_column("documents", sa.Column("preferred_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("status_rule", json, nullable=True))
    op.add_column("collections", sa.Column("builder", sa.String(200), nullable=True))
    op.add_column("collections", sa.Column("builder_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("collections", sa.Column("model", sa.Text(), nullable=False, server_default=sa.text("''")))
