"""The flow that applies a snapshot of people and groups: what `portcullis groups apply` runs and what a schedule fires.

Imports Prefect: prepare the environment first. The parameter is where the snapshot lies, not what it says.
"""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.artifacts import record_sync
from flows.errors import told_by_place
from flows.unsaid import Unsaid


@flow(name="sync-groups", persist_result=False, result_serializer=Unsaid())
def sync_groups(snapshot: str, tenant: str = "default", yes: bool = False) -> dict[str, Any]:
    """Apply the snapshot at the path or URL `snapshot`; gives the body of `groups apply --json`. Unless `yes` the brake holds."""
    with told_by_place():
        from flows.groups import apply_groups
        from flows.wiring import open_catalog

        with open_catalog() as catalog:
            body = apply_groups(catalog, tenant, snapshot, yes=yes)
        record_sync(tenant, body)
        return body
