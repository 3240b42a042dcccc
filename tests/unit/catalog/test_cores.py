"""Work is shared out among the processors that are ours, not among those of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalog.cores import cores

HERE = len(os.sched_getaffinity(0))
NEW, OLD = ("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


@pytest.mark.parametrize(
    ("names", "told", "expected"),
    [
        (NEW, ["100000 100000"], 1),
        (NEW, ["50000 100000"], 1),
        (NEW, ["150000 100000\n"], min(2, HERE)),
        (NEW, ["max 100000"], HERE),
        (NEW, ["6400000 100000"], HERE),
        (OLD, ["100000\n", "100000\n"], 1),
        (OLD, ["-1\n", "100000\n"], HERE),
        (NEW, [""], HERE),
        (NEW, ["1 0"], HERE),
        (NEW, ["0 100000"], 1),
        ((), [], HERE),
    ],
)
def test_a_containers_share_counts(names: tuple[str, ...], told: list[str], expected: int, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    for name, words in zip(names, told, strict=True):
        (tmp_path / name).write_text(words)
    assert cores(tmp_path) == expected


def test_one_of_several_processors_is_one(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert cores(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, allowed)
