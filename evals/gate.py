"""Whether retrieval got worse since a saved result: `portcullis eval gate`.

A measure fell when the interval of its change lies below zero. There are several measures, so each is held to its share of one
chance in twenty (Bonferroni): a gate that cries wolf is switched off.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from catalog.errors import PortcullisError
from evals.means import Change, Mean, paired, unpaired
from evals.measures import MEASURES
from evals.retrieval import DIGITS, Each, Report
from retrieval.query import Mode

LEVEL = 1 - 0.05 / len(MEASURES)


class BadBaseline(PortcullisError):
    code = "bad_baseline"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} {why}. Make one with `portcullis eval retrieval DIR --json > FILE`.")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A saved result. `each` is empty where it was saved without its questions: then nothing can be paired."""

    metrics: dict[str, Mean]
    queries: int
    folder: Path | None
    mode: Mode
    each: Each


def read_baseline(file: Path) -> Baseline:
    """Raises `BadBaseline`."""
    try:
        told: Any = json.loads(file.read_text(encoding="utf-8"))
        metrics = {name: Mean(*(float(m[part]) for part in ("mean", "low", "high"))) for name, m in told["metrics"].items()}
        each = {str(q): {str(name): float(v) for name, v in values.items()} for q, values in told.get("each", {}).items()}
        folder, mode = told.get("set", {}).get("folder"), told.get("mode", "hybrid")
        if not metrics.keys() & set(MEASURES) or mode not in get_args(Mode):
            raise ValueError
        return Baseline(metrics, int(told["queries"]), None if folder is None else Path(folder), cast(Mode, mode), each)
    except OSError as error:
        raise BadBaseline(file, f"cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadBaseline(file, "is no saved result") from None


def compare(baseline: Baseline, now: Report) -> dict[str, Change]:
    """What became of each measure that the baseline holds: over the questions that both asked, where it tells them singly."""
    changes = {}
    for name in (name for name in MEASURES if name in baseline.metrics):
        before = {query: values[name] for query, values in baseline.each.items() if name in values}
        after = {query: round(values[name], DIGITS) for query, values in now.each.items()}  # as they are saved
        if before.keys() & after.keys():
            changes[name] = paired(before, after, LEVEL)
        else:
            changes[name] = unpaired(baseline.metrics[name], list(after.values()), LEVEL)
    return changes
