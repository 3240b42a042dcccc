"""The flow that lets go of what is past its time: what `portcullis expire` runs and what a schedule fires.

Imports Prefect: prepare the environment first. The parameter is where the rules lie; what is erased is never named to Prefect.
"""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.runtime import flow_run

from flows.artifacts import record_expiry
from flows.errors import told_by_place
from flows.unsaid import Unsaid


@flow(name="expire", persist_result=False, result_serializer=Unsaid())
def expire(rules: str | None = None, tenant: str = "default", dry_run: bool = False, yes: bool = False) -> dict[str, Any]:
    """Let go of requests and turns that were kept long enough, and apply the retention rules in the file `rules` (default:
    INGEST_RETENTION); gives the body of `expire --json`."""
    with told_by_place():
        from catalog.ids import utc_now
        from catalog.lapse import lapse
        from catalog.session import transaction
        from catalog.tenants import find_tenant
        from flows.erasing import open_eraser, read_rules
        from ingest.expire import expire as expire_documents

        parsed = read_rules(rules)
        lapsed = {"requests": 0, "turns": 0}
        with open_eraser() as eraser:
            if not dry_run:
                with transaction(eraser.catalog) as write:
                    lapsed = lapse(write, find_tenant(write, tenant), utc_now())
            done = expire_documents(eraser, tenant, parsed, str(flow_run.get_id()), dry_run=dry_run, yes=yes)
        body = {**done.as_json(), "rules": len(parsed), "lapsed": lapsed}
        record_expiry(tenant, body)
        return body
