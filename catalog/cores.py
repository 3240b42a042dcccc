"""How many processors this process may use. It stands below the rooms that share the work out: models, names, OCR."""

from __future__ import annotations

import math
import os
from functools import cache
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


@cache
def cores(cgroup: Path = CGROUP) -> int:
    """At least one: those that the system lets it run on, and no more than a container's share of time amounts to.

    Source: the kernel's `cgroup-v2.rst` (`cpu.max`: quota and period in microseconds, or `max`) and `sched-bwc.rst` (version 1).
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(here, _share(cgroup))))


def _share(cgroup: Path) -> float:
    """Whole processors' worth of time; infinite where nothing limits it."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            quota, period = " ".join((cgroup / name).read_text("ascii") for name in names).split()
            return int(quota) / int(period) if quota not in ("max", "-1") else math.inf
        except (OSError, ValueError, ZeroDivisionError):
            continue
    return math.inf
