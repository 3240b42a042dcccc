"""A first ingestion from end to end, with LlamaIndex's IngestionPipeline beside it.

    python -m benchmarks.ingestion FOLDER [--rounds 3] [--json]

Every .md and .txt file below FOLDER that is UTF-8 is ingested into a store of its own, each time by a process of its own that
has ingested one page before the clock starts. The sides take turns; told are medians, and of ours which stage its main thread was
in. Ours has fewer chunks where files are copies of each other: chunks a second count what was embedded.

plain     ours with redaction off: the whole pipeline, files read by a worker, catalog in SQLite, the real engine
redacted  ours as it is configured, names included
peer      SimpleDirectoryReader, SentenceSplitter of as many tokens of the same tokenizer without overlap, HuggingFaceEmbedding
          of the same model, Qdrant in its local mode, and a document store, as its documentation has it. It needs
          `pip install llama-index-embeddings-huggingface llama-index-vector-stores-qdrant`; without these it is left out
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.ids import DEFAULT_TENANT
from evals.open import open_home, open_model, open_redactors
from index.model_files import find_model
from index.open import model_name
from index.settings import IndexSettings
from ingest.pipeline import run
from ingest.run import Request
from ingest.settings import IngestSettings

SIDES = ("plain", "redacted", "peer")
KINDS = (".md", ".txt")
WARM = "Mary Smith of 12 Harbour Street reads every report twice before she signs it."
STAGES = {
    "index/embedder.py": "embedding",
    "ingest/embed_ahead.py": "embedding",
    "index/edge.py": "index",
    "index/lexical.py": "words",
    "ingest/redact.py": "redaction",
    "ingest/chunk.py": "chunking",
    "ingest/ahead.py": "waiting for files",
    "catalog/": "catalog",
}
LOOK_SECONDS = 0.005


def ours(pages: Path, *, redacted: bool) -> dict[str, Any]:
    """One ingestion of ours."""
    redactor = open_redactors()[0 if redacted else 1]
    with open_home(None, open_model(), lambda home: redactor) as (_, tools):
        with tempfile.TemporaryDirectory() as page:
            (Path(page) / "page.md").write_text(WARM)
            run(tools, Request(DEFAULT_TENANT, page, source="page"), uuid4())
        shares: Counter[str] = Counter()
        began = time.perf_counter()
        with looking(shares):
            report = run(tools, Request(DEFAULT_TENANT, str(pages), source="pages"), uuid4())
        seconds = time.perf_counter() - began
    total = sum(shares.values())
    parts = {stage: round(seen / total, 3) for stage, seen in shares.most_common()}
    return {"seconds": seconds, "documents": report.documents["indexed"], "chunks": report.chunks.embedded, "shares": parts}


@contextmanager
def looking(shares: Counter[str]) -> Iterator[None]:
    """See every few milliseconds which stage this thread is in: the innermost that its stack names."""
    looked, done = threading.get_ident(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            shares[stage_of(sys._current_frames()[looked])] += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def stage_of(frame: Any) -> str:
    """The stage of the innermost frame that belongs to one."""
    root = str(Path(__file__).resolve().parents[1])
    while frame is not None:
        place = frame.f_code.co_filename
        if place.startswith(root):
            inside = place[len(root) + 1 :]
            stage = next((stage for prefix, stage in STAGES.items() if inside.startswith(prefix)), None)
            if stage is not None:
                return stage
        frame = frame.f_back
    return "the rest"


def peer(pages: Path) -> dict[str, Any]:
    """One ingestion of LlamaIndex's."""
    from llama_index.core import Document, SimpleDirectoryReader
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient
    from transformers import AutoTokenizer

    settings = IndexSettings()
    folder = str(find_model(model_name(settings), allow_download=settings.allow_download))
    size = min(IngestSettings().chunk_tokens, open_model().max_tokens)
    tokenizer, embedding = AutoTokenizer.from_pretrained(folder), HuggingFaceEmbedding(model_name=folder)
    with tempfile.TemporaryDirectory() as place:
        client = QdrantClient(path=place)
        pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(chunk_size=size, chunk_overlap=0, tokenizer=tokenizer.tokenize), embedding],
            docstore=SimpleDocumentStore(),
            vector_store=QdrantVectorStore(client=client, collection_name="pages"),
        )
        pipeline.run(documents=[Document(text=WARM)])
        began = time.perf_counter()
        documents = SimpleDirectoryReader(str(pages), required_exts=list(KINDS), file_metadata=lambda _: {}).load_data()
        nodes = pipeline.run(documents=documents)
        seconds = time.perf_counter() - began
        assert client.count("pages").count == len(nodes) + 1
        client.close()
    return {"seconds": seconds, "documents": len(documents), "chunks": len(nodes)}


def lay(folder: Path, pages: Path) -> int:
    """Copy what can be read side by side, everyone may read it. Returns the characters."""
    total = 0
    for number, file in enumerate(sorted(path for path in folder.rglob("*") if path.suffix in KINDS and path.is_file())):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if text.strip():
            (pages / f"{number}{file.suffix}").write_text(text, encoding="utf-8")
            total += len(text)
    (pages / "access.yaml").write_text("allow: [everyone]\n", encoding="utf-8")
    return total


def once(side: str, pages: Path) -> dict[str, Any]:
    """One ingestion in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingestion", str(pages), "--side", side]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
    return told


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """By side: medians of the rounds."""
    sides = list(SIDES)
    if any(importlib.util.find_spec(f"llama_index.{name}") is None for name in ("embeddings", "vector_stores")):
        print("LlamaIndex's packages for HuggingFace and Qdrant are not installed: it is left out", file=sys.stderr)
        sides.remove("peer")
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory(prefix="portcullis-ingestion-") as name:
        pages = Path(name)
        told: dict[str, Any] = {"characters": lay(folder, pages)}
        for _ in range(rounds):
            for side in sides:
                found[side].append(once(side, pages))
                print(side, found[side][-1], file=sys.stderr, flush=True)
    for side, rows in found.items():
        row = sorted(rows, key=lambda row: row["seconds"])[len(rows) // 2]
        told[side] = {**row, "seconds": round(row["seconds"], 1), "chunks/s": round(row["chunks"] / row["seconds"], 1)}
        told[side]["of plain"] = round(
            statistics.median(r["seconds"] / p["seconds"] for r, p in zip(rows, found["plain"], strict=True)), 2
        )
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingestion", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.side == "peer":
        print(json.dumps(peer(options.folder)))
    elif options.side is not None:
        print(json.dumps(ours(options.folder, redacted=options.side == "redacted")))
    else:
        told = measure(options.folder, options.rounds)
        print(json.dumps(told) if options.json else "\n".join(f"{name:12}{value}" for name, value in told.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
