"""For administrators: make the deployment forget a document, or what is past its time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from cli.answer import DEFAULT, FAILED, Json, Tenant, command, document, table, with_home

if TYPE_CHECKING:
    from ingest.receipts import Receipt


@command
def forget(
    name: Annotated[str | None, typer.Argument(metavar="DOCUMENT", help="The document's name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    again: Annotated[bool, typer.Option("--again", help="After a restore: forget what every receipt names, once more.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let a forgotten DOCUMENT in again with the next run.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Remove every trace of a document, and search all stores for what is left; exit 1 where something is."""
    if again == (name is not None) or (again and lift):
        raise typer.BadParameter("give DOCUMENT, or --again alone")
    from flows.environment import prepare

    prepare(with_home())
    if name is None:
        _again(tenant, as_json)
    elif lift:
        _lift(tenant, name, as_json)
    else:
        _forget(tenant, name, yes, as_json)


def _forget(tenant: str, name: str, yes: bool, as_json: bool) -> None:
    from flows.erasing import open_eraser
    from ingest.forget import forget as forget_document

    if not yes and sys.stdin.isatty():
        typer.confirm(f"Forget {name} for good, with all of its versions and what lies inside it?", abort=True, err=True)
    with open_eraser() as eraser:
        receipt, before = forget_document(eraser, tenant, name, str(uuid4()))
    if as_json:
        document(receipt.as_json() | {"forgotten_before": before})
    else:
        print(f"{name} was forgotten before; searched again." if before else f"{name} is forgotten.")
        show_receipt(receipt)
    if not receipt.clean:
        raise typer.Exit(FAILED)


def _again(tenant: str, as_json: bool) -> None:
    from flows.erasing import open_eraser
    from ingest.again import again, kept_out

    with open_eraser() as eraser:
        done = again(eraser, tenant, str(uuid4()))
        known = kept_out(eraser, tenant)
    came_back = {d.name for receipt in done for d in receipt.documents}
    states = [(d.name, r.id, "gone again" if d.name in came_back else "still gone") for r in known for d in r.standing]
    if as_json:
        rows = [{"document": name, "receipt": str(id_), "state": state} for name, id_, state in states]
        document({"documents": rows, "receipts": [receipt.as_json() for receipt in done]})
    else:
        table(("document", "receipt", "state"), states, empty="Nothing was ever forgotten here.")
        for receipt in done:
            show_receipt(receipt)
    if not all(receipt.clean for receipt in done):
        raise typer.Exit(FAILED)


def _lift(tenant: str, name: str, as_json: bool) -> None:
    from flows.erasing import open_eraser
    from ingest.forget import lift as lift_document

    with open_eraser() as eraser:
        lift_document(eraser, tenant, name)
    if as_json:
        document({"document": name, "lifted": True})
    else:
        print(f"{name} may come in again: the next `portcullis ingest` of its source reads it.")


def show_receipt(receipt: Receipt) -> None:
    """What each store was cleared of, and what was found when it was searched again."""
    rows: list[tuple[Any, ...]] = [(s.store, s.removed, s.found, s.note) for s in receipt.stores]
    table(("store", "removed", "found after", "note"), rows)
    print(f"Receipt {receipt.id}" + ("" if receipt.clean else ": NOT CLEAN. Something is left; see `found after`."))


@command
def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is past its time. Changes nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Go on although many documents would disappear.")] = False,
    rules: Annotated[str | None, typer.Option(metavar="FILE", help="The rules. Default: those of INGEST_RETENTION.")] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Erase documents and earlier versions that are past their time by the rules of retention, and kept requests and sessions."""
    from cli.flow_runs import run_expiry

    body = run_expiry(rules=rules, tenant=tenant, dry_run=dry_run, yes=yes)
    if as_json:
        document(body)
    else:
        rows = [(d["document"], "all of it" if d["whole"] else f"{d['versions']} earlier", d["until"]) for d in body["due"]]
        table(("document", "versions", "until"), rows, empty="Nothing is past its time.")
        if not body["rules"]:
            print("note: no rules of retention are set (INGEST_RETENTION): every document stays", file=sys.stderr)
        if any(body["lapsed"].values()):
            print(f"Let go of {body['lapsed']['requests']} requests and {body['lapsed']['turns']} turns of sessions.")
        for source in body["busy"]:
            print(f"warning: a run is writing the source {source}; its documents wait for the next time", file=sys.stderr)
        for receipt in body["receipts"]:
            print(f"Receipt {receipt['receipt']}" + ("" if receipt["clean"] else ": NOT CLEAN. See it with --json."))
    if not body["clean"]:
        raise typer.Exit(FAILED)
