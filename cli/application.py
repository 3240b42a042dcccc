"""For applications and those who build them: ask a question in somebody's name, and serve the HTTP interface."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, with_home


@command
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    person: Annotated[str, typer.Option("--as", metavar="USER", help="In whose name: `ana` or `user:ana`.")],
    top_k: Annotated[int, typer.Option(min=1, max=100, help="At most so many passages.")] = 8,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The versions that held then: 2024-05-01 (its end, in UTC) or 2024-05-01T09:00:00Z."),
    ] = None,
    all_versions: Annotated[bool, typer.Option("--all-versions", help="Earlier versions and superseded documents too.")] = False,
    dedup: Annotated[
        Literal["near", "exact", "off"], typer.Option(help="What takes one place: near-duplicates, equal texts, nothing.")
    ] = "near",
    rerank: Annotated[bool, typer.Option("--rerank", help="Let the cross-encoder of RETRIEVAL_RERANKER order them.")] = False,
    chosen: Annotated[
        str | None,
        typer.Option("--filter", metavar="F", help="Only versions of which this holds: 'status = final and year >= 2020'."),
    ] = None,
    max_per_document: Annotated[
        int | None, typer.Option(min=1, max=100, help="At most so many passages of one document.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(min=-1, max=1, help="Only passages with at least this cosine.")] = None,
    scores: Annotated[bool, typer.Option("--scores", help="Show the cosine and the BM25 of each passage.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show the passages that USER may read about QUESTION; with --json the body of POST /v1/retrieve."""
    from flows.environment import prepare

    prepare(with_home())
    from retrieval.answer import ask
    from retrieval.open import open_services
    from retrieval.settings import RetrievalSettings
    from retrieval.wire import Included, RetrieveRequest
    from retrieval.wire_filter import read_filter

    versions: Literal["current", "all"] = "all" if all_versions else "current"
    at = None if as_of is None else _moment(as_of)
    condition = None if chosen is None else read_filter(chosen)
    include: list[Included] = ["text", "metadata", "context"]
    include += ["scores"] if scores else []
    request = RetrieveRequest(
        query=question,
        top_k=top_k,
        as_of=at,
        versions=versions,
        dedup=dedup,
        filter=condition,
        max_per_document=None if max_per_document is None else min(max_per_document, top_k),
        min_score=min_score,
        rerank=rerank,
        include=include,
    )
    with open_services(warm=False) as services:
        answered = ask(services, RetrievalSettings(), tenant, person, request)
    body = answered.model_dump(mode="json")
    if as_json:
        document(body)
        return
    _show_passages(body)


@command
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on. Default: RETRIEVAL_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port. Default: RETRIEVAL_PORT.")] = None,
) -> None:
    """Serve the HTTP interface until stopped."""
    from flows.environment import prepare

    prepare(with_home())
    from retrieval.serve import serve as serve_http

    serve_http(host=host, port=port)


def _moment(text: str) -> datetime:
    """A day means its end: what was put there on that day had been put there."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and len(text) == len("2024-05-01"):
        return moment.replace(tzinfo=UTC) + timedelta(days=1, microseconds=-1)
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            "give a date like 2024-05-01, or a time with its zone like 2024-05-01T09:00:00Z", param_hint="--as-of"
        )
    return moment.astimezone(UTC)


def _show_passages(body: dict[str, Any]) -> None:
    for passage in body["results"]:
        place = passage["location"]
        pages = f", page {'-'.join(map(str, dict.fromkeys((place['pages'][0], place['pages'][-1]))))}" if place["pages"] else ""
        version = passage["version"]
        named = f"version {version['label']}" if version["label"] else f"version of {version['modified_at'][:10]}"
        named += "" if version["current"] else ", not the current one"
        headings = dict.fromkeys((passage["title"], *place["headings"]))  # the first heading is often the title itself
        print(f"[{passage['ref']}] {' > '.join(headings)}")
        print(f"    {passage['document_id']}{pages}, {named}")
        if passage["scores"] is not None:
            told = {"score": passage["score"], "cosine": passage["scores"]["dense"], "BM25": passage["scores"]["lexical"]}
            print(f"    {', '.join(f'{name} {value:.4f}' for name, value in told.items() if value is not None)}")
        _indented(passage["text"])
        print()
    for warning in body["warnings"]:
        print(f"warning: {warning['detail']}", file=sys.stderr)
    if not body["results"]:
        print("Nothing that this person may read answers that.")


def _indented(text: str) -> None:
    import shutil
    import textwrap

    width = min(shutil.get_terminal_size().columns, 100)
    for line in text.splitlines():
        visible = "".join(c if c.isprintable() else "�" for c in line.expandtabs(4))
        print(textwrap.fill(visible, width, initial_indent="    ", subsequent_indent="    ") if visible.strip() else "")
