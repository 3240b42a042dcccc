"""For applications and those who build them: ask a question in somebody's name, and serve the HTTP interface."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, with_home


@command
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    person: Annotated[str, typer.Option("--as", metavar="USER", help="In whose name: `ana` or `user:ana`.")],
    top_k: Annotated[int, typer.Option(min=1, max=100, help="At most so many passages.")] = 8,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show the passages that USER may read about QUESTION; with --json the body of POST /v1/retrieve."""
    from flows.environment import prepare

    prepare(with_home())
    from retrieval.answer import ask
    from retrieval.app import open_services
    from retrieval.settings import RetrievalSettings
    from retrieval.wire import RetrieveRequest

    with open_services(warm=False) as services:
        answered = ask(services, RetrievalSettings(), tenant, person, RetrieveRequest(query=question, top_k=top_k))
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


def _show_passages(body: dict[str, Any]) -> None:
    for passage in body["results"]:
        place = passage["location"]
        pages = f", page {'-'.join(map(str, dict.fromkeys((place['pages'][0], place['pages'][-1]))))}" if place["pages"] else ""
        version = passage["version"]
        named = f"version {version['label']}" if version["label"] else f"version of {version['modified_at'][:10]}"
        headings = dict.fromkeys((passage["title"], *place["headings"]))  # the first heading is often the title itself
        print(f"[{passage['ref']}] {' > '.join(headings)}")
        print(f"    {passage['document_id']}{pages}, {named}")
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
