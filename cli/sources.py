"""For data engineers: the sources of a tenant, and what their metadata says about the state of a version."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table, with_home

sources = typer.Typer(invoke_without_command=True)


@sources.callback()
@command
def list_all(context: typer.Context, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """The sources of the tenant. Without a subcommand: list them."""
    if context.invoked_subcommand is not None:
        return
    from catalog.session import transaction
    from catalog.sources import list_sources
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        found = list_sources(session, open_tenant(session, tenant))
    if as_json:
        document({"sources": [{"source": s.name, "root": s.root, "status_rule": s.rule.as_json()} for s in found]})
        return
    rows = [(s.name, s.root, s.rule.field, ", ".join(sorted(s.rule.draft)), ", ".join(sorted(s.rule.withdrawn))) for s in found]
    table(
        ("source", "root", "status field", "draft", "withdrawn"),
        rows,
        empty="No sources yet. `portcullis ingest PATH` makes one.",
    )


@sources.command("status-rule")
@command
def status_rule(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name.")],
    field: Annotated[str | None, typer.Option(help="The metadata field that holds the state of a version.")] = None,
    draft: Annotated[list[str] | None, typer.Option(help="A value that makes a draft, which yields to what is final.")] = None,
    withdrawn: Annotated[list[str] | None, typer.Option(help="A value that retires the document.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take the rule away: every version counts in full.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Let a metadata field of SOURCE decide which versions are drafts or withdrawn; in force at once, audited."""
    if none == (field is not None):
        raise typer.BadParameter("Give --field FIELD, or --none.")
    from uuid import uuid4

    from catalog.sources import NO_RULE, StatusRule
    from flows.environment import prepare

    prepare(with_home())
    from flows.wiring import open_tools
    from ingest.states import set_rule

    rule = NO_RULE if none else StatusRule(field, _values(draft or ["draft"]), _values(withdrawn or ["withdrawn"]))
    if rule.draft & rule.withdrawn:
        raise typer.BadParameter("A value cannot mean a draft and withdrawn.")
    with open_tools() as tools:
        set_rule(tools, tenant, name, rule, str(uuid4()))
    if as_json:
        document({"source": name, "status_rule": rule.as_json()})
    elif none:
        print(f"{name}: every version counts in full.")
    else:
        print(f"{name}: by {field}, drafts are {_told(rule.draft)}, withdrawn is {_told(rule.withdrawn)}.")


def _values(given: list[str]) -> frozenset[str]:
    return frozenset(value.strip().casefold() for value in given)


def _told(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))
