"""Which weights serve every set: `python -m evals.fusion DIR... [--homes FOLDER] [--json]`.

Each DIR is a set of questions (docs/cli.md), ingested through the whole pipeline; `--homes` keeps what was ingested, a folder for
each set. Each question is asked once by meaning and once by words, as the service would; then the two lists are fused by every
weight and constant of a grid. Told are nDCG@10 of documents by set, how much of the better single list the worst set keeps, and
what the other sets would choose for one that is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from catalog.collections import live_collection
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading
from catalog.text import current_chunks
from evals.judged import lay, read_judged_set
from evals.means import mean
from evals.measures import ndcg
from evals.open import open_home, open_model, open_redactor_in
from evals.retrieval import PERSON, ingest
from index.fuse import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K
from index.plan import LEAST_DEPTH
from ingest.run import Tools
from retrieval.asked import as_query
from retrieval.identity import asker_by_operator
from retrieval.search import look_for
from retrieval.services import Services
from retrieval.wire import RetrieveRequest

CONSTANTS = (2, 5, 10, 20, 60)
WEIGHTS = (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
Way = tuple[int, float]
"""The constant k and the weight of meaning; words have the rest of 1."""
Lists = tuple[list[str], list[str]]
"""The documents of the passages by meaning and by words, best first, as often as they have passages there."""


def two_lists(folder: Path, home: Path | None) -> tuple[list[Lists], list[Mapping[str, float]]]:
    """Both lists of each question of a set, and its grades."""
    given = read_judged_set(folder)
    with open_home(PERSON, open_model(), open_redactor_in, home) as (here, tools):
        ingest(tools, here / "pages", len(given.questions), lay(folder, here / "pages"), lambda _done, _total: None)
        return [_lists(tools, text) for text in given.questions.values()], [given.judged[name] for name in given.questions]


def _lists(tools: Tools, text: str) -> Lists:
    services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
    asker = asker_by_operator(tools.catalog, DEFAULT_TENANT, PERSON, uuid4(), "retrieve")
    (redacted,) = tools.redactor.redact(asker.tenant_id, [text])
    with reading(tools.catalog) as read:
        collection = live_collection(read)
    _, look, _ = look_for(services, collection, as_query(RetrieveRequest(query=text), redacted))
    ways = (replace(look, lexical=None, limit=LEAST_DEPTH), replace(look, dense=None, limit=LEAST_DEPTH))
    dense, lexical = (tools.index.search(collection.name, way, asker.scope) for way in ways)
    with reading(tools.catalog) as read:
        stored = current_chunks(read, asker.tenant_id, [hit.chunk_id for hit in (*dense, *lexical)])
    told = {id_: f"{chunk.document_name}\0{id_}" for id_, chunk in stored.items()}
    return [told[hit.chunk_id] for hit in dense], [told[hit.chunk_id] for hit in lexical]


def figures(lists: Sequence[Lists], grades: Sequence[Mapping[str, float]]) -> dict[str | Way, NDArray[np.float64]]:
    """nDCG@10 of each question by each list alone and by each way."""
    found: dict[str | Way, list[float]] = {}
    for (dense, lexical), relevant in zip(lists, grades, strict=True):
        found.setdefault("dense", []).append(ndcg(_documents(dense), relevant))
        found.setdefault("lexical", []).append(ndcg(_documents(lexical), relevant))
        for k in CONSTANTS:
            for weight in WEIGHTS:
                scores: dict[str, float] = {}
                for share, ranked in ((weight, dense), (1 - weight, lexical)):
                    for rank, passage in enumerate(ranked):
                        scores[passage] = scores.get(passage, 0.0) + share / (k + rank)
                fused = sorted(scores, key=lambda passage: (-scores[passage], passage))
                found.setdefault((k, weight), []).append(ndcg(_documents(fused), relevant))
    return {way: np.array(values) for way, values in found.items()}


def _documents(passages: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(passage.partition("\0")[0] for passage in passages))


def judge(sets: Mapping[str, Mapping[str | Way, NDArray[np.float64]]]) -> dict[str, Any]:
    """Means by set, the best ways, and what is chosen without each set."""
    ways = [way for way in next(iter(sets.values())) if isinstance(way, tuple)]
    better = {name: max(found["dense"].mean(), found["lexical"].mean()) for name, found in sets.items()}

    def over(names: Sequence[str], way: Way) -> float:
        return float(np.mean([sets[name][way].mean() for name in names]))

    def row(way: Way) -> dict[str, Any]:
        kept = min(sets[name][way].mean() / better[name] for name in sets)
        by_set = {name: round(float(sets[name][way].mean()), 4) for name in sets}
        return {
            "k": way[0],
            "dense": way[1],
            "sets": by_set,
            "mean": round(over(list(sets), way), 4),
            "kept": round(float(kept), 4),
        }

    ordered = sorted(ways, key=lambda way: -over(list(sets), way))
    served: Way = (RRF_K, round(DENSE_WEIGHT / (DENSE_WEIGHT + LEXICAL_WEIGHT), 2))
    left_out = {}
    for name in sets if len(sets) > 1 else ():
        chosen = max(ways, key=lambda way: over([other for other in sets if other != name], way))
        left_out[name] = row(chosen) | {"on_it": round(float(sets[name][chosen].mean() / better[name]), 4)}
    singles = {each: {name: mean(list(found[each])).described() for name, found in sets.items()} for each in ("dense", "lexical")}
    served_by_set = {name: mean(list(found[served])).described() for name, found in sets.items()}
    return {"alone": singles, "served": row(served) | {"intervals": served_by_set}, "best": [row(way) for way in ordered[:8]],
            "plain": row((RRF_K, 0.5)), "left_out": left_out}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.fusion", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--homes", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sets = {}
    for folder in options.sets:
        sets[folder.name] = figures(*two_lists(folder, None if options.homes is None else options.homes / folder.name))
        print(f"{folder.name}: asked", file=sys.stderr, flush=True)
    told = judge(sets)
    if options.json:
        print(json.dumps(told))
        return 0
    for each, by_set in told["alone"].items():
        print(f"{each:24}" + "".join(f"{name} {found['mean']:.4f}   " for name, found in by_set.items()))
    for label, rows in (("served", [told["served"]]), ("plain", [told["plain"]]), ("best", told["best"])):
        for row in rows:
            print(_line(label, row))
    for name, row in told["left_out"].items():
        print(_line(f"without {name}", row) + f", on {name} {row['on_it']:.1%}")
    return 0


def _line(label: str, row: Mapping[str, Any]) -> str:
    by_set = "   ".join(f"{name} {value:.4f}" for name, value in row["sets"].items())
    return f"{label:24}k {row['k']:2}, dense {row['dense']:.2f}: {by_set}   mean {row['mean']:.4f}, worst keeps {row['kept']:.1%}"


if __name__ == "__main__":
    sys.exit(main())
