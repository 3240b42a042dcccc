"""What a filter on metadata costs a question.

    python -m benchmarks.filters [--documents 100000] [--calls 30] [--json]

The corpus of `benchmarks.labels`, each version with three fields of metadata and 4 kB of text. Three people may read 100, 5,000
and half of the documents. Filters that one in 10,000, one in 100 and one in 5 documents pass; `first` is the first question after
a publication, when the catalog reads what versions say. Milliseconds of a whole retrieve in this process.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from typing import Any

from sqlalchemy import text

from benchmarks.labels import READERS, SHARED, WORDS, Random, fill
from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.session import transaction
from catalog.tenants import bump_corpus
from evals.open import open_home, open_key, open_limits, open_stand_in
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_filter import read_filter

FILTERS = {
    "none": None,
    "one in 10,000": "year = 7",
    "one in 100": "status = s7",
    "one in 5": "kind = k2",
    "not one in 100": "not (status = s7 or year < 3)",
}
FIELDS: dict[str, Any] = {"status": "string", "year": "number", "kind": "string"}


def describe(services: Services, tenant: TenantId) -> None:
    """Give each version its metadata and a text as long as documents are."""
    with transaction(services.catalog) as write:
        write.sql.execute(
            text(
                """UPDATE versions SET text = :long, custom = json_object('status', 's' || (id % 100), 'year', id % 10000,
                'kind', 'k' || (id % 5), 'author', 'somebody of the works', 'tags', json_array('a', 'b'))"""
            ),
            {"long": "word " * 800},
        )
        bump_corpus(write, tenant)


def row(services: Services, limits: RetrievalSettings, tenant: TenantId, person: str, name: str, calls: int) -> dict[str, Any]:
    """Medians of the whole and of the stages, the first question apart."""
    rng, whole, stages, found, complete = random.Random(7), [], [], 0, True
    condition = FILTERS[name]
    with transaction(services.catalog) as write:
        bump_corpus(write, tenant)
    for _ in range(calls + 1):
        request = RetrieveRequest(
            query=" ".join(rng.choices(WORDS, k=6)), top_k=8, filter=None if condition is None else read_filter(condition)
        )
        began = time.perf_counter()
        answer = ask(services, limits, DEFAULT_TENANT, person, request)
        whole.append((time.perf_counter() - began) * 1000)
        stages.append(answer.usage.stages)
        found, complete = found + len(answer.results), complete and answer.complete
    medians = {stage: round(statistics.median(s.get(stage, 0.0) for s in stages[1:]), 1) for stage in stages[0]}
    told = {"first": round(whole[0]), "p50": round(statistics.median(whole[1:]), 1), "p95": round(sorted(whole[1:])[-2], 1)}
    return {"person": person, "filter": name} | told | {"results": found / (calls + 1), "complete": complete, "stages": medians}


def main() -> int:
    """Fill a home, ask, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filters", description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    embedder = Random(open_stand_in().tokens)
    with open_home("operator", embedder, lambda home: open_key(home / "key")) as (_, tools):
        tenant, _, _ = fill(tools, given.documents, random.Random(7))
        services = Services(tools.catalog, tools.index, embedder, tools.redactor)
        describe(services, tenant)
        limits = open_limits().model_copy(update={"fields": FIELDS})
        people = [f"reads-{n}" for n in (*READERS, given.documents // 2 + SHARED)]
        rows = [row(services, limits, tenant, person, name, given.calls) for person in people for name in FILTERS]
    if given.json:
        print(json.dumps(rows))
        return 0
    print(f"{'':14}{'filter':16}{'first ms':>9}{'p50 ms':>8}{'p95 ms':>8}{'results':>9}  stages (median ms)")
    for one in rows:
        told = ", ".join(f"{name} {value}" for name, value in one["stages"].items() if value >= 0.5)
        print(
            f"{one['person']:14}{one['filter']:16}{one['first']:>9}{one['p50']:>8}{one['p95']:>8}{one['results']:>9.1f}  {told}"
            f"{'' if one['complete'] else '  INCOMPLETE'}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
