"""The tables of conversations: what a person asked in a session, redacted, and which passages answered. No passage's text."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import Base, BigId


class TurnRow(Base):
    """One question of a session. A session is one person's: its digest is keyed, and the person is part of every key."""

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_expires", "tenant_id", "expires_at"),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("principals.id"), primary_key=True)
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)  # redacted
    expires_at: Mapped[datetime]  # of the whole session: each turn moves it


class TurnResult(Base):
    """A passage that answered a turn, by its id alone. It names no version: what may be read of it is decided when it is used."""

    __tablename__ = "turn_results"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "person_id", "session", "number"],
            ["turns.tenant_id", "turns.person_id", "turns.session", "turns.number"],
            name="fk_turn_results_turn",
            ondelete="CASCADE",
        ),
        Index("ix_turn_results_chunk", "tenant_id", "chunk_id"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # from 1, as in the answer
    chunk_id: Mapped[UUID]
