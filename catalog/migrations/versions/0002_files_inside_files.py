"""Attachments and members of archives have a row of their own, which names the file that they came in.

Revision: 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("parent", sa.String(length=1000), nullable=True))
