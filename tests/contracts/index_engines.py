"""The engines that the contract of `index.calls` is held against: each test of the suite runs over all that can run here."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from acl.scope import ReadScope, scope_of_labels
from catalog.ids import ChunkId, DocumentId, Label, PrincipalId, SourceId, TenantId
from index.calls import IndexCalls
from index.edge import EdgeIndex
from index.launch import stop_engine
from index.memory import MemoryIndex
from index.point import IndexedChunk, Lexical, SearchQuery, Vector
from index.server import ServerIndex, connect

WIDTH = 8
SERVER = "TEST_QDRANT_URL"


@contextmanager
def memory(_folder: Path) -> Iterator[IndexCalls]:
    yield MemoryIndex()


@contextmanager
def local(_folder: Path) -> Iterator[IndexCalls]:
    """qdrant-client's own imitation of a server, in this process."""
    from qdrant_client import QdrantClient

    calls = ServerIndex(QdrantClient(":memory:"))
    yield calls
    calls.close()


@contextmanager
def edge(folder: Path) -> Iterator[IndexCalls]:
    calls = EdgeIndex(folder, idle_seconds=60)
    yield calls
    calls.close()
    stop_engine(folder)


@contextmanager
def server(_folder: Path) -> Iterator[IndexCalls]:
    calls = ServerIndex(connect(os.environ[SERVER], os.environ.get("TEST_QDRANT_API_KEY"), 30))
    yield calls
    calls.close()


ENGINES: dict[str, Callable[[Path], AbstractContextManager[IndexCalls]]] = {"memory": memory, "local": local, "edge": edge}
if SERVER in os.environ:
    ENGINES["server"] = server


def fresh(calls: IndexCalls, width: int = WIDTH) -> str:
    """A new collection's name."""
    name = f"test-{uuid.uuid4().hex}"
    calls.ensure(name, width)
    return name


def unit(seed: int, width: int = WIDTH) -> Vector:
    vector = np.random.default_rng(seed).normal(size=width).astype(np.float32)
    return vector / np.linalg.norm(vector)


def chunk(
    number: int,
    *,
    tenant: int = 1,
    label: int = 1,
    document: int = 1,
    source: int = 1,
    dense: Vector | None = None,
    terms: dict[int, float] | None = None,
) -> IndexedChunk:
    """A point whose id is `number`."""
    terms = {number: 1.0} if terms is None else terms
    return IndexedChunk(
        chunk_id=ChunkId(uuid.UUID(int=number)),
        tenant_id=TenantId(tenant),
        document_id=DocumentId(document),
        source_id=SourceId(source),
        label=Label(label),
        dense=unit(number) if dense is None else dense,
        lexical=Lexical(tuple(terms), tuple(terms.values())),
    )


def scope(*labels: int, tenant: int = 1) -> ReadScope:
    return scope_of_labels(TenantId(tenant), PrincipalId(1), map(Label, labels), 1)


def dense_query(
    vector: Vector,
    limit: int = 10,
    *,
    sources: tuple[int, ...] | None = None,
    skip: tuple[int, ...] = (),
    documents: tuple[int, ...] | None = None,
) -> SearchQuery:
    chosen = None if sources is None else tuple(map(SourceId, sources))
    among = None if documents is None else tuple(map(DocumentId, documents))
    return SearchQuery(vector, None, limit, chosen, frozenset(ChunkId(uuid.UUID(int=n)) for n in skip), among)


def lexical_query(*terms: int, limit: int = 10) -> SearchQuery:
    return SearchQuery(None, Lexical(terms, (1.0,) * len(terms)), limit)
