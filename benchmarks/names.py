"""What finding names costs beside embedding the same texts: `python -m benchmarks.names [DIR] [--runs N] [--json]`.

DIR: the test data. Paragraphs of each kind of text go through all of detection (shapes and the packaged model of names,
nothing remembered from before), and through the packaged embedding model in passages as full as the chunker makes them. The
two take turns; told is the median of the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from catalog.ids import TenantId
from evals.open import open_model
from index.model import Embedder
from privacy.names.bundled import BundledNames
from privacy.open import TextRedactor
from privacy.policy import Policy

TENANT = TenantId(1)


def texts_of(data: Path, characters: int) -> Iterator[tuple[str, list[str]]]:
    """The kinds of text, each as distinct paragraphs, `characters` of it."""
    files = {
        "handbook pages": sorted((data / "acl/k8s-community/docs").rglob("*.md")),
        "specifications": sorted((data / "versions/peps").rglob("v1_*.rst")),
    }
    for name, paths in files.items():
        yield name, _some((path.read_text(encoding="utf-8", errors="replace") for path in paths), characters)
    for name in ("pubmedqa-l", "medquad-small", "xquad-en"):
        rows = (data / "retrieval" / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
        yield name, _some((json.loads(row)["text"] for row in rows), characters)


def _some(documents: Iterator[str], characters: int) -> list[str]:
    found: dict[str, None] = {}
    size = 0
    for document in documents:
        for paragraph in re.split(r"\n\s*\n", document):
            if paragraph.strip() and paragraph not in found:
                found[paragraph] = None
                size += len(paragraph)
            if size >= characters:
                return list(found)
    return list(found)


def passages(paragraphs: Sequence[str], model: Embedder) -> list[str]:
    """Neighbouring paragraphs together, as many as the model reads; one that is longer in parts of its sentences."""
    found, size = [""], 0
    parts = [part for paragraph in paragraphs for part in _parts(paragraph, model)]
    for paragraph in parts:
        tokens = model.tokens.count(paragraph)
        if found[-1] and size + tokens > model.max_tokens:
            found.append("")
            size = 0
        found[-1] += ("\n\n" if found[-1] else "") + paragraph
        size += tokens
    return found


def _parts(paragraph: str, model: Embedder) -> list[str]:
    if model.tokens.count(paragraph) <= model.max_tokens:
        return [paragraph]
    parts = [""]
    for sentence in re.split(r"(?<=[.!?]) |\n", paragraph):
        if parts[-1] and model.tokens.count(f"{parts[-1]} {sentence}") > model.max_tokens:
            parts.append("")
        parts[-1] += f" {sentence}" if parts[-1] else sentence
    return parts


def measure(paragraphs: Sequence[str], model: Embedder, runs: int) -> tuple[list[float], list[float]]:
    """Seconds of detection and of embedding, run by run."""
    whole = passages(paragraphs, model)
    detection, embedding = [], []
    names = BundledNames()
    TextRedactor(Policy(), secrets.token_bytes(32), names=names).redact(
        TENANT, ["Ingrid Solheim: ingrid@example.com, +49 30 901820"]
    )
    for _ in range(runs):
        names.forget()
        redactor = TextRedactor(Policy(), secrets.token_bytes(32), names=names)
        began = time.perf_counter()
        for paragraph in range(0, len(paragraphs), 40):
            redactor.redact(TENANT, paragraphs[paragraph : paragraph + 40])
        detection.append(time.perf_counter() - began)
        began = time.perf_counter()
        model.embed(whole)
        embedding.append(time.perf_counter() - began)
    return detection, embedding


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", default=Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")))
    parser.add_argument("--characters", type=int, default=60_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    model = open_model()
    model.embed(["ready"])
    rows = []
    for name, paragraphs in texts_of(options.data, options.characters):
        detection, embedding = measure(paragraphs, model, options.runs)
        size = sum(map(len, paragraphs))
        ratio = median(d / e for d, e in zip(detection, embedding, strict=True))
        rows.append({"texts": name, "characters": size, "detection_s": round(median(detection), 3),
                     "embedding_s": round(median(embedding), 3), "ratio": round(ratio, 3)})  # fmt: skip
        if not options.json:
            print(f"{name:16} {size:8,} characters  detection {size / median(detection):9,.0f}/s  "
                  f"embedding {size / median(embedding):9,.0f}/s  ratio {ratio:.2f}", flush=True)  # fmt: skip
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
