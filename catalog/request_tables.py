"""The tables of the request log: what a question was, sealed; which passages answered it, by their ids; how they were judged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import Base, BigId


class RequestRow(Base):
    """A question that was answered. No text of it is readable here: see `retrieval/logged.py` for what is sealed."""

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_kept_from", "tenant_id", "kept_from"),
        Index("ix_requests_person", "tenant_id", "person_id"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("principals.id"))
    made_at: Mapped[datetime]
    kept_from: Mapped[datetime]  # `tenants.log_days` count from here: when it was made, or last judged
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # nonce and ciphertext: see privacy/seal.py


def _of_request(table: str) -> ForeignKeyConstraint:
    columns = ["tenant_id", "request_id"]
    return ForeignKeyConstraint(columns, ["requests.tenant_id", "requests.id"], name=f"fk_{table}_request", ondelete="CASCADE")


class RequestResult(Base):
    """A passage of an answer, by ids alone. It goes with its document, so the place that it had stays empty.

    `arrival` is the number of its version, whatever pipeline read that. (The number of a row is called `version_id`, and a row
    goes when a version is read anew.) `label` is the list of the document as it was then.
    """

    __tablename__ = "request_results"
    __table_args__ = (
        _of_request("request_results"),
        Index("ix_request_results_chunk", "tenant_id", "chunk_id"),
        Index("ix_request_results_document", "tenant_id", "document_id"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # from 1, as in the answer
    chunk_id: Mapped[UUID]
    document_id: Mapped[int] = mapped_column(BigId)
    arrival: Mapped[int] = mapped_column(BigInteger)
    label: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float] = mapped_column(Double)
    dense: Mapped[float | None] = mapped_column(Double)
    lexical: Mapped[float | None] = mapped_column(Double)


class RequestLeaning(Base):
    """A passage of an earlier answer whose words stand in a question of a session. When anything of its document is erased, the
    whole request goes: what is sealed cannot be mended."""

    __tablename__ = "request_leanings"
    __table_args__ = (
        _of_request("request_leanings"),
        Index("ix_request_leanings_chunk", "tenant_id", "chunk_id"),
        Index("ix_request_leanings_document", "tenant_id", "document_id"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    chunk_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(BigId)


class Judgement(Base):
    """How well a document answers a request, from 0 (not at all) to 3, said by the person who asked."""

    __tablename__ = "judgements"
    __table_args__ = (
        _of_request("judgements"),
        Index("ix_judgements_document", "tenant_id", "document_id"),
        CheckConstraint("relevance BETWEEN 0 AND 3", name="relevance"),
    )

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"), primary_key=True)
    request_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    relevance: Mapped[int]
    judged_at: Mapped[datetime]
