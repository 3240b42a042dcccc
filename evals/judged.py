"""Sets of questions whose answers are known, as folders with `corpus.jsonl`, `queries.jsonl` and `qrels.tsv`."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

DEPTH = 10
Judged = dict[str, dict[str, float]]
"""Grades above 0 by question and document."""


def ndcg(ranking: Sequence[str], relevant: Mapping[str, float]) -> float:
    """nDCG@10 of documents in order: gain 2^grade - 1, logarithm of base 2 (Järvelin and Kekäläinen 2002; Burges et al. 2005)."""
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    gains = np.array([2 ** relevant.get(document, 0.0) - 1 for document in ranking[:DEPTH]])
    ideal = np.sort([2**grade - 1 for grade in relevant.values()])[::-1][:DEPTH]
    return float((gains * discounts[: len(gains)]).sum() / (ideal * discounts[: len(ideal)]).sum())


def read_judged(file: Path) -> Judged:
    """The grades of a `qrels.tsv`."""
    found: Judged = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as opened:
        for query, document, score in list(csv.reader(opened, delimiter="\t"))[1:]:
            if float(score) > 0:
                found[query][document] = float(score)
    return found


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
