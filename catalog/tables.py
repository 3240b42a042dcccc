"""The whole schema, with `people_tables.py`, `audit_tables.py`, `turn_tables.py`, `request_tables.py` and `usage_tables.py`.

Every table but `tenants`, `collections` and the Alembic one carries `tenant_id`. Integer keys are never reused (AUTOINCREMENT on
SQLite, sequences on PostgreSQL). Times are aware UTC. No column holds an original of a redacted value, but `vault.sealed`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from catalog.audit_tables import AuditEntry as AuditEntry
from catalog.audit_tables import AuditHead as AuditHead
from catalog.columns import NEVER_REUSED, BigId
from catalog.columns import Base as Base
from catalog.people_tables import AccessEntry as AccessEntry
from catalog.people_tables import AccessList as AccessList
from catalog.people_tables import Membership as Membership
from catalog.people_tables import Principal as Principal
from catalog.people_tables import ScimLookup as ScimLookup
from catalog.people_tables import ScimResource as ScimResource
from catalog.people_tables import ServiceKey as ServiceKey
from catalog.people_tables import Sync as Sync
from catalog.people_tables import Tenant as Tenant
from catalog.request_tables import Judgement as Judgement
from catalog.request_tables import RequestLeaning as RequestLeaning
from catalog.request_tables import RequestResult as RequestResult
from catalog.request_tables import RequestRow as RequestRow
from catalog.turn_tables import TurnResult as TurnResult
from catalog.turn_tables import TurnRow as TurnRow
from catalog.usage_tables import UsageHour as UsageHour

# ---- what searching found, counted ------------------------------------------------------------------------------------------


class ShadowRecall(Base):
    """Of a tenant's questions of a day those that were asked again exactly: how many hits they should have had, and had."""

    __tablename__ = "shadow_recalls"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    questions: Mapped[int] = mapped_column(BigInteger)
    expected: Mapped[int] = mapped_column(BigInteger)
    found: Mapped[int] = mapped_column(BigInteger)


# ---- documents --------------------------------------------------------------------------------------------------------------


class Source(Base):
    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("tenant_id", "name"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str] = mapped_column(String(300))
    root: Mapped[str] = mapped_column(Text)
    lease_owner: Mapped[str | None] = mapped_column(String(200))  # the run that may write now: host, process, its start
    lease_until: Mapped[datetime | None]
    status_rule: Mapped[dict[str, Any] | None]  # which metadata field says that a version is a draft, or withdrawn
    created_at: Mapped[datetime]


class Document(Base):
    """`label` is who may read it now, `indexed_label` what its points carry: where they differ, a payload write is due."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index("ix_documents_source", "tenant_id", "source_id"),
        Index("ix_documents_label", "tenant_id", "label"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    name: Mapped[str] = mapped_column(String(1000))
    label: Mapped[int | None] = mapped_column(ForeignKey("access_lists.label"))
    set_label: Mapped[int | None] = mapped_column(BigInteger)  # an operator's, instead of the source's
    indexed_label: Mapped[int | None] = mapped_column(BigInteger)
    current_version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id", use_alter=True))
    pinned_version_id: Mapped[int | None] = mapped_column(BigInteger)  # an operator's choice, served until he releases it
    preferred_at: Mapped[datetime | None]  # when an operator said that it stays where documents replace each other in a circle
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Version(Base):
    """One content of a document. Its own `label` stays for ever, for questions about the past."""

    __tablename__ = "versions"
    __table_args__ = (
        Index("ix_versions_document", "tenant_id", "document_id"),
        Index("ix_versions_text_hash", "tenant_id", "text_hash"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    version_label: Mapped[str] = mapped_column(String(200))  # the manifest's `version`; may be empty
    modified_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))  # of the file's bytes
    text_hash: Mapped[str] = mapped_column(String(64))  # of the normalised, redacted text
    fingerprint: Mapped[str] = mapped_column(String(64))  # of the stages that read it: parse, clean, redact
    cutting: Mapped[str] = mapped_column(
        String(64), default="", server_default=text("''")
    )  # of the stage that cut it into chunks
    outline: Mapped[list[Any] | None]  # kind, length, level and page of each element of `text`: what cutting it again needs
    arrival: Mapped[int] = mapped_column(
        BigInteger, default=0, server_default=text("0")
    )  # the id under which this content first came
    label: Mapped[int] = mapped_column(ForeignKey("access_lists.label"))
    stated_by: Mapped[dict[str, Any] | None]  # which files said so: see ingest/documents.py
    path: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(Text)  # redacted
    custom: Mapped[dict[str, Any]]  # the manifest's metadata, values redacted
    text: Mapped[str] = mapped_column(Text)  # redacted; what `location.chars` counts in
    signature: Mapped[bytes | None]  # of `text`: near-duplicates are told by it (`index/sketch.py`); null without words
    findings: Mapped[dict[str, Any]]  # what redaction found: see catalog/findings.py
    held_from: Mapped[datetime | None]  # from when to before when it was the document's current one; null when it never was,
    held_until: Mapped[datetime | None]  # and no end while nothing follows it
    created_at: Mapped[datetime]


class Supersession(Base):
    """A version says that its document takes the place of another, which is named: it may not be here yet."""

    __tablename__ = "supersessions"
    __table_args__ = (Index("ix_supersessions_name", "tenant_id", "name"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(1000), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))


class ChunkText(Base):
    """The redacted text of chunks, stored once per tenant however many documents hold it."""

    __tablename__ = "chunk_texts"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    text_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Chunk(Base):
    """A chunk of a document: its id is uuid5(tenant, document, text_hash, nth) and outlives versions that hold the same text."""

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_text_hash", "tenant_id", "text_hash"),
        Index("ix_chunks_document", "tenant_id", "document_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    text_hash: Mapped[str] = mapped_column(String(64))
    nth: Mapped[int]


class VersionChunk(Base):
    """Where a chunk stands in a version. Position, pages and headings belong here, not to the chunk's identity."""

    __tablename__ = "version_chunks"
    __table_args__ = (Index("ix_version_chunks_chunk", "chunk_id"),)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    chunk_id: Mapped[UUID] = mapped_column(ForeignKey("chunks.id"))
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    char_start: Mapped[int]
    char_end: Mapped[int]
    body_start: Mapped[int]  # where the chunk's own text begins behind the heading prefix, in `chunk_texts.text`
    tokens: Mapped[int]
    pages: Mapped[list[Any]]
    headings: Mapped[list[Any]]  # redacted


# ---- the vault --------------------------------------------------------------------------------------------------------------


class VaultEntry(Base):
    """The sealed original of a pseudonym. It stays as long as a version holds the pseudonym: no row is without a use."""

    __tablename__ = "vault"
    __table_args__ = (Index("ix_vault_key_id", "tenant_id", "key_id"),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(100), primary_key=True)
    entity: Mapped[str] = mapped_column(String(60))
    key_id: Mapped[str] = mapped_column(String(16))  # which of the vault's keys sealed it
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # nonce and ciphertext: see privacy/vault.py


class VaultUse(Base):
    """A version holds a pseudonym. Who may read the version may, with the right to, see the original."""

    __tablename__ = "vault_uses"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "pseudonym"], ["vault.tenant_id", "vault.pseudonym"]),
        Index("ix_vault_uses_version", "tenant_id", "version_id"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(100), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)


# ---- the index, as we believe it to be --------------------------------------------------------------------------------------


class Collection(Base):
    """A searchable copy. Exactly one row is live, and names its history; switching it is one UPDATE."""

    __tablename__ = "collections"
    __table_args__ = (
        Index("uq_collections_live", "live", unique=True, sqlite_where=text("live"), postgresql_where=text("live")),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    embedder: Mapped[str] = mapped_column(String(300))  # the embedder's fingerprint
    model: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # the name or folder that it was opened by
    dimensions: Mapped[int]
    live: Mapped[bool]
    history_id: Mapped[int | None] = mapped_column(BigInteger)  # the collection of what earlier versions alone are made of
    builder: Mapped[str | None] = mapped_column(String(200))  # who fills it now, before it is live: host, process, its start
    builder_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LedgerEntry(Base):
    """A point of a collection. `writing`: may be there. `live`: is there and served. `deleting`: may be there, must go."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index("ix_ledger_state", "tenant_id", "state"),
        CheckConstraint("state IN ('writing', 'live', 'deleting')", name="state"),
    )

    collection_id: Mapped[int] = mapped_column(ForeignKey("collections.id"), primary_key=True)
    chunk_id: Mapped[UUID] = mapped_column(ForeignKey("chunks.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    state: Mapped[str] = mapped_column(String(10))


# ---- runs -------------------------------------------------------------------------------------------------------------------


class File(Base):
    """What is known of a file of a source: enough to leave it alone when nothing changed."""

    __tablename__ = "files"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(1000), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    changed_mark: Mapped[str] = mapped_column(String(200))  # mtime in ns, or the etag of an object store
    content_hash: Mapped[str] = mapped_column(String(64))
    line_hash: Mapped[str] = mapped_column(String(64))  # of what the manifest says about its content (not its access)
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(40))  # why it is quarantined; null when it is not
    detail: Mapped[str | None] = mapped_column(Text)
    parent: Mapped[str | None] = mapped_column(String(1000))  # the file of the source that this one came in; null for those
    seen_at: Mapped[datetime]


class Run(Base):
    __tablename__ = "runs"
    __table_args__ = (Index("ix_runs_tenant", "tenant_id", "started_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]]


class Erasure(Base):
    """A tombstone: a document that is to be nowhere any more. `expired` lets what is newer than `modified_at` in again.

    It stands from the moment on that the document is out of service; `done_at` is set when every store was cleared and searched.
    """

    __tablename__ = "erasures"
    __table_args__ = (CheckConstraint("reason IN ('forgotten', 'expired')", name="reason"),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    document: Mapped[str] = mapped_column(String(1000), primary_key=True)  # its name
    reason: Mapped[str] = mapped_column(String(10))
    modified_at: Mapped[datetime | None]  # of the newest version that is erased
    receipt: Mapped[UUID]
    erased_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
