"""What a changed corpus costs, with LlamaIndex's IngestionPipeline beside it.

    python -m benchmarks.increments [VERSIONS] [--documents 10000] [--only edits|unchanged|revisions] [--json]

edits      a line is inserted at the top, in the middle and at the end of documents of about 200 chunks: chunks embedded each time
unchanged  so many small documents: a second `portcullis ingest`, Prefect's start included, then one with a single edited document
revisions  every revision below VERSIONS (a folder with `manifest.jsonl`), ingested one after the other, oldest first: the share
           of the chunks of all revisions that goes through the model

Ours is the real pipeline with the real catalog and engine; in `edits` and `revisions` a stand-in for the model counts texts, for
both sides. LlamaIndex: `docstore_strategy=upserts`, SentenceSplitter of 256 tokens of the same tokenizer, its cache on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.ids import DEFAULT_TENANT
from evals.open import data_of, open_key, open_model, open_stand_in, open_tools
from evals.stand_in import StandIn
from index.launch import stop_engine
from index.model import Embedder, Tokens
from ingest.pipeline import run
from ingest.report import Report
from ingest.run import Request, Tools

CHUNK_TOKENS = 256
OVERLAP_TOKENS = 20
WORDS = (
    *(
        "council",
        "reads",
        "every",
        "report",
        "twice",
        "before",
        "anybody",
        "signs",
        "paper",
        "that",
        "nobody",
        "has",
        "seen",
        "yet",
    ),
    *("while", "clerks", "keep", "copies", "of", "all", "letters", "in", "rooms", "below", "and", "the", "harbour", "master"),
    *("writes", "down", "what", "each", "vessel", "carries", "when", "it", "comes", "at", "night", "or", "leaves", "again"),
)
LINE = "A line that nobody had written before."


class Peer:
    """LlamaIndex's pipeline over a counting model."""

    def __init__(self, tokens: Tokens) -> None:
        from llama_index.core.base.embeddings.base import BaseEmbedding
        from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.storage.docstore import SimpleDocumentStore
        from llama_index.core.vector_stores import SimpleVectorStore

        counted: list[int] = []

        class Counting(BaseEmbedding):  # type: ignore[misc]
            def _get_text_embedding(self, text: str) -> list[float]:
                counted.append(len(text))
                return [1.0, 0.0]

            def _get_query_embedding(self, query: str) -> list[float]:
                return [1.0, 0.0]

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return [1.0, 0.0]

        self._counted = counted
        self._splitter = SentenceSplitter(chunk_size=CHUNK_TOKENS, chunk_overlap=OVERLAP_TOKENS, tokenizer=tokens.offsets)
        self._pipeline = IngestionPipeline(
            transformations=[self._splitter, Counting()],
            docstore=SimpleDocumentStore(),
            vector_store=SimpleVectorStore(),
            docstore_strategy=DocstoreStrategy.UPSERTS,
        )

    def ingest(self, name: str, text: str) -> tuple[int, int]:
        """How many chunks the text has, and how many of them were embedded."""
        from llama_index.core.schema import Document

        before = len(self._counted)
        self._pipeline.run(documents=[Document(text=text, id_=name)])
        return len(self._splitter.split_text(text)), len(self._counted) - before


class Ours:
    """Our pipeline over a folder, in one home."""

    def __init__(self, tools: Tools, folder: Path) -> None:
        self.tools, self.folder = tools, folder
        self._manifest = folder.parent / "manifest.jsonl"
        folder.mkdir(parents=True, exist_ok=True)

    def ingest(self, path: str, text: str, *, lines: Sequence[str] | None = None) -> Report:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        manifest = None
        if lines is not None:
            self._manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
            manifest = str(self._manifest)
        report = run(self.tools, Request(DEFAULT_TENANT, str(self.folder), source="pages", manifest=manifest), uuid4())
        bad = [f for f in report.files if f.status == "quarantined"]
        if bad:
            raise RuntimeError(f"{bad[0].path} was quarantined: {bad[0].reason}, {bad[0].detail}")
        return report


@contextmanager
def ours() -> Iterator[Ours]:
    """A fresh home and an empty folder."""
    with tempfile.TemporaryDirectory(prefix="portcullis-increments-") as folder:
        root = Path(folder).resolve()
        with open_tools(root / "home", open_key(root / "key"), open_stand_in()) as tools:
            yield Ours(tools, root / "pages")
            stop_engine(data_of(root / "home"))


def edits(seeds: int = 3) -> list[dict[str, Any]]:
    """Rows of: shape, chunks, and for each place how many chunks were embedded, ours and the peer's (the worst of the seeds)."""
    rows = []
    for shape, make in SHAPES.items():
        row: dict[str, Any] = {"shape": shape}
        for seed in range(seeds):
            blocks = make(random.Random(seed))
            with ours() as here:
                peer = Peer(here.tools.embedder.tokens)
                name = f"{shape}.md"
                joint = "\n" if shape == "lines" else "\n\n"
                row["chunks"] = here.ingest(name, joint.join(blocks)).chunks.embedded
                row["peer chunks"] = peer.ingest(name, joint.join(blocks))[0]
                for place, at in (("top", 1), ("middle", len(blocks) // 2), ("end", len(blocks))):
                    edited = joint.join([*blocks[:at], LINE, *blocks[at:]])
                    embedded = here.ingest(name, edited).chunks.embedded
                    row[place] = max(row.get(place, 0), embedded)
                    row[f"peer {place}"] = max(row.get(f"peer {place}", 0), peer.ingest(name, edited)[1])
                    here.ingest(name, joint.join(blocks))
                    peer.ingest(name, joint.join(blocks))
        rows.append(row)
    return rows


def _prose(dice: random.Random, least: int, most: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(least, most)))


def _paragraphs(dice: random.Random) -> list[str]:
    return ["# The long report", *(f"{_prose(dice, 20, 110)}." for _ in range(560))]


def _sections(dice: random.Random) -> list[str]:
    blocks = ["# The long report"]
    for number in range(130):
        blocks += [f"## Part {number} of {_prose(dice, 1, 3)}", *(f"{_prose(dice, 10, 110)}." for _ in range(dice.randint(1, 8)))]
    return blocks


def _list(dice: random.Random) -> list[str]:
    return ["# The long list", *(f"- {_prose(dice, 4, 30)}" for _ in range(2300))]


def _lines(dice: random.Random) -> list[str]:
    return ["# The long paragraph", "", *(f"{_prose(dice, 8, 16).capitalize()}." for _ in range(3100))]


SHAPES = {"paragraphs": _paragraphs, "sections": _sections, "list": _list, "lines": _lines}


def unchanged(documents: int) -> dict[str, Any]:
    """Seconds of the second `portcullis ingest`, of one with an edited document, and what they embedded."""
    with tempfile.TemporaryDirectory(prefix="portcullis-increments-") as folder:
        root = Path(folder).resolve()
        home, pages = root / "home", root / "pages"
        dice = random.Random(1)
        pages.mkdir()
        (pages / "access.yaml").write_text("allow: [everyone]\n")
        for number in range(documents):
            place = pages / f"{number % 100:02}" / f"{number:05}.md"
            place.parent.mkdir(exist_ok=True)
            place.write_text(f"# Page {number}\n\n{_prose(dice, 30, 60)}.\n")
        model, stand_in = open_model(), open_stand_in()
        since = time.monotonic()
        with open_tools(home, open_key(home / "privacy.key"), _Posing(stand_in.tokens, model)) as tools:
            first = run(_as_configured(tools), Request(DEFAULT_TENANT, str(pages)), uuid4())
        found: dict[str, Any] = {"documents": documents, "first load, no model, s": round(time.monotonic() - since, 1)}
        print(found, file=sys.stderr, flush=True)
        assert first.documents["indexed"] == documents, first.documents
        print(portcullis(home, "ingest", str(pages)), file=sys.stderr, flush=True)  # the first start of Prefect's database
        found["nothing changed"] = min((portcullis(home, "ingest", str(pages)) for _ in range(3)), key=lambda r: r["seconds"])
        edited = []
        for turn in range(3):
            (pages / "07" / "00007.md").write_text(f"# Page 7\n\n{_prose(dice, 30, 60)} {turn}.\n")
            edited.append(portcullis(home, "ingest", str(pages)))
        found["one document edited"] = min(edited, key=lambda r: r["seconds"])
        stop(home)
        return found


class _Posing(StandIn):
    """The stand-in under the model's name, so that 10,000 documents need not wait for the model."""

    def __init__(self, tokens: Tokens, model: Embedder) -> None:
        super().__init__(tokens)
        self.fingerprint, self.dimensions = model.fingerprint, model.dimensions

    def embed(self, texts: Sequence[str]) -> Any:
        import numpy as np

        few = super().embed(texts)
        return np.pad(few, ((0, 0), (0, self.dimensions - few.shape[1])))


def _as_configured(tools: Tools) -> Tools:
    """With the settings that the command line will have: another fingerprint would read every file again."""
    from ingest.settings import IngestSettings

    return Tools(tools.catalog, tools.index, tools.embedder, tools.redactor, IngestSettings())


def portcullis(home: Path, *arguments: str) -> dict[str, Any]:
    """The command as a person runs it: wall seconds, and what it embedded."""
    since = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments, "--json"],
        env={**os.environ, "PORTCULLIS_HOME": str(home)},
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds = time.monotonic() - since
    body = json.loads(done.stdout)
    return {"seconds": round(seconds, 2), "embedded": body["chunks"]["embedded"], "in the pipeline": body["seconds"]}


def stop(home: Path) -> None:
    stop_engine(data_of(home))
    from flows.server import stop_server

    stop_server(home)


def revisions(versions: Path) -> dict[str, Any]:
    """Each revision of each document is a run of its own, in the order of the versions."""
    rows = [json.loads(line) for line in (versions / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    rows.sort(key=lambda row: (row["document"], row["modified_at"], row["version"]))
    with ours() as here:
        peer = Peer(here.tools.embedder.tokens)
        total = embedded = peer_total = peer_embedded = 0
        waves: dict[int, list[dict[str, Any]]] = {}
        seen: dict[str, int] = {}
        for row in rows:
            seen[row["document"]] = seen.get(row["document"], 0) + 1
            waves.setdefault(seen[row["document"]], []).append(row)
            text = (versions / row["path"]).read_text(encoding="utf-8", errors="replace")
            chunks, new = peer.ingest(row["document"], text)
            peer_total, peer_embedded = peer_total + chunks, peer_embedded + new
        lines: list[str] = []
        for _, wave in sorted(waves.items()):
            for row in wave:
                place = here.folder / row["path"]
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(versions / row["path"], place)
            lines += [json.dumps(row) for row in wave]
            last = wave[-1]["path"]
            report = here.ingest(last, (here.folder / last).read_text(encoding="utf-8", errors="replace"), lines=lines)
            total += sum(f.chunks for f in report.files if f.status != "unchanged")
            embedded += report.chunks.embedded
    return {
        "revisions": len(rows),
        "ours": {"chunks": total, "embedded": embedded, "share": round(embedded / total, 3)},
        "llama-index": {"chunks": peer_total, "embedded": peer_embedded, "share": round(peer_embedded / peer_total, 3)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.increments", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("versions", type=Path, nargs="?")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--only", choices=("edits", "unchanged", "revisions"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    if options.only in (None, "edits"):
        found["edits"] = edits()
    if options.only in (None, "revisions") and options.versions is not None:
        found["revisions"] = revisions(options.versions.resolve())
    if options.only in (None, "unchanged"):
        found["unchanged"] = unchanged(options.documents)
    if options.json:
        print(json.dumps(found, indent=1))
        return 0
    if "edits" in found:
        print(f"{'a line inserted':16} {'chunks':>6} {'top':>4} {'middle':>6} {'end':>4}   LlamaIndex: chunks, top, middle, end")
        for row in found["edits"]:
            theirs = ", ".join(str(row[f"peer {what}"]) for what in ("chunks", "top", "middle", "end"))
            print(f"{row['shape']:16} {row['chunks']:6} {row['top']:4} {row['middle']:6} {row['end']:4}   {theirs}")
    for name in ("revisions", "unchanged"):
        for what, value in found.get(name, {}).items():
            print(f"{name}, {what}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
