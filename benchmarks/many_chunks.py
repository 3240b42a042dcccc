"""The corpus of `benchmarks.retrieve` and `benchmarks.cache`: rows and points of many chunks, and who may read which of them."""

from __future__ import annotations

import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from acl.parse import parse_snapshot
from acl.principal import Name
from acl.scope import scope_of_labels
from acl.snapshot import apply_snapshot
from acl.store import intern_all
from catalog.collections import LiveCollection, open_collection
from catalog.documents import open_source
from catalog.ids import DEFAULT_TENANT, DocumentId, DocumentKey, Label, PrincipalId, SourceId, TenantId, digest, utc_now
from catalog.insert import insert_ignore
from catalog.session import WriteSession, transaction
from catalog.tables import Chunk, ChunkText, Document, LedgerEntry, Version, VersionChunk
from catalog.tenants import bump_corpus, bump_policy, open_tenant
from evals.judged import read_rows
from index.lexical import document_vector
from index.point import IndexedChunk, Lexical, SearchQuery, chunk_id
from ingest.run import Tools

GROUPS, OF_DOCUMENT, DOCUMENTS_AT_ONCE, WORDS_OF_CHUNK = 48, 20, 100, 170
PEOPLE = {"narrow": 1, "quarter": GROUPS // 4}
"""How many groups each is in."""
BESIDE = "beside"
SYLLABLES = [a + b for a in "bkmt" for b in "aeio"]


class Texts:
    """Words for chunks and questions: of a set, or invented."""

    def __init__(self, folder: Path | None, rng: random.Random) -> None:
        self._rng = rng
        if folder is None:
            invented = ["".join(parts) for parts in product(SYLLABLES, repeat=3)]
            self._bodies = [rng.choices(invented, k=400) for _ in range(500)]
            self.questions = [" ".join(rng.choices(invented, k=8)) for _ in range(1000)]
            return
        self._bodies = [words for row in read_rows(folder / "corpus.jsonl") if len(words := str(row["text"]).split()) > 40]
        self.questions = [str(row["text"]) for row in read_rows(folder / "queries.jsonl")]

    def chunk(self) -> str:
        parts = []
        for body in self._rng.choices(self._bodies, k=2):
            start = self._rng.randrange(max(1, len(body) - WORDS_OF_CHUNK // 2))
            parts += body[start : start + WORDS_OF_CHUNK // 2]
        return " ".join(parts)


def fill(tools: Tools, chunks: int, texts: Texts) -> None:
    """Write the documents, and the people with their groups."""
    with transaction(tools.catalog) as write:
        tenant = open_tenant(write, DEFAULT_TENANT)
        source = open_source(write, tenant, "bench", "/bench")
        embedder = tools.embedder
        collection = open_collection(write, embedder.fingerprint, embedder.dimensions, "")
        groups = [Name("group", f"g{n}") for n in range(GROUPS)]
        apply_snapshot(write, tenant, parse_snapshot(json.dumps(directory())))
        labels = intern_all(write, tenant, [([group], ()) for group in groups])
    for shelf in collection.shelves:
        tools.index.ensure(shelf.name, embedder.dimensions)
    rng = np.random.default_rng(5)
    for first in range(0, chunks // OF_DOCUMENT, DOCUMENTS_AT_ONCE):
        numbers = range(first, min(first + DOCUMENTS_AT_ONCE, chunks // OF_DOCUMENT))
        of = {n: labels[n % GROUPS] for n in numbers}
        bodies = {n: [texts.chunk() for _ in range(OF_DOCUMENT)] for n in numbers}
        with transaction(tools.catalog) as write:
            _rows(write, tenant, source, collection, bodies, of)
        points = list(_points(tenant, source, bodies, of, rng, embedder.dimensions))
        for at in range(0, len(points), 256):
            tools.index.upsert(collection.name, points[at : at + 256])
        print(f"\rfilled {numbers.stop * OF_DOCUMENT:,} of {chunks:,} chunks", end="", file=sys.stderr)
    print(file=sys.stderr)
    tools.index.flush(collection.name)
    with transaction(tools.catalog) as write:
        bump_corpus(write, tenant)
        bump_policy(write, tenant)


def directory() -> dict[str, Any]:
    """The people and their groups, as a snapshot."""
    members = {n: [f"user:{person}" for person, many in PEOPLE.items() if n < many] for n in range(GROUPS)}
    groups = [{"id": f"g{n}", "members": members[n]} for n in range(GROUPS)]
    return {"sequence": 1, "users": [{"id": person} for person in PEOPLE], "groups": groups}


def _rows(
    write: WriteSession,
    tenant: TenantId,
    source: SourceId,
    collection: LiveCollection,
    bodies: dict[int, list[str]],
    labels: dict[int, Label],
) -> None:
    dated, same = datetime(2026, 1, 1, tzinfo=UTC), {"tenant_id": tenant}
    made = {
        "version_label": "",
        "modified_at": dated,
        "fingerprint": "bench",
        "path": "",
        "media_type": "text/plain",
        "title": "",
    }
    made |= {"custom": {}, "findings": {}, "held_from": dated, "created_at": utc_now(), "cutting": "", **same}
    placed = {"char_start": 0, "body_start": 0, "tokens": 220, "pages": [], "headings": [], **same}
    known = {"source_id": source, "created_at": utc_now(), **same}
    documents, versions, words, chunks, places, ledger = [], [], [], [], [], []
    for n, texts in bodies.items():
        id_, label, whole = n + 1, labels[n], digest("".join(texts))
        documents.append({"id": id_, "name": f"bench/{n}", "label": label, "indexed_label": label, **known})
        hashes = {"content_hash": whole, "text_hash": whole}
        versions.append({"id": id_, "document_id": id_, "arrival": id_, "label": label, "text": "", **hashes, **made})
        for position, text in enumerate(texts):
            hashed = digest(text)
            chunk = chunk_id(DocumentKey(tenant, DocumentId(id_)), hashed, 0)
            words.append({"text_hash": hashed, "text": text, **same})
            chunks.append({"id": chunk, "document_id": id_, "text_hash": hashed, "nth": 0, **same})
            places.append({"version_id": id_, "chunk_id": chunk, "position": position, "char_end": len(text), **placed})
            ledger.append({"collection_id": collection.id, "chunk_id": chunk, "state": "live", **same})
    pairs = ((Document, documents), (Version, versions), (ChunkText, words), (Chunk, chunks), (VersionChunk, places))
    for table, rows in (*pairs, (LedgerEntry, ledger)):
        insert_ignore(write, table, rows)
    write.sql.query(Document).filter(Document.tenant_id == tenant, Document.current_version_id.is_(None)).update(
        {"current_version_id": Document.id}
    )


def _points(
    tenant: TenantId,
    source: SourceId,
    bodies: dict[int, list[str]],
    labels: dict[int, Label],
    rng: np.random.Generator,
    width: int,
) -> Iterator[IndexedChunk]:
    for n, texts in bodies.items():
        key = DocumentKey(tenant, DocumentId(n + 1))
        vectors = rng.standard_normal((len(texts), width), np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for text, vector in zip(texts, vectors, strict=True):
            id_ = chunk_id(key, digest(text), 0)
            yield IndexedChunk(id_, tenant, key.document_id, source, labels[n], vector, document_vector(text))


def filled(home: Path, tools: Tools, chunks: int, texts: Texts) -> dict[str, Any]:
    """Fill it, unless it is, and tell how long that took and kept others waiting. Raises `SystemExit` where it holds others."""
    kept = home / "filled"
    if kept.is_file():
        if kept.read_text() != str(chunks):
            raise SystemExit(f"{home} holds {kept.read_text()} chunks, not {chunks}. Name another folder.")
        return {}
    began = time.perf_counter()
    with pauses(tools) as waits:
        fill(tools, chunks, texts)
    kept.write_text(str(chunks))
    told = {"p50_ms": round(statistics.median(waits), 1), "longest_ms": round(max(waits))}
    return {"load_s": round(time.perf_counter() - began, 1), "pause": told}


@contextmanager
def pauses(tools: Tools) -> Iterator[list[float]]:
    """Milliseconds that a small search takes meanwhile, one after the other."""
    waits: list[float] = []
    vector = np.eye(1, 8, dtype=np.float32)[0]
    tools.index.ensure(BESIDE, 8)
    ids = chunk_id(DocumentKey(TenantId(1), DocumentId(1)), "", 0), TenantId(1), DocumentId(1), SourceId(1), Label(1)
    tools.index.upsert(BESIDE, [IndexedChunk(*ids, vector, Lexical((), ()))])
    scope, done = scope_of_labels(TenantId(1), PrincipalId(1), [Label(1)], 1), threading.Event()

    def look() -> None:
        while not done.wait(0.005):
            began = time.perf_counter()
            tools.index.search(BESIDE, SearchQuery(vector, None, 1), scope)
            waits.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()
        tools.index.drop(BESIDE)
