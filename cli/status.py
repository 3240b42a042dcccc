"""`portcullis status`: what a tenant holds, how its runs went, and what its questions took and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table

if TYPE_CHECKING:
    from catalog.recall import Recall
    from catalog.runs import RunRow
    from cli.usage import Prices, Row

STALE_SHOWN = 10
RECALL_DAYS = 30
OF_ALL = "24h"


@command
def status(
    since: Annotated[
        str | None, typer.Option(metavar="3h|30d", help="How far back requests count. Default: 1h, 24h and 7d.")
    ] = None,
    every: Annotated[bool, typer.Option("--all-tenants", help="Show what requests took and cost, of every tenant.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """What the tenant holds, its latest runs, what its requests took and cost, what is still served as it was read before."""
    from cli.usage import windows

    if every:
        _every_tenant(windows(since or OF_ALL), as_json)
    else:
        _one_tenant(tenant, windows(since), as_json)


def _every_tenant(chosen: Sequence[str], as_json: bool) -> None:
    from catalog.session import reading
    from catalog.tenants import tenant_names
    from cli.usage import usage_body, usage_rows
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        found = usage_rows(session, chosen)
        named = {name: found.get(id_, []) for id_, name in tenant_names(session).items()}
    if as_json:
        document({"tenants": [{"tenant": name, "usage": usage_body(rows, _prices())} for name, rows in named.items()]})
    else:
        _show_usage(named, tenants=True)


def _one_tenant(tenant: str, chosen: Sequence[str], as_json: bool) -> None:
    from catalog.ids import utc_now
    from catalog.recall import recall_since
    from catalog.runs import count_documents, last_runs
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from catalog.versions import stale_documents
    from cli.usage import usage_body, usage_rows
    from flows.wiring import open_catalog, policy_ids, readings

    with open_catalog() as catalog, transaction(catalog) as session:
        tenant_id = open_tenant(session, tenant)
        holds = count_documents(session, tenant_id)
        runs = last_runs(session, tenant_id)
        stale = stale_documents(session, tenant_id, readings())
        recall = recall_since(session, tenant_id, utc_now().date() - timedelta(days=RECALL_DAYS - 1))
        rows = usage_rows(session, chosen, tenant_id).get(tenant_id, [])
    policies = policy_ids()
    if as_json:
        measured = {"questions": recall.questions, "recall@10": None if recall.share is None else round(recall.share, 4)}
        besides = {"redaction_policies": policies, "search": measured, "usage": usage_body(rows, _prices())}
        document({"tenant": tenant, "holds": holds, "stale": stale, "runs": [_told(run) for run in runs], **besides})
        return
    table(("what", "count"), list(holds.items()))
    print()
    table(
        ("source", "started", "finished", "indexed", "quarantined"),
        [(r.source, r.started_at, r.finished_at, _ended(r.report, "indexed"), _ended(r.report, "quarantined")) for r in runs],
        empty="No runs yet. `portcullis ingest PATH` makes one.",
    )
    if rows:
        print()
        _show_usage({tenant: rows}, tenants=False)
    print("\nRedaction policy in force: " + "; ".join(f"{of}: {id_}" if of else id_ for of, id_ in policies.items()))
    _show_recall(recall)
    _show_stale(stale)


def _prices() -> Prices:
    from cli.usage import Prices
    from retrieval.settings import RetrievalSettings

    settings = RetrievalSettings()
    return Prices(settings.price_per_million_tokens, settings.price_per_thousand_model_calls, settings.price_currency)


def _show_usage(named: Mapping[str, Sequence[Row]], *, tenants: bool) -> None:
    from cli.usage import usage_table

    table(*usage_table(named, _prices(), tenants=tenants), empty="Nobody asked anything in that time.")


def _show_recall(recall: Recall) -> None:
    if recall.share is not None:
        print(f"\nRecall of the ten nearest, {recall.questions} sampled questions of {RECALL_DAYS} days: {recall.share:.4f}.")


def _show_stale(stale: Sequence[str]) -> None:
    if not stale:
        return
    print("\nServed as an earlier pipeline read them; ingest their sources, with the files in place:")
    for name in stale[:STALE_SHOWN]:
        print(f"  {name}")
    if len(stale) > STALE_SHOWN:
        print(f"  and {len(stale) - STALE_SHOWN} more (--json names all)")


def _told(run: RunRow) -> dict[str, Any]:
    times = {"started_at": run.started_at, "finished_at": run.finished_at}
    return {"run_id": run.id, "source": run.source, **times, "report": dict(run.report)}


def _ended(report: Mapping[str, Any], how: str) -> Any:
    return report.get("documents", {}).get(how)
