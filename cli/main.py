"""`portcullis`. One file for each kind of user; nothing heavy is imported before a command runs."""

from __future__ import annotations

import typer

from cli import (
    access,
    administrator,
    application,
    audit,
    demo,
    engineer,
    erasure,
    evaluate,
    keys,
    privacy,
    replay,
    request_log,
    sources,
    status,
    versions,
)

app = typer.Typer(
    name="portcullis",
    help="Documents in, permitted context out: nobody's question finds what that person may not read.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

for name, room in (
    ("ingest", engineer.ingest),
    ("status", status.status),
    ("verify", engineer.verify),
    ("rebuild", engineer.rebuild),
):
    app.command(name)(room)
app.add_typer(engineer.quarantine, name="quarantine")
app.add_typer(engineer.engine, name="engine")
app.command("versions")(versions.versions)
app.command("pin")(versions.pin)
app.command("release")(versions.release)
app.command("duplicates")(versions.duplicates)
app.add_typer(versions.conflicts, name="conflicts")
app.add_typer(sources.sources, name="sources")

app.command("search")(application.search)
app.command("serve")(application.serve)

for name, group in (
    ("groups", administrator.groups),
    ("acl", access.acl),
    ("keys", keys.keys),
    ("tenants", administrator.tenants),
    ("audit", audit.audit),
    ("request-log", request_log.request_log),
    ("feedback", request_log.feedback),
):
    app.add_typer(group, name=name)
app.command("scim")(administrator.scim)
app.command("replay")(replay.replay)

app.command("forget")(erasure.forget)
app.command("expire")(erasure.expire)

app.command("redact")(privacy.redact)
app.add_typer(privacy.vault, name="vault")

app.add_typer(evaluate.evaluate, name="eval")

app.command("demo")(demo.demo)
