"""Whether the engine that computes vectors here keeps the model's answers: `python -m evals.embedding DATA [--json]`.

DATA holds folders with `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`. Each text (title and text of a document, as much of it as
the model reads, and each question) goes through the engine that the settings choose and through torch in float32. Told are the
worst cosine between the two and nDCG@10 of an exact search in each one's vectors.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.judged import read_judged, read_rows
from evals.measures import ndcg
from evals.open import open_exact_model, open_model
from index.point import Vectors

DEPTH = 10


def compare(folder: Path, embedders: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    """One row: texts, the worst cosine between the two embedders, and the mean nDCG@10 by each. `most`: documents at most."""
    documents = _texts(folder / "corpus.jsonl")
    judged = read_judged(folder / "qrels.tsv")
    if most is not None:  # the ones that questions ask for come first, so that each question keeps its answers
        wanted = {document for relevant in judged.values() for document in relevant}
        documents = dict(sorted(documents.items(), key=lambda item: item[0] not in wanted)[:most])
        judged = {query: relevant for query, relevant in judged.items() if relevant.keys() <= documents.keys()}
    queries = {name: text for name, text in _texts(folder / "queries.jsonl").items() if name in judged}
    vectors = {
        name: (embedder.embed(list(documents.values())), np.stack([embedder.embed_query(text) for text in queries.values()]))
        for name, embedder in embedders.items()
    }
    row: dict[str, Any] = {"set": folder.name, "documents": len(documents), "questions": len(queries)}
    names = list(documents)
    for engine, (texts, asked) in vectors.items():
        found = [ndcg(_ranking(texts @ vector, names), judged[query]) for query, vector in zip(queries, asked, strict=True)]
        row[engine] = round(float(np.mean(found)), 4)
    one, other = (np.concatenate(pair) for pair in vectors.values())
    row["worst cosine"] = round(float((one * other).sum(axis=1).min()), 6)
    return row


def _ranking(scores: Vectors, documents: Sequence[str]) -> list[str]:
    return [documents[i] for i in np.argsort(-scores, kind="stable")[:DEPTH]]


def _texts(file: Path) -> dict[str, str]:
    return {str(row["_id"]): f"{row.get('title') or ''}\n{row['text']}".strip() for row in read_rows(file)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.embedding", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", help="one of the sets")
    parser.add_argument("--most", type=int, help="documents of a set at most")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen, exact = open_model(), open_exact_model()
    engine = type(getattr(chosen, "engine", chosen)).__name__
    rows = []
    for folder in sorted(path.parent for path in options.data.glob("*/qrels.tsv")):
        if options.only in (None, folder.name):
            rows.append(compare(folder, {engine: chosen, "float32": exact}, options.most))
            print(rows[-1], file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        change = row[engine] / row["float32"] - 1
        print(
            f"{row['set']:16} {row['documents']:6} documents {row['questions']:5} questions   "
            f"nDCG@10 {engine} {row[engine]:.4f}, "
            f"float32 {row['float32']:.4f} ({change:+.2%})   worst cosine {row['worst cosine']:.6f}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
