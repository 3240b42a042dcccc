"""For administrators: who may read what, why, and an operator's own word on it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table, with_home

acl = typer.Typer(help="Who may read what, and why.", no_args_is_help=True)

User = Annotated[str, typer.Argument(metavar="USER", help="`ana` or `user:ana`.")]
Name = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document_id that answers give.")]
Principals = Annotated[list[str] | None, typer.Option(metavar="P", help="`user:ana`, `group:leads`, `everyone`. Repeatable.")]


@acl.command("explain")
@command
def acl_explain(
    user: User,
    document_id: Name,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say whether USER may read DOCUMENT, by which chain of groups, and who said so."""
    from acl.explain import explain
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        told = explain(session, open_tenant(session, tenant), user, document_id)
    if not as_json:
        print("\n".join(told.lines()))
        return
    listed = ("allowed_by", "denied_by", "allow", "deny", "removed", "places")
    names = {field: [str(name) for name in getattr(told, field)] for field in listed}
    steps = [{"member": str(s.member), "group": str(s.group), "origin": s.origin, "since": s.since} for s in told.steps]
    head = {"person": told.person, "document": told.document, "may_read": told.allowed, "reason": told.reason}
    document(head | names | {"steps": steps, "served": told.served})


@acl.command("who")
@command
def acl_who(document_id: Name, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """List the people who may read DOCUMENT now."""
    from acl.readers import readers_of
    from catalog.documents import get_document
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from catalog.version_access import served_list
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        row = get_document(session, find_tenant(session, tenant), document_id)
        served = served_list(session, row.key)
        labels = [] if row.retired or row.label is None or served is None else list({row.label, served})
        people = [name.name for name in readers_of(session, row.key.tenant_id, labels)]
    if as_json:
        document({"document": document_id, "served": bool(labels), "people": people})
        return
    nobody = "Nobody." if labels else "Nobody: nothing of this document is served."
    table(("person",), [(person,) for person in people], empty=nobody)


@acl.command("what")
@command
def acl_what(user: User, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """List the documents that USER may read now."""
    from acl.store import find_person, find_scope
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from catalog.version_access import served_lists
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        tenant_id = find_tenant(session, tenant)
        person = find_person(session, tenant_id, user)
        labels = find_scope(session, tenant_id, person).labels
        served = served_lists(session, tenant_id)
        found = [(name, source) for name, source, label, own in served if label in labels and own in labels]
    if as_json:
        document({"person": f"user:{person.name}", "documents": [{"document": name, "source": s} for name, s in found]})
        return
    table(("document", "source"), found, empty="None.")


@acl.command("set")
@command
def acl_set(
    document_id: Name,
    allow: Principals = None,
    deny: Principals = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody may read it.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Say who may read DOCUMENT, instead of its source and through every later run. `acl unset` takes it back."""
    if bool(allow) == nobody:
        raise typer.BadParameter("give --allow P, as often as needed, or --nobody")
    _set(document_id, tenant, allow or [], deny or [], as_json)


@acl.command("unset")
@command
def acl_unset(document_id: Name, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Let the source of DOCUMENT say again who may read it."""
    _set(document_id, tenant, None, [], as_json)


def _set(name: str, tenant: str, allow: list[str] | None, deny: list[str], as_json: bool) -> None:
    from acl.principal import parse
    from flows.wiring import open_tools
    from ingest.set_access import Operators, set_list

    given = None if allow is None else Operators([parse(p) for p in allow], [parse(p) for p in deny])
    with_home()
    with open_tools() as tools:
        warnings = set_list(tools, tenant, name, given)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    body = {"document": name, "set": given is not None, "warnings": warnings}
    if given is not None:
        body |= {"allow": sorted(map(str, given.allow)), "deny": sorted(map(str, given.deny))}
    if as_json:
        document(body)
    elif given is None:
        print(f"{name}: its source says again who may read it.")
    else:
        denied = f"; denied: {', '.join(map(str, given.deny))}" if given.deny else ""
        print(f"{name}: {', '.join(map(str, given.allow)) or 'nobody'} may read it{denied}. In force now.")
