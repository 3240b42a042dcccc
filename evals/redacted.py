"""What redaction costs retrieval: `python -m evals.redacted [DIR] [--set xquad-en] [--json]`.

A set's documents are ingested twice through the whole pipeline, once as the settings redact them and once as they are; then every
question in which the redactor finds a person is asked of both, each through its own redactor. Told is nDCG@10 by document, a
document's place being that of its first passage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from catalog.ids import DEFAULT_TENANT, TenantId
from evals.judged import Judged, lay, read_judged, read_questions
from evals.measures import ndcg
from evals.open import open_home, open_limits, open_model, open_redactors
from index.model import Embedder
from ingest.pipeline import run
from ingest.run import Request
from privacy.redactor import Redactor
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.wire import RetrieveRequest

PERSON = "reader"
TOP_K = 30


def naming(questions: dict[str, str], redactor: Redactor) -> dict[str, str]:
    """The questions in which a person is found."""
    done = {name: redactor.redact(TenantId(0), [text])[0] for name, text in questions.items()}
    return {name: questions[name] for name, redaction in done.items() if any(s.label == "PERSON" for s in redaction.found)}


def measure(folder: Path, questions: dict[str, str], judged: Judged, redactor: Redactor, model: Embedder) -> list[float]:
    """nDCG@10 of each question over the documents of `folder` as `redactor` leaves them."""
    with open_home(PERSON, model, lambda _: redactor) as (home, tools):
        lay(folder, home / "pages")
        report = run(tools, Request(DEFAULT_TENANT, str(home / "pages"), source="pages"), uuid4())
        failed = [f.path for f in report.files if f.status == "quarantined"]
        if failed:
            raise SystemExit(f"{len(failed)} documents were quarantined, the first {failed[0]}")
        services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
        found = []
        for name, text in questions.items():
            answer = ask(services, open_limits(), DEFAULT_TENANT, PERSON, RetrieveRequest(query=text, top_k=TOP_K))
            found.append(ndcg(list(dict.fromkeys(r.document_id for r in answer.results)), judged[name]))
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.redacted", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "data", type=Path, nargs="?", default=Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")) / "retrieval"
    )
    parser.add_argument("--set", default="xquad-en")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    folder = options.data / options.set
    judged = read_judged(folder / "qrels.tsv")
    every = read_questions(folder, judged)
    redacting, leaving = open_redactors()
    questions, model = naming(every, redacting), open_model()
    means = {}
    for name, redactor in (("redacted", redacting), ("as it is", leaving)):
        values = measure(folder, questions, judged, redactor, model)
        means[name] = sum(values) / len(values)
        print(f"{options.set}, {name}: nDCG@10 {means[name]:.4f} over {len(values)} questions", file=sys.stderr, flush=True)
    told = {"set": options.set, "questions": len(questions), "of": len(every), **{k: round(v, 4) for k, v in means.items()},
            "kept": round(means["redacted"] / means["as it is"], 4)}  # fmt: skip
    if options.json:
        print(json.dumps(told))
    else:
        print(f"{told['questions']} of {told['of']} questions of {options.set} name a person;")
        print(f"nDCG@10 {told['redacted']:.4f} with redaction, {told['as it is']:.4f} without: {told['kept']:.1%} kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
