"""Qdrant Edge shards, one for each collection, under DATA/collections. The only file that knows Qdrant Edge.

One caller at a time: Edge holds the interpreter's lock. A new collection is built beside its place and moved there whole, so a
crash leaves none half-made. Segments stay small and flat, without a graph (see `index/plan.py`).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.check import check_collection, check_points, check_query
from index.errors import BadVector, CollectionMissing, IndexUnavailable
from index.fuse import fuse
from index.outrun import outrun
from index.plan import EXACT_POINTS, OVERSAMPLING, SearchPlan
from index.point import DENSE, INTEGERS, LEXICAL, Hit, IndexedChunk, StoredPoint, Vector
from index.where import Where

SEGMENT_KB = 5_000
INDEXING_KB = 3_300
STEP_POINTS = 2_560
"""So many new points are put in order at once. Smaller steps and segments pause for less, but each segment costs each question a
twentieth of a millisecond of processor time."""
QUANTILE = 0.99
"""Of a segment's numbers, those that int8 spans; the rest is clipped. Qdrant's own advice."""


@dataclass(slots=True)
class _Collection:
    shard: Any
    dimensions: int
    unsorted: int = 0  # points written since the segments were last put in order


class Shards:
    """Opens collections at first use. Not for several threads at once: the engine takes one request after the other."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "collections"
        self._open: dict[str, _Collection] = {}

    def ensure(self, name: str, dimensions: int) -> None:
        check_collection(name)
        place = self._folder / name
        if not place.exists():
            fresh = self._folder / f"{name}.new"  # no collection's name holds a dot
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            (fresh / "collection.json").write_text(json.dumps({"dimensions": dimensions}), encoding="utf-8")
            shard = edge.EdgeShard.create(str(fresh / "shard"), _configuration(dimensions))
            for field in INTEGERS:
                shard.update(edge.UpdateOperation.create_field_index(field, edge.PayloadSchemaType.Integer))
            shard.flush()
            shard.close()
            fresh.rename(place)
        known = self._get(name).dimensions
        if known != dimensions:
            raise BadVector(f"The collection {name!r} holds vectors of {known} numbers, not {dimensions}.")

    def upsert(self, name: str, points: Sequence[IndexedChunk]) -> None:
        here = self._get(name)
        check_points(points, here.dimensions)
        if points:
            here.shard.update(edge.UpdateOperation.upsert_points([_structure(p) for p in points]))
            here.unsorted += len(points)

    def set_label(self, name: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        here = self._get(name)
        if documents:
            these = edge.FieldCondition(key="document", match=edge.MatchAny(list[int](documents)))
            which = edge.Filter(must=[_equals("tenant", tenant_id), these])
            here.shard.update(edge.UpdateOperation.set_payload_by_filter(which, {"label": label}))

    def delete(self, name: str, tenant_id: TenantId, ids: Sequence[ChunkId]) -> None:
        here = self._get(name)
        if ids:
            which = edge.Filter(must=[_equals("tenant", tenant_id), edge.HasIdCondition(set(ids))])
            here.shard.update(edge.UpdateOperation.delete_points_by_filter(which))
            here.unsorted += len(ids)

    def vectors(self, name: str, tenant_id: TenantId, ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        records = self._get(name).shard.retrieve(list(ids), with_payload=["tenant"], with_vector=[DENSE]) if ids else []
        return {
            ChunkId(r.id): np.asarray(r.vector[DENSE], np.float32)
            for r in records
            if (r.payload or {}).get("tenant") == tenant_id
        }

    def readable(self, name: str, condition: Where) -> int:
        """About how many points the condition lets through; where the whole collection is small, how many there are."""
        shard = self._get(name).shard
        points: int = shard.info().points_count
        return points if points <= EXACT_POINTS else int(shard.count(edge.CountRequest(exact=False, filter=_filter(condition))))

    def search(self, name: str, way: SearchPlan, condition: Where) -> list[Hit]:
        here = self._get(name)
        check_query(way.dense, way.lexical, here.dimensions)
        asked = _questions(way, condition)
        answers = here.shard.query_batch(edge.QueryBatchRequest(list(asked.values()))) if asked else []
        found = {using: [_hit(point) for point in points] for using, points in zip(asked, answers, strict=True)}
        return fuse(way, found.get(DENSE), found.get(LEXICAL), lambda ids: self.vectors(name, condition.tenant_id, ids))

    def scan(self, name: str, tenant_id: TenantId, after: ChunkId | None, limit: int) -> tuple[list[StoredPoint], ChunkId | None]:
        """A page of the tenant's points from `after` on, and where the next one starts."""
        request = edge.ScrollRequest(
            offset=after, limit=limit, filter=edge.Filter(must=[_equals("tenant", tenant_id)]), with_payload=list(INTEGERS)
        )
        records, following = self._get(name).shard.scroll(request)
        points = [
            StoredPoint(
                ChunkId(r.id), TenantId(r.payload["tenant"]), DocumentId(r.payload["document"]), Label(r.payload["label"])
            )
            for r in records
        ]
        return points, following

    def count(self, name: str) -> int:
        number: int = self._get(name).shard.count(edge.CountRequest(exact=True))
        return number

    def drop(self, name: str) -> None:
        """Away with it: first out of its place, in one move, so that a crash leaves no half of it there."""
        check_collection(name)
        here = self._open.pop(name, None)
        if here is not None:
            here.shard.close()
        doomed = self._folder / f"{name}.gone"  # no collection's name holds a dot
        shutil.rmtree(doomed, ignore_errors=True)
        if (self._folder / name).exists():
            (self._folder / name).rename(doomed)
            shutil.rmtree(doomed)

    def flush(self, name: str) -> None:
        self._get(name).shard.flush()

    def tidy(self, at_least: int) -> bool:
        """Put one collection's segments in order if so many points wait: a pause of a third of a second for `STEP_POINTS`."""
        for here in self._open.values():
            if here.unsorted >= at_least:
                here.unsorted = 0
                here.shard.optimize()
                here.shard.flush()
                return True
        return False

    def compact(self, name: str) -> None:
        """Rewrite the segments that hold a deleted point, then let the log run on until none of its old files is left.

        A crash half-way loses nothing and leaves a shard that opens as ever. (Edge counts on with its log: one that starts
        anew would make it ignore every write to a known point. So the old log is not removed, it is outrun.)
        """
        here = self._get(name)
        here.shard.flush()
        here.shard.close()
        del self._open[name]
        place = self._folder / name / "shard"
        shard = _load(place, _configuration(here.dimensions, thorough=True))
        try:
            shard.optimize()
            outrun(shard, place / "wal")
        finally:
            shard.flush()
            shard.close()
        self._get(name)

    def close(self) -> None:
        """Flush and let go of every shard."""
        while self._open:
            _, here = self._open.popitem()
            here.shard.flush()
            here.shard.close()

    def _get(self, name: str) -> _Collection:
        check_collection(name)
        if name not in self._open:
            place = self._folder / name
            if not place.exists():
                raise CollectionMissing(name)
            try:
                dimensions = json.loads((place / "collection.json").read_text(encoding="utf-8"))["dimensions"]
                shard = _load(place / "shard", _configuration(dimensions))
            except Exception as error:  # Edge has no exceptions of its own
                raise IndexUnavailable(
                    f"The collection {name!r} cannot be opened: {error}. Move {place} away and run `portcullis verify --repair`."
                ) from error
            self._open[name] = _Collection(shard, dimensions)
        return self._open[name]


def _load(place: Path, configuration: Any) -> Any:
    return edge.EdgeShard.load(str(place), configuration)


def _configuration(dimensions: int, *, thorough: bool = False) -> Any:
    """`thorough`: optimizing rewrites a segment for a single deleted point. Said each time: what is not said is remembered."""
    vacuum = (0.0, 0) if thorough else (0.2, 1000)
    return edge.EdgeConfig(
        vectors={
            DENSE: edge.EdgeVectorParams(
                size=dimensions,
                distance=edge.Distance.Dot,
                quantization_config=edge.ScalarQuantizationConfig(
                    type=edge.ScalarType.Int8, quantile=QUANTILE, memory=edge.Memory.Pinned
                ),
            )
        },
        sparse_vectors={LEXICAL: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        hnsw_config=edge.HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=10, payload_m=0),
        optimizers=edge.EdgeOptimizersConfig(
            max_segment_size=SEGMENT_KB,
            indexing_threshold=INDEXING_KB,
            deleted_threshold=vacuum[0],
            vacuum_min_vector_number=vacuum[1],
        ),
        wal_enabled=True,  # also Edge's only guard against two processes on one shard
    )


def _questions(way: SearchPlan, condition: Where) -> dict[str, Any]:
    """A question for each vector. Each carries the whole filter."""
    which, payload = _filter(condition), ["document", "label"]
    asked = {}
    if way.dense is not None:
        near = edge.Query.Nearest(way.dense.tolist(), using=DENSE)
        rescored = edge.QuantizationSearchParams(ignore=way.exact, rescore=True, oversampling=OVERSAMPLING)
        params = edge.SearchParams(exact=way.exact, quantization=rescored)
        asked[DENSE] = edge.QueryRequest(query=near, params=params, filter=which, limit=way.depth, with_payload=payload)
    if way.lexical is not None:
        terms = edge.SparseVector(list(way.lexical.indices), list(way.lexical.values))
        near = edge.Query.Nearest(terms, using=LEXICAL)
        corpus = edge.IdfParams(corpus=edge.Filter(must=[_equals("tenant", condition.tenant_id)]))
        params = edge.SearchParams(exact=True, idf=corpus)
        asked[LEXICAL] = edge.QueryRequest(query=near, params=params, filter=which, limit=way.depth, with_payload=payload)
    return asked


def _hit(point: Any) -> Hit:
    return Hit(ChunkId(point.id), DocumentId(point.payload["document"]), Label(point.payload["label"]), point.score)


def _filter(condition: Where) -> Any:
    must = [
        _equals("tenant", condition.tenant_id),
        edge.FieldCondition(key="label", match=edge.MatchAny(list[int](condition.labels))),
    ]
    if condition.sources is not None:
        must.append(edge.FieldCondition(key="source", match=edge.MatchAny(list[int](condition.sources))))
    if condition.documents is not None:
        must.append(edge.FieldCondition(key="document", match=edge.MatchAny(list[int](condition.documents))))
    skipped: Iterable[Any] = [edge.HasIdCondition(set(condition.skip))] if condition.skip else []
    return edge.Filter(must=must, must_not=list(skipped) or None)


def _equals(field: str, number: int) -> Any:
    return edge.FieldCondition(key=field, match=edge.MatchValue(number))


def _structure(point: IndexedChunk) -> Any:
    vectors: dict[str, Any] = {DENSE: point.dense}
    if point.lexical.indices:
        vectors[LEXICAL] = edge.SparseVector(list(point.lexical.indices), list(point.lexical.values))
    payload = {"tenant": point.tenant_id, "document": point.document_id, "source": point.source_id, "label": point.label}
    return edge.Point(id=point.chunk_id, vector=vectors, payload=payload)
