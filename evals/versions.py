"""Revisions in shuffled order, in one run and in many: what is current, what held when, and who gives way to whom.

    python -m evals.versions FOLDER... [--runs 8] [--seed 1] [--json]

Each FOLDER holds `manifest.jsonl` and the files that it names. For each the whole pipeline runs in a home of its own, once over
all lines in shuffled order, and once in so many runs, each with some more of the lines. Then every document is read as it is and
as it held at the time of each of its versions, just before each, and before the first; and a question with its title is asked as
of each of these times. All is held against what the manifest says, worked out here. A stand-in serves for the model: this is
about which version answers, not how well. Exit 0 when nothing differs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.ids import DEFAULT_TENANT
from evals.open import open_home, open_key, open_limits, open_stand_in
from ingest import verify
from ingest.pipeline import run
from ingest.run import Request, Tools
from retrieval.answer import ask
from retrieval.document import read_document
from retrieval.errors import NoSuchDocument
from retrieval.identity import asker_by_operator
from retrieval.services import Services
from retrieval.wire import RetrieveRequest

PERSON = "reader"
MOMENT = timedelta(seconds=1)
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Revision:
    """A line of the manifest, as the oracle sees it."""

    document: str
    label: str
    at: datetime
    title: str
    supersedes: tuple[str, ...]

    @property
    def order(self) -> tuple[datetime, list[int | str]]:
        return self.at, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", self.label)]


@dataclass(slots=True)
class Verdict:
    """How one way of ingesting a folder ended. `differences` names what is not as the manifest says."""

    folder: str
    runs: int
    documents: int
    versions: int
    read: int = 0
    asked: int = 0
    results: int = 0
    given_way: int = 0
    chunks: int = 0
    embedded: int = 0
    differences: list[str] = field(default_factory=list)


class Oracle:
    """What the manifest means, worked out from its lines alone."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.documents: dict[str, list[Revision]] = {}
        for line in lines:
            one = Revision(
                line["document"],
                line["version"],
                datetime.fromisoformat(line["modified_at"]),
                line.get("title", line["document"]),
                tuple(line.get("supersedes", ())),
            )
            self.documents.setdefault(one.document, []).append(one)
        for revisions in self.documents.values():
            revisions.sort(key=lambda r: r.order)

    def held(self, document: str, at: datetime | None) -> Revision | None:
        """The version at that time; without one the current."""
        holding = [r for r in self.documents[document] if at is None or r.at <= at]
        return holding[-1] if holding else None

    def replaced(self, at: datetime | None) -> frozenset[str]:
        """The documents that give way at that time. Raises ValueError on a circle, which no folder may hold here."""
        above: dict[str, set[str]] = {}
        for document in self.documents:
            holding = self.held(document, at)
            for old in holding.supersedes if holding is not None else ():
                above.setdefault(old, set()).add(document)
        for start in above:
            seen, todo = set[str](), [start]
            while todo:
                for successor in above.get(todo.pop(), ()):
                    if successor == start:
                        raise ValueError(f"{start} is in a circle")
                    if successor not in seen:
                        seen.add(successor)
                        todo.append(successor)
        return frozenset(above)

    def times(self, document: str) -> list[datetime | None]:
        """Now, each version's time, and the moment before it."""
        found = [r.at for r in self.documents[document]]
        return [None, *sorted({t for at in found for t in (at - MOMENT, at)})]


def judge(tools: Tools, oracle: Oracle, verdict: Verdict) -> None:
    """Read and ask everything; note what differs."""
    services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
    asker = asker_by_operator(tools.catalog, DEFAULT_TENANT, PERSON, uuid4(), "document")
    for document in oracle.documents:
        for at in oracle.times(document):
            expected = oracle.held(document, at)
            try:
                held: str | None = read_document(tools.catalog, asker, document, uuid4(), at)[0].version.label
            except NoSuchDocument:
                held = None
            verdict.read += 1
            if held != (None if expected is None else expected.label):
                verdict.differences.append(f"{document} at {at}: {held} instead of {expected}")
            if at is not None and all(at != revision.at for revision in oracle.documents[document]):
                continue
            title = oracle.documents[document][-1].title
            request = RetrieveRequest(query=title, top_k=20, as_of=at)
            found = ask(services, open_limits(), DEFAULT_TENANT, PERSON, request).results
            gone = oracle.replaced(at)
            verdict.asked += 1
            verdict.results += len(found)
            verdict.given_way += document in gone
            for result in found:
                should = oracle.held(result.document_id, at)
                if result.document_id in gone or should is None or should.label != result.version.label:
                    verdict.differences.append(f"{title!r} at {at}: {result.document_id} {result.version.label}")


def evaluate(folder: Path, runs: int, seed: int) -> Verdict:
    """Ingest the folder's versions in shuffled order and judge what is there then."""
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    random.Random(seed).shuffle(lines)
    oracle = Oracle(lines)
    verdict = Verdict(folder.name, runs, len(oracle.documents), len(lines))
    with open_home(PERSON, open_stand_in(), lambda home: open_key(home / "key")) as (home, tools):
        pages = home / "pages"
        for number in range(1, runs + 1):
            part = lines[: len(lines) * number // runs]
            _lay(folder, pages, part)
            report = run(tools, Request(DEFAULT_TENANT, str(pages), source="pages"), uuid4())
            verdict.chunks += sum(f.chunks for f in report.files if f.status in ("indexed", "superseded", "duplicate"))
            verdict.embedded += report.chunks.embedded
            verdict.differences += [f"{f.path}: {f.status} {f.reason}" for f in report.files if f.status == "quarantined"]
        judge(tools, oracle, verdict)
        again = run(tools, Request(DEFAULT_TENANT, str(pages), source="pages"), uuid4())
        if again.chunks.embedded or again.documents["unchanged"] != len(lines):
            verdict.differences.append("another run found something to do")
        differing, _ = verify.run(tools, DEFAULT_TENANT, str(uuid4()), repair=False)
        verdict.differences += [f"verify: {count} {kind}" for kind, count in differing.items() if count]
    return verdict


def _lay(folder: Path, pages: Path, lines: Sequence[Line]) -> None:
    for line in lines:
        place = pages / line["path"]
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / line["path"], place)
    (pages / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.versions", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    verdicts = []
    for folder in options.folders:
        for runs in dict.fromkeys((1, options.runs)):
            verdicts.append(evaluate(folder, runs, options.seed))
            if not options.json:
                _show(verdicts[-1])
    if options.json:
        fields = Verdict.__slots__
        print(json.dumps([{name: getattr(v, name) for name in fields} for v in verdicts], indent=2, default=str))
    return 1 if any(v.differences or not v.results for v in verdicts) else 0


def _show(v: Verdict) -> None:
    print(f"{v.folder}, {v.runs} runs: {v.documents} documents, {v.versions} versions; read {v.read} times;")
    print(f"  asked {v.asked} times ({v.given_way} of documents that give way), {v.results} results")
    print(f"  {len(v.differences)} differences", flush=True)
    for difference in v.differences[:20]:
        print(f"  {difference}")


if __name__ == "__main__":
    sys.exit(main())
