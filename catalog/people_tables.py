"""The part of the schema that says who there is and who may read what; `catalog/tables.py` has the rest, and the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import NEVER_REUSED, Base, BigId


class Tenant(Base):
    __tablename__ = "tenants"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    policy_epoch: Mapped[int] = mapped_column(BigInteger, default=0)  # moves with every change of who may read what
    corpus_epoch: Mapped[int] = mapped_column(BigInteger, default=0)  # moves with every change of what can be found
    log_days: Mapped[int | None]  # how long requests are kept for a replay; null: they are not
    created_at: Mapped[datetime]


class Principal(Base):
    """A person, a group, or `everyone` of the tenant. `provider` is null while only access lists name it: nobody is it yet."""

    __tablename__ = "principals"
    __table_args__ = (
        Index("uq_principals_bound_name", "tenant_id", "kind", "name", unique=True,
              sqlite_where=text("deleted_at IS NULL"), postgresql_where=text("deleted_at IS NULL")),
        Index("ix_principals_former_name", "tenant_id", "kind", "name",
              sqlite_where=text("deleted_at IS NOT NULL"), postgresql_where=text("deleted_at IS NOT NULL")),
        Index("ix_principals_alias", "tenant_id", "alias_of"),
        Index("ix_principals_external_id", "tenant_id", "kind", "external_id"),
        CheckConstraint("kind IN ('user', 'group', 'everyone')", name="kind"),
        NEVER_REUSED,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(300))  # normalised: see acl/principal.py
    provider: Mapped[str | None] = mapped_column(String(100))
    external_id: Mapped[str | None] = mapped_column(String(300))
    alias_of: Mapped[int | None] = mapped_column(BigInteger)  # whose other name this is
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Membership(Base):
    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_member", "tenant_id", "member_id"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    since: Mapped[datetime | None]  # when it was told, and by which sync; null from before that was noted
    origin: Mapped[str | None] = mapped_column(String(100))


class Sync(Base):
    """The last snapshot that was applied for each provider of people and groups."""

    __tablename__ = "syncs"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    provider: Mapped[str] = mapped_column(String(100), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    applied_at: Mapped[datetime]


class ScimResource(Base):
    """What SCIM's clients said of a person or group, besides what `principals` and `memberships` hold."""

    __tablename__ = "scim_resources"
    __table_args__ = (UniqueConstraint("tenant_id", "public_id"),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    principal_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36))  # the `id` that clients see
    attributes: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(BigInteger)  # the ETag
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]


class ScimLookup(Base):
    """What a SCIM resource is looked up by: the digest of an attribute's value as filters compare it."""

    __tablename__ = "scim_lookups"
    __table_args__ = (Index("ix_scim_lookups_principal", "tenant_id", "principal_id"),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    attribute: Mapped[str] = mapped_column(String(20), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    principal_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)


class AccessList(Base):
    """An interned access list: equal lists of a tenant are one row, its key is the label that chunks carry."""

    __tablename__ = "access_lists"
    __table_args__ = (UniqueConstraint("tenant_id", "digest"), NEVER_REUSED)

    label: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    digest: Mapped[str] = mapped_column(String(64))


class AccessEntry(Base):
    __tablename__ = "access_entries"
    __table_args__ = (
        Index("ix_access_entries_principal", "tenant_id", "principal_id", "deny", "label"),
        CheckConstraint("deny IN (0, 1)", name="deny"),
    )

    label: Mapped[int] = mapped_column(ForeignKey("access_lists.label"), primary_key=True)
    principal_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)
    deny: Mapped[int] = mapped_column(Integer, primary_key=True)  # 0 allow, 1 deny
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))


class ServiceKey(Base):
    __tablename__ = "service_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    name: Mapped[str] = mapped_column(String(200))
    secret_hash: Mapped[str] = mapped_column(String(64))  # sha256 of 256 random bits: no salt needed
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
