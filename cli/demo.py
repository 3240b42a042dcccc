"""`portcullis demo`: the sample company goes in, one question is asked by two people, and the difference is explained."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.answer import DEFAULT, command, fail

if TYPE_CHECKING:
    from rich.text import Text

    from acl.explain import Explanation
    from retrieval.wire_answer import ResultBody

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
HOME = ".portcullis-demo"
QUESTION = "How much notice must we give when someone leaves, and who approves the severance?"
FIRST, SECOND = "ana", "ben"
TOP_K = 3
NEXT = (
    ("search", "How many days of holiday do I have?", "--as", "gus"),
    ("acl", "explain", "dan", "hr/grievance-2026-03"),
    ("quarantine",),
)
NARROWEST, WIDEST = 80, 120
PLAIN = frozenset(
    (
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "how",
        "much",
        "many",
        "must",
        "does",
        "have",
        "that",
        "this",
        "with",
        "from",
        "someone",
    )
)
OTHERS = ("CATALOG_", "ACL_", "INDEX_", "PRIVACY_", "INGEST_", "RETRIEVAL_", "FLOWS_")


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as the table shows it."""

    document: str
    heading: str
    excerpt: str


def demo(
    home: Annotated[Path | None, typer.Option(help=f"Where the demo keeps its state. Default: {HOME} in this folder.")] = None,
) -> None:
    """Ingest the sample company and show one question as two people ask it."""
    _stand_apart((home or Path(HOME)).expanduser().resolve())
    _demo()


def _stand_apart(home: Path) -> None:
    """The demo works in a home of its own and on nothing else, whatever deployment the environment names."""
    for name in [
        name for name in os.environ if name.startswith(OTHERS) or name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING")
    ]:
        del os.environ[name]
    os.environ["PORTCULLIS_HOME"] = str(home)


@command
def _demo() -> None:
    from cli.flow_runs import run_group_sync, run_ingestion

    if not (EXAMPLES / "company").is_dir():
        fail("examples_missing", f"{EXAMPLES} is not here. Run `make demo` in a clone of the repository.", as_json=False)
    print("Harbour & Finch, a boat yard: an invented company with invented documents.\n")
    with _timed("people and groups"):
        people = run_group_sync(snapshot=str(EXAMPLES / "groups.json"), tenant=DEFAULT)
    print(f"{people['people']} people in {people['groups']} groups, one inside the other.")
    with _timed("ingestion"):
        report = run_ingestion(path=str(EXAMPLES / "company"), tenant=DEFAULT)
    _show_ingestion(report)
    with _timed("two searches"):
        first, second = _ask(FIRST, SECOND)
    print()
    _wrapped(f"The question: {QUESTION}")
    print()
    explained = _explained(result.document_id for result in first)
    kept = {told.document for _, told in explained}
    _show_side_by_side([_shown(result) for result in first], [_shown(result) for result in second], kept)
    _show_reasons(len(first), sum(result.document_id in kept for result in first), explained)
    _show_next()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Say on stderr how long it took: whoever waits wants to know for what."""
    began = time.monotonic()
    print(f"{what} ...", file=sys.stderr, flush=True)
    yield
    print(f"{what}: {time.monotonic() - began:.1f} s", file=sys.stderr)


def _show_ingestion(report: dict[str, Any]) -> None:
    counts = ", ".join(f"{count} {status}" for status, count in report["documents"].items() if count)
    chunks = report["chunks"]
    print(f"{len(report['files'])} files: {counts}.")
    print(f"{chunks['embedded']} chunks embedded, {chunks['reused']} reused.")
    for file in report["files"]:
        if file["status"] == "quarantined":
            _wrapped(f"In the quarantine: {file['path']} ({file['reason']}), nothing to read. The others went on.")


def _ask(*people: str) -> list[list[ResultBody]]:
    """What each of these people may read about the question, best first."""
    from retrieval.answer import ask
    from retrieval.open import open_services
    from retrieval.settings import RetrievalSettings
    from retrieval.wire import RetrieveRequest

    with open_services() as services:
        request = RetrieveRequest(query=QUESTION, top_k=TOP_K)
        return [ask(services, RetrievalSettings(), DEFAULT, person, request).results for person in people]


def _shown(result: ResultBody) -> Shown:
    heading = " > ".join(dict.fromkeys((result.title, *result.location.headings)))
    return Shown(result.document_id, heading, excerpt(result.text or "", QUESTION))


def excerpt(text: str, question: str, most: int = 2) -> str:
    """The sentences of `text` that share most words with `question`, in their order, `…` where something is left out."""
    import re

    def stems(words: str) -> set[str]:
        return {word[:4] for word in re.findall(r"\w{4,}", words.casefold()) if word not in PLAIN}

    pieces = [" ".join(piece.split()) for piece in re.split(r"(?<=[.!?])\s+|\n\s*\n", text) if piece.strip()]
    sentences = [piece for piece in pieces if piece[-1] in ".!?"] or pieces  # headings stand above the excerpt already
    asked = stems(question)
    best = sorted(sorted(range(len(sentences)), key=lambda n: (-len(stems(sentences[n]) & asked), n))[:most])
    parts: list[str] = []
    for before, n in zip([-1, *best], best, strict=False):
        parts += ["…"] if n > before + 1 else []
        parts.append(sentences[n])
    return " ".join([*parts, "…"] if best and best[-1] < len(sentences) - 1 else parts)


def _show_side_by_side(first: Sequence[Shown], second: Sequence[Shown], kept: Collection[str]) -> None:
    """A row for each passage of the first person; `kept` names the documents that the second one may not read."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    terminal = Console()
    width = max(NARROWEST, min(terminal.width, WIDEST)) if terminal.is_terminal else NARROWEST
    drawn = Table(box=box.SQUARE if terminal.is_terminal else box.ASCII2, show_lines=True, width=width)
    for person in (FIRST, SECOND):
        drawn.add_column(f"{person} asks", ratio=1, overflow="fold")
    places = {shown: number for number, shown in enumerate(second, start=1)}
    for number, shown in enumerate(first, start=1):
        theirs = _cell(places[shown], shown) if shown in places else "-- not his to read --" if shown.document in kept else ""
        drawn.add_row(_cell(number, shown), theirs)
    others = [(number, shown) for shown, number in places.items() if shown not in first]
    if others:
        drawn.add_row("", _listed(others))
    Console(width=width, highlight=False).print(drawn)


def _cell(number: int, shown: Shown) -> Text:
    from rich.text import Text

    return Text.assemble((f"[{number}] {shown.document}\n", "bold"), (f"{shown.heading}\n", "dim"), shown.excerpt)


def _listed(others: Iterable[tuple[int, Shown]]) -> Text:
    from rich.text import Text

    names = [(f"\n[{number}] {shown.document}", "bold") for number, shown in others]
    return Text.assemble(("and, further from the question,", "dim"), *names)


def _explained(documents: Iterable[str]) -> list[tuple[Explanation, Explanation]]:
    """Of these documents those that the second person may not read, with what holds for either person."""
    from acl.explain import explain
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        tenant_id = find_tenant(session, DEFAULT)
        pairs = [[explain(session, tenant_id, person, name) for person in (FIRST, SECOND)] for name in dict.fromkeys(documents)]
    return [(one, other) for one, other in pairs if one.allowed and not other.allowed]


def _show_reasons(passages: int, kept: int, explained: Sequence[tuple[Explanation, Explanation]]) -> None:
    """An operator's view, which no asker is shown."""
    _wrapped(f"Of the {passages} passages that {FIRST} gets, {SECOND} gets {passages - kept}. Why, as an operator may ask:")
    for pair in explained:
        for told in pair:
            _wrapped(told.lines()[0], "  ")  # who said so, and when, is for `acl explain`
    _wrapped(f"{SECOND} himself is told nothing of them: to him what he may not read does not exist.")


def _wrapped(text: str, indent: str = "") -> None:
    import textwrap

    print(textwrap.fill(text, NARROWEST, initial_indent=indent, subsequent_indent=indent * 2, break_on_hyphens=False))


def _show_next() -> None:
    import shutil

    onto_path = "" if shutil.which("portcullis") else f" PATH={_shortened(Path(sys.prefix) / 'bin')}:$PATH"
    print("\nTry next:")
    print(f"  export PORTCULLIS_HOME={_shortened(Path(os.environ['PORTCULLIS_HOME']))}{onto_path}")
    for words in NEXT:
        print(f"  portcullis {shlex.join(words)}")


def _shortened(path: Path) -> str:
    """`path` as one types it from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
