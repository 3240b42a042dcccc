"""prefect.yaml and the flows agree: what it deploys exists, takes those parameters, and is due at times Prefect understands."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_its_flow_takes_its_parameters(deployment: dict[str, Any]) -> None:
    module, _, name = deployment["entrypoint"].rpartition(".")
    tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text())
    (flow,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    arguments = [argument.arg for argument in flow.args.args]
    required = arguments[: len(arguments) - len(flow.args.defaults)]
    assert set(required) <= set(deployment["parameters"]) <= set(arguments)
    assert any(isinstance(d, ast.Call) and getattr(d.func, "id", "") == "flow" for d in flow.decorator_list)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_it_is_due_at_times_and_once_at_a_time(deployment: dict[str, Any]) -> None:
    assert [len(schedule["cron"].split()) for schedule in deployment["schedules"]] == [5]
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert deployment["work_pool"]["name"] == "portcullis"
