"""For data engineers: which versions a document has, which one is served, what contradicts itself, what says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table, with_home

conflicts = typer.Typer(invoke_without_command=True)

Name = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's name.")]
Number = Annotated[int, typer.Argument(metavar="VERSION", help="The version's number, as `portcullis versions` shows it.")]


@command
def versions(name: Name, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """The versions of a document, the time that each held, and which one is served."""
    from catalog.documents import get_document
    from catalog.session import reading
    from catalog.sources import status_rule
    from catalog.tenants import find_tenant
    from catalog.versions import versions_of
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        row = get_document(session, find_tenant(session, tenant), name)
        found = versions_of(session, row.key)
        rule = status_rule(session, row.key.tenant_id, row.source_id)
    shown: list[dict[str, Any]] = [
        {
            "version": v.arrival,
            "label": v.version_label,
            "modified_at": v.modified_at,
            "held_from": v.held_from,
            "held_until": v.held_until,
            "served": v.id == row.current_version_id,
            "status": rule.status(v.custom),
            "pinned": v.id == row.pinned_version_id,
            "path": v.path,
            "redaction": v.findings.described(),
        }
        for v in sorted(found, key=lambda v: (v.modified_at, v.id))
    ]
    if as_json:
        document({"document": name, "retired": row.retired, "versions": shown})
        return
    states = ("pinned" if v["pinned"] else "served" if v["served"] else v["status"] or "" for v in shown)
    rows = [(v["version"], v["label"], v["held_from"], v["held_until"], state) for v, state in zip(shown, states, strict=True)]
    table(("version", "label", "held from", "until", ""), rows)
    for v in shown:
        if v["served"]:
            _show_redaction(v["redaction"])


def _show_redaction(told: Mapping[str, Any]) -> None:
    print(f"\nReplaced in the served version, by redaction policy {told['policy'] or '(not recorded)'}:")
    rows = [(f["kind"], f["count"], f["recognizer"] or "(not recorded)") for f in told["found"]]
    table(("kind", "times", "found by"), rows, empty="Nothing.")


@command
def pin(name: Name, version: Number, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Serve this version of a document, whatever comes later, until `portcullis release`."""
    _pin(name, version, tenant, as_json, "pin")


@command
def release(name: Name, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Serve the latest version of a document again."""
    _pin(name, None, tenant, as_json, "release")


@command
def duplicates(
    name: Annotated[str | None, typer.Argument(metavar="[DOCUMENT]", help="Only the group that it is in.")] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Documents that say the same or nearly the same, whoever may read them, and how much they resemble each other."""
    from flows.wiring import open_catalog
    from ingest.duplicates import find_duplicates

    with open_catalog() as catalog:
        groups = find_duplicates(catalog, tenant, name)
    shown = [
        [
            {"document": member.name, "source": member.source, "resemblance": round(alike, 3)}
            for member, alike in zip(group.members, group.resemblance, strict=True)
        ]
        for group in groups
    ]
    if as_json:
        document({"groups": shown})
        return
    rows = [(n, m["document"], m["source"], m["resemblance"]) for n, group in enumerate(shown, start=1) for m in group]
    table(("group", "document", "source", "resemblance"), rows, empty="No document resembles another.")


@conflicts.callback()
@command
def list_conflicts(context: typer.Context, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """What contradicts itself, and what is served meanwhile. Without a subcommand: list it."""
    if context.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from catalog.conflicts import find_conflicts
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        found = find_conflicts(session, open_tenant(session, tenant))
    if as_json:
        document({"conflicts": [asdict(conflict) for conflict in found]})
        return
    rows = [
        (c.kind, ", ".join(c.documents), c.detail, "settled" if c.settled else c.meanwhile, "" if c.settled else c.remedy)
        for c in found
    ]
    table(("kind", "document", "what", "served", "remedy"), rows, empty="Nothing contradicts itself.")


@conflicts.command("settle")
@command
def settle(
    name: Name,
    version: Annotated[int | None, typer.Argument(metavar="[VERSION]", help="The content that is right.")] = None,
    source: Annotated[str | None, typer.Option(help="The source whose document it is.")] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Decide: VERSION is right (it is pinned), --source owns the document, or, with neither, it stays in its circle."""
    if version is not None and source is not None:
        raise typer.BadParameter("Give VERSION or --source, not both.")
    if source is not None:
        _settle_claim(name, source, tenant, as_json)
        return
    if version is not None:
        _pin(name, version, tenant, as_json, "settle")
        return
    from catalog.session import transaction
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog
    from ingest.pin import stay

    with open_catalog() as catalog, transaction(catalog) as session:
        stay(session, find_tenant(session, tenant), name)
    if as_json:
        document({"document": name, "preferred": True})
    else:
        print(f"{name}: it stays; what it takes the place of gives way to it.")


def _settle_claim(name: str, source: str, tenant: str, as_json: bool) -> None:
    from uuid import uuid4

    from flows.environment import prepare

    prepare(with_home())
    from flows.wiring import open_tools
    from ingest.claims import settle_claim

    with open_tools() as tools:
        settle_claim(tools, tenant, name, source, str(uuid4()))
    if as_json:
        document({"document": name, "source": source})
    else:
        print(f"{name}: it is {source}'s. `portcullis ingest` of that source brings it.")


def _pin(name: str, version: int | None, tenant: str, as_json: bool, action: str) -> None:
    from uuid import uuid4

    from flows.environment import prepare

    prepare(with_home())
    from flows.wiring import open_tools
    from ingest.pin import pin as pin_document

    with open_tools() as tools:
        pin_document(tools, tenant, name, version, str(uuid4()), action=action)
    if as_json:
        document({"document": name, "pinned": version})
    elif version is None:
        print(f"{name}: the latest version is served.")
    else:
        print(f"{name}: version {version} is served until it is released.")
