"""For data engineers: run ingestion, see how it stands, try again what could not be used."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.answer import DEFAULT, FAILED, QUARANTINED, Json, Tenant, command, document, table, with_home

if TYPE_CHECKING:
    from catalog.runs import QuarantinedFile

STALE_SHOWN = 10
RECALL_DAYS = 30

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


@command
def status(tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """What the tenant holds, its latest runs, and what is still served as an earlier pipeline read it."""
    from catalog.ids import utc_now
    from catalog.recall import recall_since
    from catalog.runs import count_documents, last_runs
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from catalog.versions import stale_documents
    from flows.wiring import open_catalog, policy_ids, readings

    with open_catalog() as catalog, transaction(catalog) as session:
        tenant_id = open_tenant(session, tenant)
        holds = count_documents(session, tenant_id)
        runs = last_runs(session, tenant_id)
        stale = stale_documents(session, tenant_id, readings())
        recall = recall_since(session, tenant_id, utc_now().date() - timedelta(days=RECALL_DAYS - 1))
    policies = policy_ids()
    if as_json:
        shown = [{"run_id": r.id, "source": r.source, "started_at": r.started_at, "finished_at": r.finished_at} for r in runs]
        reports = [dict(r.report) for r in runs]
        told = [a | {"report": b} for a, b in zip(shown, reports, strict=True)]
        measured = {"questions": recall.questions, "recall@10": None if recall.share is None else round(recall.share, 4)}
        told_besides = {"redaction_policies": policies, "search": measured}
        document({"tenant": tenant, "holds": holds, "stale": stale, "runs": told, **told_besides})
        return
    table(("what", "count"), list(holds.items()))
    print()
    table(
        ("source", "started", "finished", "indexed", "quarantined"),
        [(r.source, r.started_at, r.finished_at, _ended(r.report, "indexed"), _ended(r.report, "quarantined")) for r in runs],
        empty="No runs yet. `portcullis ingest PATH` makes one.",
    )
    print("\nRedaction policy in force: " + "; ".join(f"{of}: {id_}" if of else id_ for of, id_ in policies.items()))
    if recall.share is not None:
        print(f"\nRecall of the ten nearest, {recall.questions} sampled questions of {RECALL_DAYS} days: {recall.share:.4f}.")
    if stale:
        print("\nServed as an earlier pipeline read them; ingest their sources, with the files in place:")
        for name in stale[:STALE_SHOWN]:
            print(f"  {name}")
        if len(stale) > STALE_SHOWN:
            print(f"  and {len(stale) - STALE_SHOWN} more (--json names all)")


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


def _ended(report: Mapping[str, Any], how: str) -> Any:
    return report.get("documents", {}).get(how)


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
