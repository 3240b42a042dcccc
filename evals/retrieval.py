"""How well questions find their documents: a set goes in as whole documents, its questions are asked as anybody would ask them.

The documents pass the whole pipeline (reading, cleaning, redaction as the environment says, cutting, embedding), the questions
the service's own path. A document's place is that of its best passage. Equal texts keep their places here: collapsing them is a
choice of the answer, and would hide which document was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio

from catalog.errors import PortcullisError
from catalog.ids import DEFAULT_TENANT
from evals.judged import lay, read_judged_set
from evals.means import Mean, mean
from evals.measures import MEASURES, measures
from evals.open import open_home, open_model, open_redactor_in
from ingest.pipeline import run
from ingest.run import Request, Tools
from retrieval.asked import as_query
from retrieval.identity import asker_by_operator
from retrieval.query import Mode
from retrieval.search import search
from retrieval.services import Services
from retrieval.wire import RetrieveRequest

PERSON = "reader"
TOP_K = 100

DIGITS = 6

Tell = Callable[[int, int], None]
Each = Mapping[str, Mapping[str, float]]
"""Every measure of every question, by the question's id."""


class SetNotIngested(PortcullisError):
    code = "set_not_ingested"

    def __init__(self, count: int, first: str) -> None:
        super().__init__(f"{count} documents of the set were quarantined, the first is {first}: its figures would say nothing.")


@dataclass(frozen=True, slots=True)
class Report:
    """What a set's questions found. `each` holds every question, in the set's order."""

    folder: Path
    mode: Mode
    documents: int
    each: Each

    @property
    def metrics(self) -> dict[str, Mean]:
        return {name: mean([values[name] for values in self.each.values()]) for name in MEASURES}

    def described(self) -> dict[str, Any]:
        """The stable face, and what `eval gate` needs to compare question by question."""
        return {
            "metrics": {name: found.described() for name, found in self.metrics.items()},
            "queries": len(self.each),
            "set": {"folder": str(self.folder), "documents": self.documents},
            "mode": self.mode,
            "each": {
                query: {name: round(value, DIGITS) for name, value in values.items()} for query, values in self.each.items()
            },
        }


def evaluate(folder: Path, mode: Mode = "hybrid", home: Path | None = None, tell: Tell = lambda _done, _total: None) -> Report:
    """Ingest the set at `folder` and ask its questions. `home` keeps what was ingested for the next time.

    Raises `EvaluationSetMissing`, `BadJudgedSet`, `SetNotIngested`, and what ingesting and asking raise.
    """
    given = read_judged_set(folder)
    questions = given.questions
    with open_home(PERSON, open_model(), open_redactor_in, home) as (here, tools):
        documents = lay(folder, here / "pages")
        ingest(tools, here / "pages", len(questions), documents, tell)
        rankings = anyio.run(_ask, tools, questions, mode, lambda done: tell(documents + done, documents + len(questions)))
    return Report(given.folder, mode, documents, {q: measures(found, given.judged[q]) for q, found in rankings.items()})


def ingest(tools: Tools, pages: Path, questions: int, documents: int, tell: Tell) -> None:
    """Ingest the pages. Raises `SetNotIngested` when one of them is quarantined."""
    done = 0

    def batch_done(batch: Any) -> None:
        nonlocal done
        done += len(batch.files)
        tell(done, documents + questions)

    report = run(tools, Request(DEFAULT_TENANT, str(pages), source="pages", yes=True), uuid4(), batch_done)
    failed = [file.path for file in report.files if file.status == "quarantined"]
    if failed:
        raise SetNotIngested(len(failed), failed[0])


async def _ask(tools: Tools, questions: Mapping[str, str], mode: Mode, tell: Callable[[int], None]) -> dict[str, list[str]]:
    """The documents that each question finds, best first."""
    services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
    asker = asker_by_operator(tools.catalog, DEFAULT_TENANT, PERSON, uuid4(), "retrieve")
    rankings: dict[str, list[str]] = {}
    for name, text in questions.items():
        (redacted,) = tools.redactor.redact(asker.tenant_id, [text])
        asked = RetrieveRequest(query=text, top_k=TOP_K, max_per_document=1, dedup="off")
        found = await search(services, asker, replace(as_query(asked, redacted), mode=mode))
        rankings[name] = [passage.chunk.document_name for passage in found.passages]
        tell(len(rankings))
    return rankings
