"""The gate sees a fall that chance does not explain, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from evals.gate import BadBaseline, compare, read_baseline
from evals.means import mean, paired, unpaired
from evals.measures import MEASURES
from evals.retrieval import Report


def report(values: list[float], folder: Path = Path("set")) -> Report:
    return Report(folder, "hybrid", 3, {f"q{n}": dict.fromkeys(MEASURES, value) for n, value in enumerate(values)})


def saved(file: Path, told: Report, *, each: bool = True) -> Path:
    body = told.described()
    file.write_text(json.dumps(body if each else {"metrics": body["metrics"], "queries": body["queries"]}))
    return file


def spread(count: int, seed: int = 1) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).uniform(0, 1, count)]


def test_an_interval_is_that_of_the_normal_for_many_values() -> None:
    values = spread(2000)
    found, error = mean(values), float(np.std(values)) / 2000**0.5
    assert (found.low, found.high) == pytest.approx((found.mean - 1.96 * error, found.mean + 1.96 * error), abs=error / 4)
    assert mean(values) == found


def test_the_same_answers_hold(tmp_path: Path) -> None:
    values = spread(50)
    changes = compare(read_baseline(saved(tmp_path / "b.json", report(values))), report(values))
    assert tuple(changes) == MEASURES
    assert all(c.paired and not c.fell and c.change.mean == 0 for c in changes.values())


def test_a_small_fall_of_every_question_is_seen_where_they_can_be_paired(tmp_path: Path) -> None:
    values = spread(200)
    lower = report([value - 0.01 for value in values])
    pairs = compare(read_baseline(saved(tmp_path / "b.json", report(values))), lower)
    alone = compare(read_baseline(saved(tmp_path / "m.json", report(values), each=False)), lower)
    assert all(c.paired and c.fell for c in pairs.values())
    assert not any(c.paired or c.fell for c in alone.values())


def test_a_large_fall_is_seen_in_any_case_and_a_rise_is_none(tmp_path: Path) -> None:
    values = spread(200)
    before = read_baseline(saved(tmp_path / "m.json", report(values), each=False))
    assert all(c.fell for c in compare(before, report([value / 2 for value in values])).values())
    assert not any(c.fell for c in compare(before, report([min(1, value * 1.5) for value in values])).values())


def test_a_few_questions_either_way_are_chance() -> None:
    before = {f"q{n}": value for n, value in enumerate(spread(200))}
    moved = before | {"q1": before["q1"] - 0.3, "q2": before["q2"] + 0.2}
    assert not paired(before, moved, 0.99).fell
    assert not unpaired(mean(list(before.values())), list(moved.values()), 0.99).fell


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"metrics": {}, "queries": 1}', '{"metrics": {"map": {"mean": 1}}}'])
def test_what_is_no_result_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "b.json").write_text(content)
    with pytest.raises(BadBaseline, match=r"b\.json is no saved result"):
        read_baseline(tmp_path / "b.json")
    with pytest.raises(BadBaseline, match="cannot be read"):
        read_baseline(tmp_path / "absent.json")
