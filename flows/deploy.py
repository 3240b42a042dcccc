"""Serve the flows on cron schedules from this process: `python -m flows.deploy --ingest PATH --cron "0 * * * *"`.

With the local Prefect server, or with the one that `PREFECT_API_URL` names. Each run is a process of its own.
A run that is due while the one before still goes is left out. Work pools instead of this process: see `prefect.yaml`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.errors import PortcullisError
from catalog.ids import DEFAULT_TENANT

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment


@dataclass(frozen=True, slots=True)
class Schedule:
    """What to run, under which name, with which parameters, and when (cron, UTC)."""

    flow: str  # ingest_source | sync_groups | expire
    name: str
    parameters: dict[str, Any]
    cron: str


def main(
    ingest: Annotated[str | None, typer.Option(help="The folder or URL to ingest.")] = None,
    cron: Annotated[str, typer.Option(help="When to ingest: cron, in UTC.")] = "0 * * * *",
    source: Annotated[str | None, typer.Option(help="The name of the source; default: the last part of the path.")] = None,
    manifest: Annotated[str | None, typer.Option(help="The manifest, when it does not lie beside the files.")] = None,
    groups: Annotated[str | None, typer.Option(help="The snapshot of people and groups to apply.")] = None,
    groups_cron: Annotated[str, typer.Option(help="When to apply it: cron, in UTC.")] = "*/15 * * * *",
    retention: Annotated[str | None, typer.Option(help="The rules of retention to apply.")] = None,
    retention_cron: Annotated[str, typer.Option(help="When to apply them: cron, in UTC.")] = "30 3 * * *",
    tenant: Annotated[str, typer.Option(help="The tenant of all of them.")] = DEFAULT_TENANT,
) -> None:
    """Serve ingestion, group sync and retention on their schedules until stopped."""
    from flows.location import absolute

    schedules: list[Schedule] = []
    try:
        if ingest is not None:
            parameters = {
                "path": absolute(ingest),
                "tenant": tenant,
                "source": source,
                "manifest": None if manifest is None else absolute(manifest),
            }
            schedules.append(Schedule("ingest_source", f"{tenant}-{source or 'ingest'}", parameters, cron))
        if groups is not None:
            schedules.append(
                Schedule("sync_groups", f"{tenant}-groups", {"snapshot": absolute(groups), "tenant": tenant}, groups_cron)
            )
        if retention is not None:
            schedules.append(
                Schedule("expire", f"{tenant}-expire", {"rules": absolute(retention), "tenant": tenant}, retention_cron)
            )
        if not schedules:
            raise typer.BadParameter("nothing to serve: give --ingest PATH, --groups FILE, --retention FILE or several")
        serve(schedules)
    except PortcullisError as error:
        print(f"error[{error.code}]: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(1) from None


def serve(schedules: Sequence[Schedule]) -> None:
    """Register the schedules and run what falls due, until interrupted. Raises `ServerUnavailable`."""
    from catalog.settings import home
    from flows.environment import prepare
    from flows.server import use_server, wait_until_ready
    from flows.settings import FlowsSettings

    prepare(home())
    server = use_server(home(), FlowsSettings().server_idle_seconds)
    from prefect import serve as serve_deployments

    if server is not None:
        wait_until_ready(server, home())
    serve_deployments(*(_deployment(s) for s in schedules), print_starting_message=False)


def _deployment(schedule: Schedule) -> RunnerDeployment:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    from flows.expire import expire
    from flows.ingest_source import ingest_source
    from flows.sync_groups import sync_groups

    flow: Any = {"ingest_source": ingest_source, "sync_groups": sync_groups, "expire": expire}[schedule.flow]
    deployment: RunnerDeployment = flow.to_deployment(
        name=schedule.name,
        cron=schedule.cron,
        parameters=schedule.parameters,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return deployment


if __name__ == "__main__":
    typer.run(main)
