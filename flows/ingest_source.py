"""The flow that ingests one source: what `portcullis ingest` runs and what a schedule fires. Imports Prefect: prepare first.

Parameters are names, never texts: Prefect stores them. Results are not stored at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows.artifacts import record_ingestion
from flows.errors import told_by_place
from flows.progress import tell
from flows.settings import FlowsSettings
from flows.unsaid import Unsaid

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

    from ingest.report import BatchReport
    from ingest.run import Run, Tools


@flow(name="ingest-source", persist_result=False, result_serializer=Unsaid())
def ingest_source(
    path: str,
    tenant: str = "default",
    source: str | None = None,
    manifest: str | None = None,
    full: bool = False,
    yes: bool = False,
    retry: list[str] | None = None,
) -> dict[str, Any]:
    """Ingest the folder or URL `path`; gives the body of `ingest --json`. Raises what `ingest.errors` names.

    The paths in `retry` are read again although nothing about them changed.
    """
    with told_by_place():
        from flows.erasing import forget_again
        from flows.wiring import open_tools
        from ingest.pipeline import abandon, begin, finish
        from ingest.run import Request

        request = Request(tenant, path, source, manifest, full=full, yes=yes, retry=frozenset(retry or ()))
        with open_tools() as tools:
            forgotten = forget_again(tools, tenant, str(flow_run.get_id()))
            run = begin(tools, request, UUID(str(flow_run.get_id())))
            try:
                reports = _all_batches(tools, run)
                report = finish(tools, run, reports)
            except BaseException:
                abandon(tools, run)
                raise
        body: dict[str, Any] = report.as_json()
        body["warnings"] += [f"forgotten again, since a restore or a crash had left it: {name}" for name in forgotten]
        record_ingestion(body)
        return body


def _all_batches(tools: Tools, run: Run) -> list[BatchReport]:
    step = _batch_task(tools, run)
    total = sum(len(batch.files) for batch in run.batches)
    reports: list[BatchReport] = []
    done = 0
    tell(done, total)
    for number, batch in enumerate(run.batches):
        reports.append(step(number))
        done += len(batch.files)
        tell(done, total)
    return reports


def _batch_task(tools: Tools, run: Run) -> Task[[int], BatchReport]:
    """A task that is called with a batch's number: what it works with stays in this process and out of Prefect's sight."""
    settings = FlowsSettings()

    def ingest_batch(number: int) -> BatchReport:
        from ingest import pipeline

        with told_by_place():
            return pipeline.ingest_batch(tools, run, run.batches[number])

    return task(
        name="ingest-batch",
        task_run_name="batch-{number}",
        persist_result=False,
        cache_policy=NO_CACHE,
        retries=settings.batch_retries,
        retry_delay_seconds=[settings.batch_retry_seconds * 2**n for n in range(settings.batch_retries)],
        retry_condition_fn=_may_help,
    )(ingest_batch)


def _may_help(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again can help: a dead service may come back, a bad manifest stays bad."""
    from catalog.errors import PortcullisError

    error = state.result(raise_on_failure=False)
    return isinstance(error, PortcullisError) and error.retryable
