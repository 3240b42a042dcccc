"""What stands in the index: a chunk's vectors, its label, its tenant, its document and source as integers. No text (law 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from catalog.ids import ChunkId, DocumentId, DocumentKey, Label, SourceId, TenantId

Vector: TypeAlias = NDArray[np.float32]
"""float32 [d], unit norm."""
Vectors: TypeAlias = NDArray[np.float32]
"""float32 [n, d], unit norm each."""

NAMESPACE = UUID("8f3c1d52-6a0e-5c0b-9d0d-5a1f3f2f8b11")

DENSE = "dense"
LEXICAL = "lexical"
INTEGERS = ("tenant", "label", "document", "source")
"""What a point is called in the engines: its two vectors, and its payload. Integers alone: Edge never matches a boolean."""


@dataclass(frozen=True, slots=True)
class Lexical:
    """A sparse vector: distinct term numbers and their weights, equally long."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A point. `label` and `tenant_id` are all that it says about access."""

    chunk_id: ChunkId
    tenant_id: TenantId
    document_id: DocumentId
    source_id: SourceId
    label: Label
    dense: Vector
    lexical: Lexical


@dataclass(frozen=True, slots=True)
class Hit:
    """A point that a search found. `score` is the fused one; the label is the index's belief, not yet rechecked.

    `dense` and `lexical`: its cosine and its BM25, where it stands in the list of the one or the other.
    """

    chunk_id: ChunkId
    document_id: DocumentId
    label: Label
    score: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """What `scan` reads of a point, for `verify`."""

    chunk_id: ChunkId
    tenant_id: TenantId
    document_id: DocumentId
    label: Label


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to look for, without any word about who asks: that is the `ReadScope`'s part. At least one vector is set.

    `sources` and `documents`: None means all, an empty tuple none. `floor`: the least cosine with `dense` that a hit may have;
    without `dense` it means nothing. `exact`: whatever it costs.
    """

    dense: Vector | None
    lexical: Lexical | None
    limit: int
    sources: tuple[SourceId, ...] | None = None
    skip: frozenset[ChunkId] = frozenset()
    documents: tuple[DocumentId, ...] | None = None
    floor: float | None = None
    exact: bool = False


def chunk_id(key: DocumentKey, text_hash: str, nth: int) -> ChunkId:
    """The id of the nth chunk (from 0) of a document with this text: uuid5 of tenant, document, hash, n (law 5)."""
    return ChunkId(uuid5(NAMESPACE, f"{key.tenant_id}/{key.document_id}/{text_hash}/{nth}"))
