"""The tables of the audit: its entries, which stay as they were written, and the last one of each tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.append_only import append_only
from catalog.columns import NEVER_REUSED, Base, BigId


class AuditEntry(Base):
    """Append-only, which the database itself holds. Ids and counts, never texts."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("tenant_id", "sequence"), Index("ix_audit_tenant", "tenant_id", "at"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3, ... of the tenant, without holes
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(400))
    action: Mapped[str] = mapped_column(String(60))
    object: Mapped[str] = mapped_column(String(1000))
    details: Mapped[dict[str, Any]]
    key_id: Mapped[str] = mapped_column(String(16))  # the key of `digest`; empty: none
    digest: Mapped[str] = mapped_column(String(64))  # of the entry and the digest before it: see catalog/chain.py


append_only(cast(Table, AuditEntry.__table__))


class AuditHead(Base):
    """The last entry of each tenant. Whoever adds one locks it, so that numbers have no holes and digests one order."""

    __tablename__ = "audit_heads"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
