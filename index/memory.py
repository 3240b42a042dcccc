"""The index calls over plain memory: obviously right, for tests, and the oracle of the engines."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.check import check_collection, check_points, check_query
from index.errors import BadVector, CollectionMissing
from index.fuse import fuse
from index.plan import plan
from index.point import Hit, IndexedChunk, Lexical, SearchQuery, StoredPoint, Vector
from index.where import Where, where


@dataclass(slots=True)
class _Collection:
    dimensions: int
    points: dict[ChunkId, IndexedChunk] = field(default_factory=dict)


class MemoryIndex:
    """Meets `index.calls.IndexCalls`. Nothing outlives the process."""

    def __init__(self) -> None:
        self._collections: dict[str, _Collection] = {}
        self._lock = threading.Lock()

    def ensure(self, collection: str, dimensions: int) -> None:
        check_collection(collection)
        with self._lock:
            known = self._collections.setdefault(collection, _Collection(dimensions))
            if known.dimensions != dimensions:
                raise BadVector(f"The collection {collection!r} holds vectors of {known.dimensions} numbers, not {dimensions}.")

    def drop(self, collection: str) -> None:
        check_collection(collection)
        with self._lock:
            self._collections.pop(collection, None)

    def upsert(self, collection: str, points: Sequence[IndexedChunk]) -> None:
        with self._lock:
            here = self._open(collection)
            check_points(points, here.dimensions)
            here.points |= {p.chunk_id: replace(p, dense=p.dense.astype(np.float32, copy=True)) for p in points}

    def set_label(self, collection: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        with self._lock:
            here = self._open(collection)
            these = set(documents)
            for id_, point in here.points.items():
                if point.tenant_id == tenant_id and point.document_id in these:
                    here.points[id_] = replace(point, label=label)

    def delete(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> None:
        with self._lock:
            here = self._open(collection)
            for id_ in chunk_ids:
                if id_ in here.points and here.points[id_].tenant_id == tenant_id:
                    del here.points[id_]

    def vectors(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        with self._lock:
            found = [p for i in chunk_ids if (p := self._open(collection).points.get(i)) and p.tenant_id == tenant_id]
            return {p.chunk_id: p.dense.copy() for p in found}

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        condition, way = where(scope, query), plan(query)
        if condition is None or way is None:
            return []
        with self._lock:
            here = self._open(collection)
            check_query(way.dense, way.lexical, here.dimensions)
            permitted = [p for p in here.points.values() if _admits(condition, p)]
            corpus = [p.lexical for p in here.points.values() if p.tenant_id == condition.tenant_id and p.lexical.indices]
        known = {p.chunk_id: p for p in permitted}

        def best(scores: Mapping[ChunkId, float]) -> list[Hit]:
            chosen = sorted(scores, key=lambda i: (-scores[i], i))[: way.depth]
            return [Hit(i, known[i].document_id, known[i].label, scores[i]) for i in chosen]

        dense = None if way.dense is None else best({p.chunk_id: float(np.dot(way.dense, p.dense)) for p in permitted})
        lexical = None if way.lexical is None else best(_bm25(_weighted(way.lexical, corpus), permitted))
        return fuse(way, dense, lexical, lambda ids: {i: known[i].dense for i in ids})

    def scan(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        with self._lock:
            found = [p for p in self._open(collection).points.values() if p.tenant_id == tenant_id]
        return (StoredPoint(p.chunk_id, p.tenant_id, p.document_id, p.label) for p in found)

    def count(self, collection: str) -> int:
        with self._lock:
            return len(self._open(collection).points)

    def flush(self, collection: str) -> None:
        with self._lock:
            self._open(collection)

    def compact(self, collection: str) -> bool:
        with self._lock:
            self._open(collection)
        return True

    def close(self) -> None:
        """Nothing to let go of."""

    def _open(self, collection: str) -> _Collection:
        check_collection(collection)
        if collection not in self._collections:
            raise CollectionMissing(collection)
        return self._collections[collection]


def _admits(condition: Where, point: IndexedChunk) -> bool:
    return (
        point.tenant_id == condition.tenant_id
        and point.label in condition.labels
        and (condition.sources is None or point.source_id in condition.sources)
        and (condition.documents is None or point.document_id in condition.documents)
        and point.chunk_id not in condition.skip
    )


def _weighted(query: Lexical, corpus: Sequence[Lexical]) -> dict[int, float]:
    """Each term's weight times its IDF as Qdrant counts it: ln(1 + (N - n + .5) / (n + .5)) over points with a lexical vector."""
    holders = [frozenset(lexical.indices) for lexical in corpus]
    weights = {}
    for term, weight in zip(query.indices, query.values, strict=True):
        n = sum(term in holder for holder in holders)
        weights[term] = weight * math.log1p((len(corpus) - n + 0.5) / (n + 0.5))
    return weights


def _bm25(weights: Mapping[int, float], points: Iterable[IndexedChunk]) -> dict[ChunkId, float]:
    """Points that share a term with the question; the others are no answer, not a bad one."""
    return {
        p.chunk_id: sum(weights.get(term, 0.0) * value for term, value in zip(p.lexical.indices, p.lexical.values, strict=True))
        for p in points
        if not weights.keys().isdisjoint(p.lexical.indices)
    }
