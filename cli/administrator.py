"""For administrators: people and groups, tenants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table, with_home

groups = typer.Typer(help="People and groups from a snapshot file.", no_args_is_help=True)
tenants = typer.Typer(help="Tenants: worlds that never meet.", no_args_is_help=True)

READERS_SHOWN = 20

Snapshot = Annotated[str, typer.Argument(metavar="FILE|-", help="A snapshot file or URL; - reads standard input.")]


@groups.command("apply")
@command
def groups_apply(
    file: Snapshot,
    yes: Annotated[bool, typer.Option("--yes", help="Apply it although it touches many people.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Make people, groups and memberships what the snapshot says. In force with the next question."""
    from acl.errors import BrakeTripped
    from cli.flow_runs import run_group_sync

    with _snapshot(file) as place:
        try:
            body = run_group_sync(snapshot=place, tenant=tenant, yes=yes)
        except BrakeTripped as tripped:
            if as_json or file == "-" or not sys.stdin.isatty() or not sys.stderr.isatty():
                raise
            print(tripped, file=sys.stderr)
            if not typer.confirm("Apply it all the same?", err=True):
                raise
            body = run_group_sync(snapshot=place, tenant=tenant, yes=True)
    _show_changes(body, as_json)


@groups.command("diff")
@command
def groups_diff(file: Snapshot, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Show what `groups apply` would change, and who would read more or less. Changes nothing."""
    from flows.groups import diff_groups
    from flows.location import absolute
    from flows.wiring import open_catalog

    with _snapshot(file) as place, open_catalog() as catalog:
        body = diff_groups(catalog, tenant, absolute(place))
    _show_changes(body, as_json)


@tenants.command("create")
@command
def tenants_create(name: Annotated[str, typer.Argument(metavar="NAME")], as_json: Json = False) -> None:
    """Make a tenant. Making it twice changes nothing."""
    from catalog.session import transaction
    from catalog.tenants import create_tenant
    from flows.wiring import open_catalog

    if not name.strip() or not name.isprintable() or len(name) > 200:
        raise typer.BadParameter("NAME is 1 to 200 printable characters")
    with open_catalog() as catalog, transaction(catalog) as session:
        create_tenant(session, name)
    if as_json:
        document({"name": name})
    else:
        print(f"Tenant {name} is there.")


@tenants.command("list")
@command
def tenants_list(as_json: Json = False) -> None:
    """List the tenants."""
    from catalog.session import reading
    from catalog.tenants import list_tenants
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        names = list_tenants(session)
    if as_json:
        document({"tenants": names})
    else:
        table(("name",), [(name,) for name in names], empty="No tenants yet; `default` is made on first use.")


@command
def scim(
    host: Annotated[str | None, typer.Option(help="The address to listen on. Default: ACL_SCIM_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port. Default: ACL_SCIM_PORT.")] = None,
) -> None:
    """Serve SCIM 2.0, by which an identity provider brings people and groups, until stopped."""
    from acl.scim.app import serve

    serve(host=host, port=port)


@contextmanager
def _snapshot(file: str) -> Iterator[str]:
    """Where the snapshot lies. Standard input is laid down for as long as it takes: flows are told places, not contents."""
    if file != "-":
        yield file
        return
    place = with_home() / f"snapshot-{uuid4().hex}.json"
    try:
        place.touch(mode=0o600)
        place.write_bytes(sys.stdin.buffer.read())
        yield str(place)
    finally:
        place.unlink(missing_ok=True)


def _show_readers(body: dict[str, Any]) -> None:
    readers = body["readers"]
    print(f"\n{len(readers)} people would read more or less than now, of {body['people_before']}:" if readers else "")
    shown = [(row["person"], row["loses"], row["gains"]) for row in readers[:READERS_SHOWN]]
    table(("person", "loses documents", "gains"), shown, empty="Nobody would read more or less than now.")
    if len(readers) > READERS_SHOWN:
        print(f"... and {len(readers) - READERS_SHOWN} more; --json lists all")
    if body["brake_trips"]:
        print("`groups apply` would stop and ask: it touches many. --yes confirms it.")


def _show_changes(body: dict[str, Any], as_json: bool) -> None:
    if as_json:
        document(body)
        return
    print(f"Snapshot {body['sequence']}: {body['people']} active people, {body['groups']} groups")
    rows = [(what.replace("_", " "), count) for what, count in body["changes"].items() if count]
    table(("change", "count"), rows, empty="Nothing changes.")
    for kind, names in body.get("names", {}).items():
        print(f"{kind.replace('_', ' ')}:", *names, sep="\n  ")
    if "readers" in body:
        _show_readers(body)
    for warning in body["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
