"""What many access lists cost a question, and what a new list for a whole folder costs.

    python -m benchmarks.labels [--documents 100000] [--calls 60] [--json]

Half of the documents are shared one by one: each has a list of its own. The other half has a hundred lists. Three people may
read 100, 5,000 and all of the lists; a fourth may read one of the hundred. Vectors are random, of 384 numbers, so the index has
no easy question; a stand-in takes the place of the embedding model. The engine is the embedded one, the catalog SQLite.

ask     a whole retrieve in this process, with its stages, for each person: milliseconds
folder  the half with a hundred lists gets one new list: in the catalog, then in the index, whose vectors stay
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import numpy as np

from acl import members
from acl.principal import Name
from acl.store import intern_all, resolve
from catalog.collections import open_collection
from catalog.documents import follow_current, open_source
from catalog.findings import Findings
from catalog.ids import DEFAULT_TENANT, ChunkId, DocumentId, DocumentKey, Label, SourceId, TenantId, VersionId, digest, utc_now
from catalog.insert import insert_ignore
from catalog.session import WriteSession, transaction
from catalog.tables import Chunk, ChunkText, Document, LedgerEntry, Version, VersionChunk
from catalog.tenants import bump_corpus, bump_policy, open_tenant
from catalog.version_access import set_versions_access
from evals.open import open_home, open_key, open_limits, open_stand_in
from evals.stand_in import StandIn
from index.lexical import document_vector
from index.point import IndexedChunk, Vector, Vectors, chunk_id
from ingest.publish import relabel
from ingest.run import Tools
from ingest.shelve import Target
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.wire import RetrieveRequest

DIMENSIONS = 384
SHARED = 100
READERS = (100, 5_000)
WORDS = [f"w{n}" for n in range(4000)]


class Random(StandIn):
    """Vectors without any order, always the same for one text."""

    fingerprint = "random"
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.array([self.embed_query(text) for text in texts], np.float32)

    def embed_query(self, text: str) -> Vector:
        drawn = np.random.default_rng(int(digest(text)[:12], 16)).standard_normal(DIMENSIONS).astype(np.float32)
        unit: Vector = drawn / np.linalg.norm(drawn)
        return unit


def fill(tools: Tools, documents: int, rng: random.Random) -> tuple[TenantId, SourceId, list[VersionId]]:
    """The tenant; gives the versions of the half that shares lists."""
    one_by_one = documents // 2
    with transaction(tools.catalog) as write:
        tenant = open_tenant(write, DEFAULT_TENANT)
        source = open_source(write, tenant, "bench", "/bench")
        collection = open_collection(write, tools.embedder.fingerprint, tools.embedder.dimensions, "")
        boards = [Name("group", f"board-{n}") for n in (*READERS, one_by_one + SHARED)]
        readers = [Name("user", f"reads-{n}") for n in (*READERS, one_by_one + SHARED)]
        for name in (*boards, *readers, Name("user", "reads-1")):
            members.bind(write, tenant, name, "bench")
        ids = resolve(write, tenant, [*boards, *readers])
        for board, reader in zip(boards, readers, strict=True):
            members.add_members(write, tenant, ids[board], [ids[reader]], "bench")
        labels = intern_all(write, tenant, [(_allowed(n, boards, one_by_one), ()) for n in range(one_by_one + SHARED)])
    for shelf in collection.shelves:
        tools.index.ensure(shelf.name, DIMENSIONS)
    began = time.perf_counter()
    for start in range(0, documents, 2000):
        numbers = range(start, min(start + 2000, documents))
        texts = {n: " ".join(rng.choices(WORDS, k=40)) for n in numbers}
        of = {n: labels[n] if n < one_by_one else labels[one_by_one + n % SHARED] for n in numbers}
        with transaction(tools.catalog) as write:
            _rows(write, tenant, source, collection.id, texts, of)
        points = list(_points(tools, tenant, source, texts, of))
        for at in range(0, len(points), 256):
            tools.index.upsert(collection.name, points[at : at + 256])
        print(f"\rfilled {numbers.stop} of {documents} documents", end="", file=sys.stderr)
    print(f" in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    tools.index.flush(collection.name)
    with transaction(tools.catalog) as write:
        bump_corpus(write, tenant)
        bump_policy(write, tenant)
    return tenant, source, [VersionId(n + 1) for n in range(one_by_one, documents)]


def _allowed(n: int, boards: Sequence[Name], one_by_one: int) -> list[Name]:
    most = (*READERS, one_by_one + SHARED)
    own = [Name("user", f"owner-{n}")] if n < one_by_one else [Name("group", f"team-{n}")]
    last = [Name("user", "reads-1")] if n == one_by_one else []
    return own + last + [board for board, limit in zip(boards, most, strict=True) if n < limit]


def _rows(
    write: WriteSession, tenant: TenantId, source: SourceId, collection: int, texts: dict[int, str], labels: dict[int, Label]
) -> None:
    now, same = utc_now(), {"tenant_id": tenant}
    dated = datetime(2026, 1, 1, tzinfo=UTC)
    keys = {n: DocumentKey(tenant, DocumentId(n + 1)) for n in texts}
    hashes = {n: digest(text) for n, text in texts.items()}
    chunks = {n: chunk_id(keys[n], hashes[n], 0) for n in texts}
    version = {"version_label": "", "modified_at": dated, "fingerprint": "bench", "path": "", "media_type": "text/plain"}
    version |= {
        "title": "",
        "custom": {},
        "findings": Findings().described(),
        "held_from": dated,
        "created_at": now,
        "cutting": "",
    }
    placed = {"position": 0, "char_start": 0, "body_start": 0, "tokens": 60, "pages": [], "headings": []}
    insert_ignore(
        write,
        Document,
        (
            {
                "id": n + 1,
                "source_id": source,
                "name": f"bench/{n}",
                "label": labels[n],
                "indexed_label": labels[n],
                "created_at": now,
            }
            | same
            for n in texts
        ),
    )
    insert_ignore(
        write,
        Version,
        (
            {"id": n + 1, "document_id": n + 1, "content_hash": hashes[n], "text_hash": hashes[n], "arrival": n + 1}
            | {"label": labels[n], "text": text}
            | version
            | same
            for n, text in texts.items()
        ),
    )
    insert_ignore(write, ChunkText, ({"text_hash": hashes[n], "text": text} | same for n, text in texts.items()))
    insert_ignore(write, Chunk, ({"id": chunks[n], "document_id": n + 1, "text_hash": hashes[n], "nth": 0} | same for n in texts))
    insert_ignore(
        write,
        VersionChunk,
        ({"version_id": n + 1, "chunk_id": chunks[n], "char_end": len(text)} | placed | same for n, text in texts.items()),
    )
    insert_ignore(
        write, LedgerEntry, ({"collection_id": collection, "chunk_id": c, "state": "live"} | same for c in chunks.values())
    )
    write.sql.query(Document).filter(Document.tenant_id == tenant, Document.current_version_id.is_(None)).update(
        {"current_version_id": Document.id}
    )


def _points(
    tools: Tools, tenant: TenantId, source: SourceId, texts: dict[int, str], labels: dict[int, Label]
) -> Iterator[IndexedChunk]:
    for n, text in texts.items():
        key = DocumentKey(tenant, DocumentId(n + 1))
        id_: ChunkId = chunk_id(key, digest(text), 0)
        vector = tools.embedder.embed_query(text)
        yield IndexedChunk(id_, tenant, key.document_id, source, labels[n], vector, document_vector(text))


def questions(services: Services, person: str, calls: int, rng: random.Random) -> dict[str, Any]:
    """A row: medians of the whole and of each stage, and the 95th percentile of the whole."""
    whole, stages = [], []
    for _ in range(calls + 5):
        request = RetrieveRequest(query=" ".join(rng.choices(WORDS, k=6)), top_k=8)
        began = time.perf_counter()
        answer = ask(services, open_limits(), DEFAULT_TENANT, person, request)
        whole.append((time.perf_counter() - began) * 1000)
        stages.append(answer.usage.stages)
        assert answer.results
    kept = stages[5:]
    medians = {name: round(statistics.median(s.get(name, 0.0) for s in kept), 1) for name in kept[0]}
    cut = statistics.quantiles(whole[5:], n=20)[18]
    return {"person": person, "p50": round(statistics.median(whole[5:]), 1), "p95": round(cut, 1), "stages": medians}


def folder(tools: Tools, tenant: TenantId, source: SourceId, versions: Sequence[VersionId]) -> dict[str, float]:
    """Seconds that the catalog takes, after which it is in force, and that the index takes to follow."""
    with transaction(tools.catalog) as write:
        (label,) = intern_all(write, tenant, [([Name("group", "everybody-else")], [])])
        collection = open_collection(write, tools.embedder.fingerprint, DIMENSIONS, "")
    began = time.perf_counter()
    with transaction(tools.catalog) as write:
        set_versions_access(write, tenant, versions, label, None)
        changed = follow_current(write, tenant, source)
    in_force = time.perf_counter()
    moved = relabel(Target(tools.catalog, tools.index, collection, tools.embedder, tenant, source))
    assert changed == moved == len(versions)
    return {"documents": moved, "catalog_s": round(in_force - began, 1), "index_s": round(time.perf_counter() - in_force, 1)}


def main() -> int:
    """Fill a home, ask, change a folder, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labels", description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rng = random.Random(7)
    embedder = Random(open_stand_in().tokens)
    with open_home("operator", embedder, lambda home: open_key(home / "key")) as (_, tools):
        tenant, source, shared = fill(tools, given.documents, rng)
        services = Services(tools.catalog, tools.index, embedder, tools.redactor)
        people = [f"reads-{n}" for n in (1, *READERS, given.documents // 2 + SHARED)]
        rows = [questions(services, person, given.calls, rng) for person in people]
        moved = folder(tools, tenant, source, shared)
    if given.json:
        print(json.dumps({"ask": rows, "folder": moved, "id": str(uuid4())}))
        return 0
    print(f"{'':16}{'p50 ms':>8}{'p95 ms':>8}  stages (median ms)")
    for row in rows:
        told = ", ".join(f"{name} {value}" for name, value in row["stages"].items())
        print(f"{row['person']:16}{row['p50']:>8}{row['p95']:>8}  {told}")
    later = f"in force after {moved['catalog_s']} s, in the index after {moved['index_s']} s more"
    print(f"a new list for {moved['documents']} documents: {later}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
