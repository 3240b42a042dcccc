"""Identifiers. Integers are internal and never reused; the names that people use stand beside them, never instead."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", int)
PrincipalId = NewType("PrincipalId", int)
Label = NewType("Label", int)
"""An interned access list. Drawn from one sequence of the whole deployment, so a label implies its tenant."""
SourceId = NewType("SourceId", int)
DocumentId = NewType("DocumentId", int)
"""The internal number of a document. What people call `document_id` is its name, a string that is unique in its tenant."""
VersionId = NewType("VersionId", int)
ChunkId = NewType("ChunkId", UUID)
CollectionId = NewType("CollectionId", int)

DEFAULT_TENANT = "default"
EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """A document in its tenant: no query about a document runs without both."""

    tenant_id: TenantId
    document_id: DocumentId


def digest(text: str) -> str:
    """The sha256 of `text` in UTF-8, as 64 hexadecimal characters."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_bytes(data: bytes) -> str:
    """The sha256 of `data`, as 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def utc_now() -> datetime:
    """The present moment, aware, in UTC: the only clock that the project reads."""
    return datetime.now(UTC)


def storable(text: str) -> bool:
    """Whether a database can hold `text`: PostgreSQL has no U+0000, and nothing encodes a lone surrogate. A name that is not
    storable names nothing."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
