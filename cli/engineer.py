"""For data engineers: run ingestion, see how it stands, try again what could not be used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.answer import DEFAULT, FAILED, QUARANTINED, Json, Tenant, command, document, table, with_home

if TYPE_CHECKING:
    from catalog.runs import QuarantinedFile

quarantine = typer.Typer(invoke_without_command=True)
engine = typer.Typer(help="The processes that Portcullis starts on first use.", no_args_is_help=True)


@command
def ingest(
    path: Annotated[str, typer.Argument(metavar="PATH|URL", help="A folder, a file, or a URL that fsspec opens.")],
    source: Annotated[str | None, typer.Option(help="The name of the source. Default: the last part of PATH.")] = None,
    manifest: Annotated[str | None, typer.Option(help="The manifest. Default: manifest.jsonl in PATH, if it is there.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read every file again, unchanged ones too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Go on although many documents would disappear.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Ingest a folder: new and changed files are indexed, vanished ones retired."""
    from cli.flow_runs import run_ingestion

    report = run_ingestion(path=path, tenant=tenant, source=source, manifest=manifest, full=full, yes=yes)
    if as_json:
        document(report)
    else:
        _show_report(report)
    if _refused(report):
        raise typer.Exit(QUARANTINED)


@quarantine.callback()
@command
def list_quarantined(context: typer.Context, tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Files that could not be used, each with its reason. Without a subcommand: list them."""
    if context.invoked_subcommand is not None:
        return
    found = _quarantined(tenant)
    if as_json:
        keys = ("source", "path", "reason", "detail", "seen_at")
        document({"files": [{key: getattr(file, key) for key in keys} for file in found]})
        return
    rows = [(file.source, file.path, file.reason, file.detail) for file in found]
    table(("source", "path", "reason", "remedy"), rows, empty="No file is quarantined.")


@quarantine.command("retry")
@command
def retry(
    manifest: Annotated[str | None, typer.Option(help="The manifest, when it does not lie beside the files.")] = None,
    source: Annotated[str | None, typer.Option(help="Only the files of this source.")] = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Ingest the sources of quarantined files again, and read those files although nothing about them changed."""
    from catalog.session import transaction
    from catalog.sources import list_sources
    from catalog.tenants import open_tenant
    from cli.flow_runs import run_ingestion
    from flows.wiring import open_catalog

    paths: dict[str, list[str]] = {}
    for file in _quarantined(tenant):
        if source in (None, file.source):
            paths.setdefault(file.source, []).append(file.path)
    with open_catalog() as catalog, transaction(catalog) as session:
        roots = {s.name: s.root for s in list_sources(session, open_tenant(session, tenant))}
    reports = [
        run_ingestion(path=roots[name], tenant=tenant, source=name, manifest=manifest, retry=files)
        for name, files in paths.items()
    ]
    if as_json:
        document({"runs": reports})
    elif not reports:
        print("No file is quarantined.")
    else:
        for report in reports:
            _show_report(report)
    if any(_refused(report) for report in reports):
        raise typer.Exit(QUARANTINED)


@command
def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Make the index what the catalog says.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Hold catalog and index against each other; exit 1 where they differ or a restore undid a `forget`, if not mended."""
    from uuid import uuid4

    from flows.environment import prepare

    prepare(with_home())
    from flows.erasing import forget_again, wire_eraser
    from flows.wiring import open_tools
    from ingest import verify as verification
    from ingest.again import outstanding

    with open_tools() as tools:
        back = [d.name for one in outstanding(wire_eraser(tools.catalog, tools.index), tenant) for d in one.documents]
        if repair and back:
            forget_again(tools, tenant, str(uuid4()))
        found, mended = verification.run(tools, tenant, str(uuid4()), repair=repair)
    if as_json:
        document({"differences": found, "repaired": mended is not None, "embedded": mended or 0, "came_back": back})
    elif back:
        table(("forgotten before", "state"), [(name, "forgotten again" if repair else "to be forgotten") for name in back])
        print("A backup was restored, or forgetting was cut off." + ("" if repair else " `portcullis verify --repair` mends it."))
    if as_json:
        pass
    elif not any(found.values()):
        print("Catalog and index agree.")
    else:
        table(("points", "count"), list(found.items()))
        print("Not repaired: `portcullis verify --repair` does it." if mended is None else f"Repaired, {mended} texts embedded.")
    if (any(found.values()) and mended is None) or (back and not repair):
        raise typer.Exit(FAILED)


@command
def rebuild(
    patience: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="How long to wait for runs that write.")] = 3600.0,
    as_json: Json = False,
) -> None:
    """Make the index anew with the model that INDEX_MODEL names, for every tenant, while the old one serves; then switch."""
    from dataclasses import asdict
    from uuid import uuid4

    from cli.progress import bar
    from flows.environment import prepare

    prepare(with_home())
    from flows.wiring import open_tools
    from ingest.rebuild import rebuild as rebuild_index

    with open_tools(rebuilding=True) as tools, bar("embedding", "chunks") as tell:
        done = rebuild_index(tools, str(uuid4()), patience_seconds=patience, on_progress=lambda made: tell(made.done, made.total))
    if as_json:
        document(asdict(done))
        return
    if done.switched:
        print(f"{done.collection} serves now: {done.points} points, {done.embedded} texts embedded, {done.seconds:.1f} s.")
    else:
        print(f"{done.collection} serves: it was made by the model that INDEX_MODEL names.")
    for name in done.dropped:
        print(f"dropped: {name}")


@engine.command("stop")
@command
def stop(as_json: Json = False) -> None:
    """End the index engine and the local Prefect server, whoever uses them. The next use starts them again."""
    from flows.server import stop_server
    from index.launch import stop_engine
    from index.settings import IndexSettings

    stopped = {"prefect_stopped": stop_server(with_home()), "index_stopped": stop_engine(IndexSettings().data_dir())}
    if as_json:
        document(stopped)
        return
    for name, key in (("Index engine", "index_stopped"), ("Prefect server", "prefect_stopped")):
        print(f"{name}: {'stopped' if stopped[key] else 'was not running'}")


def _quarantined(tenant: str) -> list[QuarantinedFile]:
    from catalog.runs import list_quarantine
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        return list_quarantine(session, open_tenant(session, tenant))


def _refused(report: Mapping[str, Any]) -> int:
    """Files that ended in the quarantine, those inside others too."""
    return int(report["documents"]["quarantined"] + report["children"]["quarantined"])


def _show_report(report: Mapping[str, Any]) -> None:
    counts = {
        **report["documents"],
        **{f"{what} inside files": count for what, count in report["children"].items()},
        **{f"chunks {what}": count for what, count in report["chunks"].items()},
    }
    files = sum(count for what, count in report["documents"].items() if what != "retired")
    print(f"{report['source']}: {files} files in {report['seconds']:.1f} s")
    table(("what", "count"), [(what, count) for what, count in counts.items() if count])
    refused = [f for f in report["files"] if f["status"] == "quarantined"]
    if refused:
        print()
        table(("quarantined", "reason", "remedy"), [(f["path"], f["reason"], f.get("detail")) for f in refused])
    for file in report["files"]:
        if file.get("warning"):
            print(f"warning: {file['path']}: {file['warning']}", file=sys.stderr)
    for warning in report.get("warnings", ()):
        print(f"warning: {warning}", file=sys.stderr)
