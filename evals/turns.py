"""What is found for a last question that leans on earlier ones, or does not: in its session, and by itself.

    python -m evals.turns DATA [--home DIR] [--json]

DATA is the folder of real data. Its documents (`evals/turns_corpus.py`) go through the whole pipeline into a home of their own,
which `--home` keeps and uses again. Each conversation of `evals/conversations` is asked turn by turn in a session, and its last
question once more without. A line names the documents that answer its last question, any of which will do; `@2` is the document
of the second passage of the answer before. The rules were written by `tuning`, and `held_out` after them. Exit 0 when rewriting
finds 1.5 times as much where it is needed, and no less where it is not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from catalog.ids import DEFAULT_TENANT
from catalog.session import transaction
from catalog.tenants import open_tenant
from evals.open import open_home, open_key, open_limits, open_model, open_tools
from evals.turns_corpus import lay
from ingest.pipeline import run
from ingest.run import Request, Tools
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse

PERSON = "reader"
HALVES = ("tuning", "held_out")
AS_IT_IS = ("change", "standalone")
"""Kinds of conversations whose last question needs nothing of the others."""
PLACES = 5
WANTED = 1.5


@dataclass(frozen=True, slots=True)
class Played:
    """One conversation: whether its document was among the first passages, by the last question alone and in the session."""

    half: str
    kind: str
    alone: bool
    rewritten: bool
    told: str  # what was searched for at last


def play(services: Services, half: str, line: dict[str, Any]) -> Played:
    session, limits, before, last = str(uuid4()), open_limits(), None, None
    for question in line["turns"]:
        request = RetrieveRequest(query=question, top_k=10, session_id=session)
        before, last = last, ask(services, limits, DEFAULT_TENANT, PERSON, request)
    assert before is not None
    assert last is not None
    assert last.session is not None
    wanted = {_named(document, before) for document in line["documents"]}
    alone = ask(services, limits, DEFAULT_TENANT, PERSON, RetrieveRequest(query=line["turns"][-1], top_k=10))
    told = last.session.rewritten or line["turns"][-1]
    return Played(half, line["kind"], bool(wanted & _first(alone)), bool(wanted & _first(last)), told)


def _named(document: str, before: RetrieveResponse) -> str:
    return before.results[int(document[1:]) - 1].document_id if document.startswith("@") else document


def _first(answer: RetrieveResponse) -> set[str]:
    return {result.document_id for result in answer.results[:PLACES]}


def conversations(half: str) -> list[dict[str, Any]]:
    """The conversations of a half, each with `kind`, `turns` and `documents`."""
    text = files("evals").joinpath("conversations", f"{half}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


@contextmanager
def opened(data: Path, home: Path | None) -> Iterator[Tools]:
    """The tools over the documents, ingested once for a home that is kept."""
    if home is None:
        with open_home(PERSON, open_model(), lambda folder: open_key(folder / "key")) as (folder, tools):
            _fill(tools, data, folder / "pages")
            yield tools
        return
    fresh = not (home / "catalog.db").exists()
    home.mkdir(parents=True, exist_ok=True)
    with open_tools(home, open_key(home / "key"), open_model()) as tools:
        if fresh:
            with transaction(tools.catalog) as write:
                people = json.dumps({"sequence": 1, "users": [{"id": PERSON}], "groups": []})
                apply_snapshot(write, open_tenant(write, DEFAULT_TENANT), parse_snapshot(people))
            _fill(tools, data, home / "pages")
        yield tools


def _fill(tools: Tools, data: Path, pages: Path) -> None:
    pages.mkdir()
    count = lay(data, pages)
    report = run(tools, Request(DEFAULT_TENANT, str(pages), source="pages"), uuid4())
    print(f"{count} documents, {report.chunks.embedded} chunks", file=sys.stderr)


def figures(played: Sequence[Played]) -> dict[str, dict[str, float]]:
    """By half: recall@5 of the last question alone and rewritten, where it leans on others and where it does not."""
    found: dict[str, dict[str, float]] = {}
    for half in HALVES:
        leaning = [one for one in played if one.half == half and one.kind not in AS_IT_IS]
        standing = [one for one in played if one.half == half and one.kind in AS_IT_IS]
        found[half] = {
            "leaning": len(leaning),
            "alone": _share([one.alone for one in leaning]),
            "rewritten": _share([one.rewritten for one in leaning]),
            "standing": len(standing),
            "standing_alone": _share([one.alone for one in standing]),
            "standing_rewritten": _share([one.rewritten for one in standing]),
        }
    return found


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 3) if hits else 0.0


def good(part: dict[str, float]) -> bool:
    """Whether a half's figures are what was asked for."""
    return part["rewritten"] >= WANTED * part["alone"] and part["standing_rewritten"] >= part["standing_alone"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.turns", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with opened(options.data, options.home) as tools:
        services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
        played = [play(services, half, line) for half in HALVES for line in conversations(half)]
    found = figures(played)
    if options.json:
        print(
            json.dumps({"figures": found, "played": [{n: getattr(one, n) for n in Played.__slots__} for one in played]}, indent=2)
        )
    else:
        _show(played, found)
    return 0 if all(map(good, found.values())) else 1


def _show(played: Sequence[Played], found: dict[str, dict[str, float]]) -> None:
    for half, part in found.items():
        ratio = part["rewritten"] / part["alone"] if part["alone"] else float("inf")
        print(f"{half}: {part['leaning']} that lean: alone {part['alone']}, rewritten {part['rewritten']} ({ratio:.2f} times);")
        print(f"  {part['standing']} that stand alone: {part['standing_alone']}, in the session {part['standing_rewritten']}")
        for kind in dict.fromkeys(one.kind for one in played):
            these = [one for one in played if one.half == half and one.kind == kind]
            if these:
                shares = _share([one.alone for one in these]), _share([one.rewritten for one in these])
                print(f"  {kind:14} {len(these):3}  {shares[0]:.3f}  {shares[1]:.3f}")


if __name__ == "__main__":
    sys.exit(main())
