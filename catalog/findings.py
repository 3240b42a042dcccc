"""What redaction found in a version: which kinds, by which recognizers, how often, under which policy. No values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`kind` is Presidio's entity type; `recognizer` is empty in what was recorded before recognizers were."""

    kind: str
    recognizer: str
    count: int


@dataclass(frozen=True, slots=True)
class Findings:
    """`policy` is the id of the policy that was in force, empty where none was recorded. `found` is sorted."""

    policy: str = ""
    found: tuple[Finding, ...] = ()

    def described(self) -> dict[str, Any]:
        """For the catalog's row and for `--json`."""
        found = [{"kind": f.kind, "recognizer": f.recognizer, "count": f.count} for f in self.found]
        return {"policy": self.policy, "found": found}


def read_findings(row: Mapping[str, Any]) -> Findings:
    """What `described` gave; also the plain counts by kind that were recorded before it."""
    if "found" in row:
        return Findings(row["policy"], tuple(Finding(f["kind"], f["recognizer"], f["count"]) for f in row["found"]))
    return Findings(found=tuple(Finding(kind, "", count) for kind, count in sorted(row.items())))
