"""What the access filter costs in the index: the engine's own call with the filter of a person's search, and without any.

An unfiltered search exists here alone, on a copy of an evaluation's own index. Nothing in the product can make one (law 1).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acl.scopes import Scopes
from acl.store import find_person
from catalog.collections import live_collection
from catalog.ids import DEFAULT_TENANT
from catalog.session import open_engine, reading
from catalog.tenants import find_tenant
from index.lexical import query_vector
from index.model import Embedder
from index.plan import plan
from index.point import DENSE, LEXICAL, SearchQuery
from index.where import where

LIMIT = 80


@dataclass(frozen=True, slots=True)
class FilterCost:
    """Milliseconds of one search inside the engine, at the median."""

    points: int
    labels: float  # on average, those that a person may read
    filtered_ms: float
    unfiltered_ms: float


def filter_cost(home: Path, people: Sequence[str], questions: Sequence[str], embedder: Embedder) -> FilterCost:
    """Each of these people with each question, in turn filtered and not, over a copy of the home's live collection."""
    from index.shards import Shards  # the engine itself, which only its own process loads otherwise

    catalog = open_engine(f"sqlite:///{home / 'catalog.db'}")
    try:
        with reading(catalog) as read:
            tenant, name = find_tenant(read, DEFAULT_TENANT), live_collection(read).name
            scopes = [Scopes().find(read, tenant, find_person(read, tenant, person)) for person in people]
    finally:
        catalog.dispose()
    looks = [SearchQuery(embedder.embed_query(text), query_vector(text, embedder.language), LIMIT) for text in questions]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(home / "index" / "collections", Path(folder) / "collections")
        shards = Shards(Path(folder))
        points = shards.count(name)
        filtered, unfiltered = [], []
        try:
            shard = shards._get(name).shard
            for look in looks:
                for scope in scopes:
                    way, condition = plan(look), where(scope, look)
                    if way is not None and condition is not None:
                        filtered.append(_ms(shards.search, name, way, condition))
                        unfiltered.append(_ms(lambda asked: [shard.query(one) for one in asked], _open(way)))
        finally:
            shards.close()
    labels = float(np.mean([len(scope.labels) for scope in scopes]))
    return FilterCost(points, round(labels, 1), round(float(np.median(filtered)), 3), round(float(np.median(unfiltered)), 3))


def _open(way: Any) -> list[Any]:
    """The same questions without their filter."""
    import qdrant_edge as edge

    terms = edge.SparseVector(list(way.lexical.indices), list(way.lexical.values))
    params, payload = edge.SearchParams(exact=way.exact), ["document", "label"]
    queries = (edge.Query.Nearest(way.dense.tolist(), using=DENSE), edge.Query.Nearest(terms, using=LEXICAL))
    return [edge.QueryRequest(query=query, params=params, limit=way.depth, with_payload=payload) for query in queries]


def _ms(call: Callable[..., object], *given: object) -> float:
    since = time.perf_counter()
    call(*given)
    return (time.perf_counter() - since) * 1000
