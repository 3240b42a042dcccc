"""How much of what a person may read is found, by how little of the whole that is; Qdrant's default graph and LanceDB beside us.

    python -m benchmarks.recall [--points 100000] [--questions 100] [--without graph|lancedb ...] [--json]

Vectors are made up, 384 numbers wide: each of 2,000 topics has a direction, a point lies near one of them, a question near
another point. Access is independent of topic: of 1,000 labels each point has one by chance, and a person who may read a share of
all holds that share of the labels. Recall@10 is held against brute force over what he may read; milliseconds are medians of
single searches, inside the process that holds the vectors.
exact    the engine's own way up to `EXACT_POINTS` readable points: whole vectors
int8     its way above: int8 copies, the best of them by their whole vectors again
graph    Qdrant Edge with the graph that it builds by default (m=16, ef_construct=100), asked with its default parameters
lancedb  its default vector index (IVF_PQ), the filter before the search, where `lancedb` is installed
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from acl.scope import scope_of_labels
from catalog.ids import ChunkId, DocumentId, Label, PrincipalId, SourceId, TenantId
from index.plan import SearchPlan
from index.point import IndexedChunk, Lexical, SearchQuery, Vector, Vectors
from index.shards import STEP_POINTS, Shards
from index.where import where

WIDTH, TOPICS, LABELS = 384, 2_000, 1_000
SHARES = (0.001, 0.01, 0.1, 0.5, 1.0)
NEAREST = 10
TENANT = TenantId(1)
Search = Callable[[Vector, int], list[int]]
"""The numbers of the ten nearest points whose label is below the second argument."""


def make(points: int, questions: int) -> tuple[Vectors, np.ndarray, Vectors]:
    """Points, their labels, questions."""
    rng = np.random.default_rng(17)
    topics = _unit(rng.standard_normal((TOPICS, WIDTH), np.float32))
    spread = np.float32(0.9 / WIDTH**0.5)
    vectors = np.empty((points, WIDTH), np.float32)
    for start in range(0, points, 50_000):
        some = topics[rng.integers(0, TOPICS, min(50_000, points - start))]
        vectors[start : start + len(some)] = _unit(some + spread * rng.standard_normal(some.shape, np.float32))
    asked = vectors[rng.integers(0, points, questions)]
    return vectors, rng.integers(0, LABELS, points), _unit(asked + spread * rng.standard_normal(asked.shape, np.float32))


def _unit(vectors: np.ndarray) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@contextmanager
def ours(folder: Path, vectors: Vectors, labels: np.ndarray) -> Iterator[dict[str, Search]]:
    """The engine's own files, in this process; both of its ways, whatever the number of points."""
    shards = Shards(folder)
    shards.ensure("chunks", WIDTH)
    for start in range(0, len(vectors), 256):
        shards.upsert("chunks", [_point(n, vectors, labels) for n in range(start, min(start + 256, len(vectors)))])
        shards.tidy(STEP_POINTS)
    while shards.tidy(1):
        pass

    def search(exact: bool) -> Search:
        def ask(question: Vector, below: int) -> list[int]:
            query = SearchQuery(question, None, NEAREST)
            condition = where(scope_of_labels(TENANT, PrincipalId(1), map(Label, range(below)), 1), query)
            assert condition is not None
            return [
                h.chunk_id.int - 1 for h in shards.search("chunks", SearchPlan(question, None, NEAREST, 50, exact), condition)
            ]

        return ask

    yield {"exact": search(True), "int8": search(False)}
    shards.close()


def _point(number: int, vectors: Vectors, labels: np.ndarray) -> IndexedChunk:
    ids = ChunkId(UUID(int=number + 1)), TENANT, DocumentId(number + 1), SourceId(1), Label(int(labels[number]))
    return IndexedChunk(*ids, vectors[number], Lexical((), ()))


@contextmanager
def graph(folder: Path, vectors: Vectors, labels: np.ndarray) -> Iterator[dict[str, Search]]:
    """Qdrant Edge as it comes: one vector, a payload index, its default graph."""
    import qdrant_edge as edge

    config = edge.EdgeConfig(vectors=edge.EdgeVectorParams(size=WIDTH, distance=edge.Distance.Dot))
    folder.mkdir()
    shard = edge.EdgeShard.create(str(folder), config)
    shard.update(edge.UpdateOperation.create_field_index("label", edge.PayloadSchemaType.Integer))
    for start in range(0, len(vectors), 256):
        rows = range(start, min(start + 256, len(vectors)))
        points = [edge.Point(id=n, vector=vectors[n], payload={"label": int(labels[n])}) for n in rows]
        shard.update(edge.UpdateOperation.upsert_points(points))
    while shard.optimize():
        pass

    def ask(question: Vector, below: int) -> list[int]:
        which = edge.Filter(must=[edge.FieldCondition(key="label", match=edge.MatchAny(list(range(below))))])
        request = edge.QueryRequest(query=edge.Query.Nearest(question.tolist()), filter=which, limit=NEAREST)
        return [point.id for point in shard.query(request)]

    yield {"graph": ask}
    shard.close()


@contextmanager
def lancedb(folder: Path, vectors: Vectors, labels: np.ndarray) -> Iterator[dict[str, Search]]:
    """LanceDB as it comes: its default index, a scalar index on the label, the filter first."""
    import lancedb as lance
    import pyarrow

    columns = {
        "id": pyarrow.array(np.arange(len(vectors))),
        "label": pyarrow.array(labels),
        "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel()), WIDTH),
    }
    table = lance.connect(str(folder)).create_table("chunks", pyarrow.table(columns))
    table.create_index(metric="cosine")
    table.create_scalar_index("label")

    def ask(question: Vector, below: int) -> list[int]:
        found = table.search(question).metric("cosine").where(f"label < {below}", prefilter=True).limit(NEAREST)
        return [row["id"] for row in found.select(["id", "_distance"]).to_list()]

    yield {"lancedb": ask}


def measure(search: Search, vectors: Vectors, labels: np.ndarray, questions: Vectors) -> dict[str, dict[str, float]]:
    """Recall and milliseconds by share."""
    rows = {}
    for share in SHARES:
        below = max(1, round(share * LABELS))
        readable = np.flatnonzero(labels < below)
        found = asked = 0
        times = []
        for question in questions:
            scores = vectors[readable] @ question if share < 1 else vectors @ question
            nearest = set(readable[np.argpartition(-scores, min(NEAREST, len(readable)) - 1)[:NEAREST]].tolist())
            began = time.perf_counter()
            hits = search(question, below)
            times.append((time.perf_counter() - began) * 1000)
            found += len(nearest & set(hits))
            asked += len(nearest)
        rows[f"{share:g}"] = {"recall@10": round(found / asked, 4), "ms": round(statistics.median(times), 2)}
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--without", action="append", choices=("graph", "lancedb"), default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    vectors, labels, questions = make(options.points, options.questions)
    ways: list[Callable[..., Any]] = [ours]
    ways += [way for way in (graph, lancedb) if way.__name__ not in options.without]
    if importlib.util.find_spec("lancedb") is None and lancedb in ways:
        ways.remove(lancedb)
        print("lancedb is not installed: left out", file=sys.stderr)
    told: dict[str, Any] = {}
    for way in ways:
        with tempfile.TemporaryDirectory() as name:
            began = time.perf_counter()
            with way(Path(name) / "data", vectors, labels) as searches:
                loaded = round(time.perf_counter() - began, 1)
                for each, search in searches.items():
                    told[each] = {"load_s": loaded, "shares": measure(search, vectors, labels, questions)}
                    print(each, told[each], file=sys.stderr, flush=True)
            shutil.rmtree(name, ignore_errors=True)
    if options.json:
        print(json.dumps({"points": options.points, "questions": options.questions, **told}))
        return 0
    print(f"{options.points:,} points, {options.questions} questions; recall@10 / ms at the share that may be read")
    print(f"{'':10}{'load s':>8}" + "".join(f"{100 * share:>15g} %" for share in SHARES))
    for each, row in told.items():
        cells = "".join(f"{s['recall@10']:>9.3f} /{s['ms']:>6.1f}" for s in row["shares"].values())
        print(f"{each:10}{row['load_s']:>8}{cells}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
