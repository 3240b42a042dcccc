"""`portcullis groups`: snapshots through a real Prefect flow into a real catalog."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.server import find_server
from tests.flows.conftest import Portcullis, Prefect

pytestmark = pytest.mark.slow

SNAPSHOT = {
    "sequence": 7,
    "users": [{"id": "ana", "active": True}, {"id": "ben", "active": True}],
    "groups": [{"id": "leads", "members": ["user:ana", "group:chairs"]}, {"id": "chairs", "members": ["user:ben"]}],
}


def test_a_snapshot_is_shown_applied_and_then_changes_nothing(
    portcullis: Portcullis, tenant: str, tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps(SNAPSHOT))
    words = (str(file), "--tenant", tenant, "--json")

    shown = json.loads(portcullis("groups", "diff", *words).stdout)
    assert shown["changes"]["memberships_added"] == 3
    assert shown["names"]["people_added"] == ["user:ana", "user:ben"]

    applied = portcullis("groups", "apply", *words)
    assert applied.returncode == 0, applied.stderr
    assert applied.stderr == "", "Prefect talks to the person at the terminal"
    assert json.loads(applied.stdout)["changes"] == shown["changes"], "diff and apply disagree"
    again = portcullis("groups", "apply", "-", *words[1:], stdin=json.dumps(SNAPSHOT))
    assert not any(json.loads(again.stdout)["changes"].values())
    assert not list(home.glob("snapshot-*")), "standard input was laid down and left"

    server = find_server(home)
    assert server is not None
    prefect = Prefect(server)
    runs = prefect.runs_of(tenant)
    assert [run["state_type"] for run in runs] == ["COMPLETED", "COMPLETED"]
    assert "ana" not in json.dumps([run["parameters"] for run in runs]), "parameters are places, not contents"
    artifacts = [a for a in prefect.ask("artifacts") if a["flow_run_id"] == runs[0]["id"]]
    assert [(a["type"], a["key"][:7]) for a in artifacts] == [("table", "groups-")]
    assert {"what": "people_added", "count": 2} in json.loads(artifacts[0]["data"])


def test_an_older_snapshot_is_refused_and_the_run_ends_failed(
    portcullis: Portcullis, tenant: str, tmp_path: Path, home: Path
) -> None:
    for sequence, code in ((7, 0), (6, 1)):
        file = tmp_path / f"{sequence}.json"
        file.write_text(json.dumps(SNAPSHOT | {"sequence": sequence, "users": []} if sequence == 6 else SNAPSHOT))
        done = portcullis("groups", "apply", str(file), "--tenant", tenant, "--json")
        assert done.returncode == code
    assert json.loads(done.stdout)["error"]["code"] == "stale_snapshot"
    assert done.stderr.startswith("error[stale_snapshot]: ")
    assert done.stderr.count("\n") == 1
    server = find_server(home)
    assert server is not None
    assert [run["state_type"] for run in Prefect(server).runs_of(tenant)] == ["COMPLETED", "FAILED"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "snapshot_missing"), ("{", "bad_snapshot"), ('{"sequence": 1}', "bad_snapshot"), ("", "bad_snapshot")],
)
def test_a_snapshot_that_cannot_be_used_changes_nothing(
    portcullis: Portcullis, tmp_path: Path, content: str | None, code: str
) -> None:
    file = tmp_path / "people.json"
    if content is not None:
        file.write_text(content)
    done = portcullis("groups", "diff", str(file), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == code
