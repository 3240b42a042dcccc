"""For operators: a kept request asked again, and what differs from the answer of then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID, uuid4

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table, with_home

if TYPE_CHECKING:
    from retrieval.differences import Place
    from retrieval.replay import Replay


@command
def replay(
    request_id: Annotated[
        UUID, typer.Argument(metavar="REQUEST_ID", help="The answer's `request_id`, or its header X-Request-Id.")
    ],
    as_it_was: Annotated[bool, typer.Option("--as-it-was", help="Of the versions that held when it was asked.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Of the versions that are served now; so it is unless said otherwise.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="Show the question, and the texts of what is found now.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Ask a kept request again in the same person's name, by today's permissions, and show what differs and why."""
    if as_it_was and now:
        raise typer.BadParameter("give --as-it-was or --now")
    from flows.environment import prepare

    prepare(with_home())
    from retrieval.open import open_services
    from retrieval.replay import replay as ask_again
    from retrieval.settings import RetrievalSettings

    mode: Literal["as_it_was", "now"] = "as_it_was" if as_it_was else "now"
    with open_services(warm=False) as services:
        done = ask_again(services, RetrievalSettings(), tenant, request_id, mode, uuid4(), texts=text)
    body = described(done, text=text)
    if as_json:
        document(body)
    else:
        _show(body)


def described(done: Replay, *, text: bool) -> dict[str, Any]:
    """For `--json`. Texts are there only on request: the question, and those of passages that were confirmed just now."""
    body: dict[str, Any] = {
        "request_id": str(done.request_id),
        "person": f"user:{done.person}",
        "made_at": done.made_at,
        "mode": done.mode,
        "asked": done.found is not None,
        "notes": [{"code": code, "detail": why} for code, why in done.notes],
        "passages": [
            {"then": _place(one.then), "now": _place(one.now), "reason": one.reason, "why": one.why} for one in done.differences
        ],
        "stages": {"then": dict(done.logged.stages), "now": {} if done.found is None else done.found.stages},
    }
    if text:
        texts = {} if done.found is None else {str(p.chunk.chunk_id): p.chunk.text for p in done.found.passages}
        body |= {"question": done.logged.question if done.withheld else done.logged.searched, "texts": texts}
    return body


def _place(one: Place | None) -> dict[str, Any] | None:
    if one is None:
        return None
    if one.document is None:
        return {"place": one.place}
    place = {"place": one.place, "document_id": one.document, "version": one.version, "chunk_id": str(one.chunk_id)}
    return place | {"score": one.score, "dense": one.dense}


def _show(body: dict[str, Any]) -> None:
    how = "the versions that held then" if body["mode"] == "as_it_was" else "the versions of now"
    print(f"Asked by {body['person']} on {body['made_at']:%Y-%m-%d %H:%M:%S} UTC; again of {how}, by today's permissions.")
    if "question" in body:
        print(f"Question: {''.join(c if c.isprintable() else ' ' for c in body['question'])}")
    rows = [_row(one) for one in body["passages"]]
    table(("then", "now", "document", "version", "score", "now", "why"), rows, empty="Nothing was found then, nor is now.")
    for note in body["notes"]:
        print(f"note: {note['detail']}")
    for one in body["passages"]:
        if one["now"] is not None and "texts" in body:
            print(f"\n[{one['now']['place']}] {one['now']['document_id']}")
            for line in body["texts"][one["now"]["chunk_id"]].splitlines():
                print("    " + "".join(c if c.isprintable() else "�" for c in line.expandtabs(4)))


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    then, now = one["then"] or {}, one["now"] or {}
    either = now or then
    why = one["reason"] if one["reason"] in ("same", "moved") else f"{one['reason']}: {one['why']}"
    return (
        then.get("place"),
        now.get("place"),
        either.get("document_id"),
        either.get("version") or None,
        *(f"{place['score']:.4f}" if "score" in place else None for place in (then, now)),
        why,
    )
