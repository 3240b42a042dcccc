"""The index calls over a Qdrant server, by qdrant-client. Its local mode (`QdrantClient(":memory:")`) serves tests the same way.

Written against qdrant-client 1.20. Local mode keeps no payload index and is always exact; it does honour the IDF corpus.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.check import check_collection, check_points, check_query
from index.errors import BadVector, CollectionMissing, IndexUnavailable
from index.fuse import fuse
from index.plan import EXACT_POINTS, OVERSAMPLING, SearchPlan, plan
from index.point import DENSE, INTEGERS, LEXICAL, Hit, IndexedChunk, SearchQuery, StoredPoint, Vector
from index.where import Where, where

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

BATCH = 256
PAGE = 1000
SIZE_SECONDS = 60.0


def connect(url: str, api_key: str | None, timeout_seconds: float) -> QdrantClient:
    """A client of the server at `url`. Nothing is asked of it yet."""
    from qdrant_client import QdrantClient

    return QdrantClient(url=url, api_key=api_key, timeout=max(1, round(timeout_seconds)), check_compatibility=False)


class ServerIndex:
    """Meets `index.calls.IndexCalls`. Owns the client that it is given, and closes it."""

    def __init__(self, client: QdrantClient) -> None:
        self._client = client
        self._dimensions: dict[str, int] = {}
        self._sizes: dict[str, tuple[float, int]] = {}

    def ensure(self, collection: str, dimensions: int) -> None:
        from qdrant_client import models

        check_collection(collection)
        with _told(collection):
            if not self._client.collection_exists(collection):
                self._create(collection, dimensions)
            known = self._client.get_collection(collection).payload_schema
            for field in INTEGERS:
                if field not in known:
                    exact = models.IntegerIndexParams(
                        type=models.IntegerIndexType.INTEGER, lookup=True, range=False, is_principal=field == "tenant" or None
                    )
                    self._client.create_payload_index(collection, field, exact, wait=True)
        if self._width(collection) != dimensions:
            raise BadVector(
                f"The collection {collection!r} holds vectors of {self._width(collection)} numbers, not {dimensions}."
            )

    def upsert(self, collection: str, points: Sequence[IndexedChunk]) -> None:
        check_points(points, self._width(collection))
        with _told(collection):
            for start in range(0, len(points), BATCH):
                self._client.upsert(collection, [_structure(p) for p in points[start : start + BATCH]], wait=True)

    def set_label(self, collection: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        from qdrant_client import models

        self._width(collection)
        for start in range(0, len(documents), PAGE):
            these = models.MatchAny(any=list(documents[start : start + PAGE]))
            which = models.Filter(must=[_equals("tenant", tenant_id), models.FieldCondition(key="document", match=these)])
            with _told(collection):
                self._client.set_payload(collection, {"label": label}, points=which, wait=True)

    def delete(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> None:
        from qdrant_client import models

        self._width(collection)
        with _told(collection):
            for start in range(0, len(chunk_ids), PAGE):
                ids: list[Any] = [str(i) for i in chunk_ids[start : start + PAGE]]
                which = models.Filter(must=[_equals("tenant", tenant_id), models.HasIdCondition(has_id=ids)])
                self._client.delete(collection, models.FilterSelector(filter=which), wait=True)

    def vectors(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        self._width(collection)
        found: dict[ChunkId, Vector] = {}
        with _told(collection):
            for start in range(0, len(chunk_ids), PAGE):
                ids = [str(i) for i in chunk_ids[start : start + PAGE]]
                for record in self._client.retrieve(collection, ids, with_payload=["tenant"], with_vectors=[DENSE]):
                    if (record.payload or {})["tenant"] == tenant_id:
                        vectors: Any = record.vector
                        found[_id(record.id)] = np.asarray(vectors[DENSE], np.float32)
        return found

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        condition = where(scope, query)
        way = None if condition is None else plan(query, self._readable(collection, condition))
        if condition is None or way is None:
            return []
        check_query(way.dense, way.lexical, self._width(collection))
        asked = _questions(way, condition)
        with _told(collection):
            answers = self._client.query_batch_points(collection, list(asked.values()))
        found = {using: [_hit(point) for point in answer.points] for using, answer in zip(asked, answers, strict=True)}
        tenant_id = condition.tenant_id
        return fuse(way, found.get(DENSE), found.get(LEXICAL), lambda ids: self.vectors(collection, tenant_id, ids))

    def scan(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        self._width(collection)
        return self._pages(collection, tenant_id)

    def count(self, collection: str) -> int:
        self._width(collection)
        with _told(collection):
            return self._client.count(collection, exact=True).count

    def drop(self, collection: str) -> None:
        check_collection(collection)
        with _told(collection):
            self._client.delete_collection(collection)
        self._dimensions.pop(collection, None)

    def flush(self, collection: str) -> None:
        """A server has no such call: it acknowledges what its write-ahead log holds, and syncs by its own settings."""
        self._width(collection)

    def compact(self, collection: str) -> bool:
        """A server has no such call either: its optimizer rewrites a segment once enough of it is deleted."""
        self._width(collection)
        return False

    def close(self) -> None:
        self._client.close()

    def _create(self, collection: str, dimensions: int) -> None:
        from qdrant_client import models
        from qdrant_client.http.exceptions import UnexpectedResponse

        try:
            self._client.create_collection(
                collection,
                vectors_config={DENSE: models.VectorParams(size=dimensions, distance=models.Distance.DOT)},
                sparse_vectors_config={LEXICAL: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                hnsw_config=models.HnswConfigDiff(m=0, payload_m=0),
                quantization_config=models.ScalarQuantization(
                    scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
                ),
                strict_mode_config=models.StrictModeConfig(
                    enabled=True, unindexed_filtering_retrieve=False, unindexed_filtering_update=False
                ),
            )
        except UnexpectedResponse as error:
            if error.status_code != 409:  # 409: another process made it in this moment
                raise

    def _readable(self, collection: str, condition: Where) -> int:
        """About how many points the condition lets through; where the whole collection is small, how many there were lately."""
        since, points = self._sizes.get(collection, (-inf, 0))
        if time.monotonic() - since > SIZE_SECONDS:
            self._width(collection)
            with _told(collection):
                points = self._client.count(collection, exact=False).count
            self._sizes[collection] = (time.monotonic(), points)
        if points <= EXACT_POINTS:
            return points
        with _told(collection):
            return self._client.count(collection, _filter(condition), exact=False).count

    def _pages(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        from qdrant_client import models

        after: Any = None
        which = models.Filter(must=[_equals("tenant", tenant_id)])
        while True:
            with _told(collection):
                records, after = self._client.scroll(collection, which, limit=PAGE, offset=after, with_payload=list(INTEGERS))
            for record in records:
                held: dict[str, Any] = record.payload or {}
                yield StoredPoint(_id(record.id), TenantId(held["tenant"]), DocumentId(held["document"]), Label(held["label"]))
            if after is None:
                return

    def _width(self, collection: str) -> int:
        """How wide the collection's vectors are. Raises `CollectionMissing`. It never changes, so it is asked for once."""
        check_collection(collection)
        if collection not in self._dimensions:
            with _told(collection):
                held: Any = self._client.get_collection(collection).config.params.vectors
            self._dimensions[collection] = held[DENSE].size
        return self._dimensions[collection]


def _questions(way: SearchPlan, condition: Where) -> dict[str, models.QueryRequest]:
    """A question for each vector. Each carries the whole filter."""
    from qdrant_client import models

    which, payload = _filter(condition), ["document", "label"]
    asked = {}
    if way.dense is not None:
        rescored = models.QuantizationSearchParams(ignore=way.exact, rescore=True, oversampling=OVERSAMPLING)
        params = models.SearchParams(exact=way.exact, quantization=rescored)
        asked[DENSE] = models.QueryRequest(
            query=way.dense.tolist(), using=DENSE, params=params, filter=which, limit=way.depth, with_payload=payload
        )
    if way.lexical is not None:
        terms = models.SparseVector(indices=list(way.lexical.indices), values=list(way.lexical.values))
        corpus = models.IdfCorpusParams(corpus=models.Filter(must=[_equals("tenant", condition.tenant_id)]))
        params = models.SearchParams(exact=True, idf=corpus)
        asked[LEXICAL] = models.QueryRequest(
            query=terms, using=LEXICAL, params=params, filter=which, limit=way.depth, with_payload=payload
        )
    return asked


def _hit(point: Any) -> Hit:
    return Hit(_id(point.id), DocumentId(point.payload["document"]), Label(point.payload["label"]), point.score)


def _filter(condition: Where) -> models.Filter:
    from qdrant_client import models

    must: list[Any] = [
        _equals("tenant", condition.tenant_id),
        models.FieldCondition(key="label", match=models.MatchAny(any=list(condition.labels))),
    ]
    if condition.sources is not None:
        must.append(models.FieldCondition(key="source", match=models.MatchAny(any=list(condition.sources))))
    if condition.documents is not None:
        must.append(models.FieldCondition(key="document", match=models.MatchAny(any=list(condition.documents))))
    skipped: list[Any] = [models.HasIdCondition(has_id=[str(i) for i in condition.skip])] if condition.skip else []
    return models.Filter(must=must, must_not=skipped or None)


def _equals(field: str, number: int) -> models.FieldCondition:
    from qdrant_client import models

    return models.FieldCondition(key=field, match=models.MatchValue(value=number))


def _structure(point: IndexedChunk) -> models.PointStruct:
    from qdrant_client import models

    vectors: dict[str, Any] = {DENSE: point.dense.tolist()}
    if point.lexical.indices:
        vectors[LEXICAL] = models.SparseVector(indices=list(point.lexical.indices), values=list(point.lexical.values))
    payload = {"tenant": point.tenant_id, "document": point.document_id, "source": point.source_id, "label": point.label}
    return models.PointStruct(id=str(point.chunk_id), vector=vectors, payload=payload)


def _id(text: Any) -> ChunkId:
    return ChunkId(UUID(str(text)))


@contextmanager
def _told(collection: str) -> Iterator[None]:
    """The client's exceptions as ours."""
    from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

    try:
        yield
    except UnexpectedResponse as error:
        if error.status_code == 404:
            raise CollectionMissing(collection) from error
        raise IndexUnavailable(f"The Qdrant server refused a call ({error.status_code}): see its log.") from error
    except ResponseHandlingException as error:
        raise IndexUnavailable(f"The Qdrant server does not answer ({error.source}). Check INDEX_URL and the server.") from error
    except ApiException as error:
        raise IndexUnavailable("The Qdrant server does not answer as it should. Check INDEX_URL and the server.") from error
    except ValueError as error:  # local mode's word for 404
        if f"Collection {collection} not found" in str(error):
            raise CollectionMissing(collection) from error
        raise
