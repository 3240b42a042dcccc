"""The first schema.

Revision: 0001. Written down column by column: later changes to `catalog/tables.py` must not change what this one did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "collections",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("embedder", sa.String(length=300), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("name", name=op.f("uq_collections_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_collections_live",
        "collections",
        ["live"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "tenants",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("policy_epoch", sa.BigInteger(), nullable=False),
        sa.Column("corpus_epoch", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name", name=op.f("uq_tenants_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "access_lists",
        sa.Column("label", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_access_lists_tenant_id")),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_access_lists")),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("uq_access_lists_tenant_id_digest")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=1000), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_audit_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_tenant", "audit", ["tenant_id", "at"], unique=False)
    op.create_table(
        "chunk_texts",
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_chunk_texts_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "text_hash", name=op.f("pk_chunk_texts")),
    )
    op.create_table(
        "principals",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=True),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('user', 'group', 'everyone')", name=op.f("ck_principals_kind")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_principals_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principals")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_principals_bound_name",
        "principals",
        ["tenant_id", "kind", "name"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "service_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_service_keys_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_keys")),
    )
    op.create_table(
        "sources",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_sources_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_sources_tenant_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "syncs",
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_syncs_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "provider", name=op.f("pk_syncs")),
    )
    op.create_table(
        "access_entries",
        sa.Column("label", BIG_ID, nullable=False),
        sa.Column("principal_id", BIG_ID, nullable=False),
        sa.Column("deny", sa.Integer(), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.CheckConstraint("deny IN (0, 1)", name=op.f("ck_access_entries_deny")),
        sa.ForeignKeyConstraint(["label"], ["access_lists.label"], name=op.f("fk_access_entries_label")),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name=op.f("fk_access_entries_principal_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_access_entries_tenant_id")),
        sa.PrimaryKeyConstraint("label", "principal_id", "deny", name=op.f("pk_access_entries")),
    )
    op.create_index("ix_access_entries_principal", "access_entries", ["tenant_id", "principal_id", "deny", "label"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("label", BIG_ID, nullable=True),
        sa.Column("indexed_label", sa.BigInteger(), nullable=True),
        sa.Column("current_version_id", BIG_ID, nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["current_version_id"], ["versions.id"], name=op.f("fk_documents_current_version_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["label"], ["access_lists.label"], name=op.f("fk_documents_label")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_documents_source_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_documents_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_documents_tenant_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_documents_label", "documents", ["tenant_id", "label"], unique=False)
    op.create_index("ix_documents_source", "documents", ["tenant_id", "source_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("group_id", BIG_ID, nullable=False),
        sa.Column("member_id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["principals.id"], name=op.f("fk_memberships_group_id")),
        sa.ForeignKeyConstraint(["member_id"], ["principals.id"], name=op.f("fk_memberships_member_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_memberships_tenant_id")),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_member", "memberships", ["tenant_id", "member_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("report", JSON, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_runs_source_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_runs_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_tenant", "runs", ["tenant_id", "started_at"], unique=False)
    op.create_table(
        "chunks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("document_id", BIG_ID, nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_chunks_document_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_chunks_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunks")),
    )
    op.create_index("ix_chunks_document", "chunks", ["tenant_id", "document_id"], unique=False)
    op.create_index("ix_chunks_text_hash", "chunks", ["tenant_id", "text_hash"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("document_id", BIG_ID, nullable=False),
        sa.Column("version_label", sa.String(length=200), nullable=False),
        sa.Column("modified_at", MOMENT, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("label", BIG_ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("custom", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_versions_document_id")),
        sa.ForeignKeyConstraint(["label"], ["access_lists.label"], name=op.f("fk_versions_label")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_versions_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_versions_document", "versions", ["tenant_id", "document_id"], unique=False)
    op.create_index("ix_versions_text_hash", "versions", ["tenant_id", "text_hash"], unique=False)
    op.create_table(
        "files",
        sa.Column("source_id", BIG_ID, nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("document_id", BIG_ID, nullable=True),
        sa.Column("version_id", BIG_ID, nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("changed_mark", sa.String(length=200), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("line_hash", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_files_document_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_files_source_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_files_tenant_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_files_version_id")),
        sa.PrimaryKeyConstraint("source_id", "path", name=op.f("pk_files")),
    )
    op.create_table(
        "ledger",
        sa.Column("collection_id", BIG_ID, nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('writing', 'live', 'deleting')", name=op.f("ck_ledger_state")),
        sa.ForeignKeyConstraint(["chunk_id"], ["chunks.id"], name=op.f("fk_ledger_chunk_id")),
        sa.ForeignKeyConstraint(["collection_id"], ["collections.id"], name=op.f("fk_ledger_collection_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_ledger_tenant_id")),
        sa.PrimaryKeyConstraint("collection_id", "chunk_id", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_state", "ledger", ["tenant_id", "state"], unique=False)
    op.create_table(
        "version_chunks",
        sa.Column("version_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", BIG_ID, nullable=False),
        sa.Column("char_start", sa.Integer(), nullable=False),
        sa.Column("char_end", sa.Integer(), nullable=False),
        sa.Column("body_start", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("pages", JSON, nullable=False),
        sa.Column("headings", JSON, nullable=False),
        sa.ForeignKeyConstraint(["chunk_id"], ["chunks.id"], name=op.f("fk_version_chunks_chunk_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_version_chunks_tenant_id")),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name=op.f("fk_version_chunks_version_id")),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_version_chunks")),
    )
    op.create_index("ix_version_chunks_chunk", "version_chunks", ["chunk_id"], unique=False)
    if op.get_bind().dialect.name != "sqlite":  # SQLite has it inline; elsewhere it must wait for `versions`
        op.create_foreign_key("fk_documents_current_version_id", "documents", "versions", ["current_version_id"], ["id"])
