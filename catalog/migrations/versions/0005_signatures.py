"""A version has a signature, by which near-duplicates are told. One from before gets it when it is read again.

Revision: 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("signature", sa.LargeBinary(), nullable=True))
