"""The table of what a tenant's requests cost. Counts and times, no text and no person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import Base


class UsageHour(Base):
    """What one operation of a tenant counted in an hour, by all processes of the service together."""

    __tablename__ = "usage_hours"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)  # its beginning
    operation: Mapped[str] = mapped_column(String(20), primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    model_calls: Mapped[int] = mapped_column(BigInteger)
    cached: Mapped[int] = mapped_column(BigInteger)
    microseconds: Mapped[int] = mapped_column(BigInteger)  # of all but the refused, together
    problems: Mapped[dict[str, Any]]  # how many by code
    buckets: Mapped[dict[str, Any]]  # of all but the refused: catalog/histogram.py
