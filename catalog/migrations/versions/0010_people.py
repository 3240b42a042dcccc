"""Other names of people, removed names, since when somebody is a member, who said who may read, operators' lists, SCIM.

Revision: 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    json = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("principals", sa.Column("alias_of", sa.BigInteger(), nullable=True))
    removed = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_principals_former_name", "principals", ["tenant_id", "kind", "name"], sqlite_where=removed, postgresql_where=removed
    )
    op.create_index("ix_principals_alias", "principals", ["tenant_id", "alias_of"])
    op.create_index("ix_principals_external_id", "principals", ["tenant_id", "kind", "external_id"])
    op.add_column("memberships", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("memberships", sa.Column("origin", sa.String(100), nullable=True))
    op.add_column("documents", sa.Column("set_label", sa.BigInteger(), nullable=True))
    op.add_column("versions", sa.Column("stated_by", json, nullable=True))
    op.create_table(
        "scim_resources",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_scim_resources_tenant_id"), nullable=False),
        sa.Column("principal_id", big, sa.ForeignKey("principals.id", name="fk_scim_resources_principal_id"), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("attributes", json, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "principal_id", name="pk_scim_resources"),
        sa.UniqueConstraint("tenant_id", "public_id", name="uq_scim_resources_tenant_id_public_id"),
    )
