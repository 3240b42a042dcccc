"""The vault: sealed originals of redacted values, and which versions hold each of them.

Revision: 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "vault",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_vault_tenant_id"), nullable=False),
        sa.Column("pseudonym", sa.String(100), nullable=False),
        sa.Column("entity", sa.String(60), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pseudonym", name="pk_vault"),
    )
    op.create_index("ix_vault_key_id", "vault", ["tenant_id", "key_id"])
    op.create_table(
        "vault_uses",
        sa.Column("tenant_id", big, sa.ForeignKey("tenants.id", name="fk_vault_uses_tenant_id"), nullable=False),
        sa.Column("pseudonym", sa.String(100), nullable=False),
        sa.Column("version_id", big, sa.ForeignKey("versions.id", name="fk_vault_uses_version_id"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pseudonym", "version_id", name="pk_vault_uses"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pseudonym"], ["vault.tenant_id", "vault.pseudonym"], name="fk_vault_uses_tenant_id_pseudonym"
        ),
    )
    op.create_index("ix_vault_uses_version", "vault_uses", ["tenant_id", "version_id"])
