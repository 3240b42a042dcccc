"""What SCIM's clients look people and groups up by.

Revision: 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "scim_lookups",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_scim_lookups_tenant_id"), nullable=False),
        sa.Column("attribute", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("principal_id", big, sa.ForeignKey("principals.id", name="fk_scim_lookups_principal_id"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "attribute", "digest", "principal_id", name="pk_scim_lookups"),
    )
    op.create_index("ix_scim_lookups_principal", "scim_lookups", ["tenant_id", "principal_id"])
