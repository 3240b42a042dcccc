"""What a run leaves in Prefect for people to look at: one table of counts. Names and numbers, no texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SHOWN_FILES = 50


def record_ingestion(report: Mapping[str, Any]) -> None:
    """A table artifact `ingest-SOURCE` from the body of `ingest --json`."""
    table = [{"what": f"documents {status}", "count": count} for status, count in report["documents"].items()]
    table += [{"what": f"chunks {what}", "count": count} for what, count in report["chunks"].items()]
    refused = [f for f in report["files"] if f["status"] == "quarantined"]
    lines = [f"Source `{report['source']}` in {report['seconds']} s."]
    if refused:
        lines.append(f"{len(refused)} quarantined:" if len(refused) <= SHOWN_FILES else f"{len(refused)} quarantined, of which:")
        lines += [f"- `{f['path']}`: {f['reason']}" for f in refused[:SHOWN_FILES]]
    _record(artifact_key("ingest", report["source"]), table, "\n".join(lines))


def record_sync(tenant: str, report: Mapping[str, Any]) -> None:
    """A table artifact `groups-TENANT` from the body of `groups apply --json`."""
    table = [{"what": what, "count": count} for what, count in report["changes"].items()]
    _record(artifact_key("groups", tenant), table, f"People and groups of tenant `{tenant}`.")


def record_expiry(tenant: str, report: Mapping[str, Any]) -> None:
    """A table artifact `expire-TENANT` from the body of `expire --json`: counts, since what is erased is named nowhere."""
    table = [{"what": what, "count": report[what]} for what in ("documents", "versions")]
    state = "searched and clean" if report["clean"] else "not clean, or a source was busy: see `portcullis expire --dry-run`"
    _record(artifact_key("expire", tenant), table, f"Past their time in tenant `{tenant}`: {state}.")


def artifact_key(kind: str, name: str) -> str:
    """Prefect's keys hold lower-case letters, digits and dashes: `name` as far as it can be written so."""
    return f"{kind}-{re.sub(r'[^a-z0-9]+', '-', name.casefold()).strip('-')}"[:200].rstrip("-")


def _record(key: str, table: list[dict[str, Any]], description: str) -> None:
    from prefect.artifacts import create_table_artifact

    create_table_artifact(table=table, key=key, description=description)
