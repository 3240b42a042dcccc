"""For auditors: is the log what was written, and the log itself, as lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document

if TYPE_CHECKING:
    from catalog.chain import Head, Link

audit = typer.Typer(help="The log of who did what: is it whole, and what does it say.", no_args_is_help=True)

DIGEST_LENGTH = 64


@audit.command("verify")
@command
def audit_verify(
    anchor: Annotated[
        list[str] | None, typer.Option(metavar="SEQ:DIGEST", help="What an export named as its end. Repeatable.")
    ] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Check that no entry was changed, removed or put in between; exit 1 with the first that was."""
    from catalog.audit import check_log
    from catalog.errors import AuditBroken
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from cli.progress import bar
    from flows.wiring import open_catalog

    anchors = [_anchor(text) for text in anchor or ()]
    with open_catalog() as catalog, reading(catalog) as session, bar("verifying", "entries") as tell:
        checked = check_log(session, find_tenant(session, tenant), anchors, tell)
    if checked.fault is not None:
        raise AuditBroken(tenant, checked.fault.sequence, checked.fault.kind, checked.fault.told)
    last, keyed_from = checked.head, checked.keyed_from
    if as_json:
        body = {"entries": last.sequence, "digest": last.digest, "keyed_from": keyed_from, "anchors": len(anchors)}
        document({"whole": True, **body})
        return
    print(f"{last.sequence} entries, each in its place and as it was written.")
    print(
        f"Keyed from entry {keyed_from} on."
        if keyed_from
        else "No key: keep the anchor elsewhere, or set CATALOG_AUDIT_KEY_FILE."
    )
    print(f"anchor {last.sequence}:{last.digest}")


@audit.command("export")
@command
def audit_export(
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2024-05-01, or a time with its zone.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")] = None,
    action: Annotated[
        list[str] | None, typer.Option(metavar="ACTION", help="Only these: retrieve, reveal, ... Repeatable.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the lines there, not on stdout.")] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Write the entries as JSON lines, and name the end of the log: the anchor that `audit verify` takes."""
    from catalog.audit import Wanted, head_of, links_of
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from cli.progress import bar
    from flows.wiring import open_catalog

    if as_json and output is None:
        raise typer.BadParameter("the lines are JSON already; with --output it tells how many there are", param_hint="--json")
    wanted = Wanted(_moment(since, "--since"), _moment(until, "--until"), frozenset(action or ()))
    entries = 0
    with open_catalog() as catalog, reading(catalog) as session, _lines(output) as file, bar("exporting", "entries") as tell:
        tenant_id = find_tenant(session, tenant)
        last = head_of(session, tenant_id)
        for link in links_of(session, tenant_id, wanted):
            file.write(json.dumps(_line(tenant, link), ensure_ascii=False) + "\n")
            entries += 1
            if entries % 1000 == 0:
                tell(link.entry.sequence, last.sequence)
    if as_json:
        document({"entries": entries, "anchor": _written(last)})
        return
    print(f"{entries} entries; anchor {_written(last)}", file=sys.stderr)


def _line(tenant: str, link: Link) -> dict[str, Any]:
    entry = link.entry
    said = {"actor": entry.actor, "action": entry.action, "object": entry.object_, "details": entry.details}
    place = {"tenant": tenant, "sequence": entry.sequence, "at": entry.at.isoformat(timespec="microseconds")}
    return place | said | {"key_id": link.key_id, "digest": link.digest}


def _written(head: Head) -> str:
    return f"{head.sequence}:{head.digest}"


def _anchor(text: str) -> Head:
    from catalog.chain import Head

    sequence, _, digest = text.partition(":")
    if not sequence.isascii() or not sequence.isdigit() or len(digest) != DIGEST_LENGTH:
        raise typer.BadParameter("an anchor is SEQ:DIGEST, as `portcullis audit export` names it", param_hint="--anchor")
    return Head(int(sequence), digest.lower())


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and len(text) == len("2024-05-01"):
        return moment.replace(tzinfo=UTC)
    if moment is None or moment.tzinfo is None:
        wanted = "give a date like 2024-05-01, or a time with its zone like 2024-05-01T09:00:00Z"
        raise typer.BadParameter(wanted, param_hint=option)
    return moment.astimezone(UTC)


@contextmanager
def _lines(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        output.touch(mode=0o600)
        file = output.open("w", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written ({error.strerror})", param_hint="--output") from None
    with file:
        yield file
