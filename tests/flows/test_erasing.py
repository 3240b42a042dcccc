"""`portcullis forget` and `expire` beside a running Prefect server: what it says of a document goes, and schedules name none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.search_files import search_files
from tests.flows.conftest import Portcullis, Prefect

pytestmark = pytest.mark.slow

REFUSED = "unreadable-cyclamen.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "plans"
    root.mkdir()
    (root / "access.yaml").write_text("allow: [everyone]\n")
    (root / "ferry.md").write_text("# Ferry\n\nThe ferry of the amaryllis leaves at nine.\n")
    (root / "quay.md").write_text("# Quay\n\nThe quay is closed on Mondays.\n")
    (root / REFUSED).write_text("")
    return root


def test_a_document_and_a_refused_file_leave_every_file_of_the_home(
    portcullis: Portcullis, tenant: str, folder: Path, home: Path
) -> None:
    words = ("--tenant", tenant, "--json")
    assert portcullis("ingest", str(folder), *words).returncode == 3
    assert search_files(home, [b"amaryllis"])
    assert search_files(home / "prefect", [REFUSED.encode()])
    for name in ("plans/ferry.md", f"plans/{REFUSED}"):
        done = portcullis("forget", name, *words)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["clean"]
    assert search_files(home, [b"amaryllis"]) == {}
    assert search_files(home / "prefect", [REFUSED.encode()]) == {}
    again = json.loads(portcullis("ingest", str(folder), *words).stdout)
    assert {f["path"]: f["reason"] for f in again["files"]} == {"ferry.md": "forgotten", REFUSED: "forgotten", "quay.md": None}
    assert portcullis("verify", *words).returncode == 0
    unknown = portcullis("forget", "plans/nothing.md", *words)
    assert (unknown.returncode, json.loads(unknown.stdout)["error"]["code"]) == (1, "unknown_document")
    assert portcullis("forget", "plans/ferry.md", "--lift", *words).returncode == 0


def test_what_is_past_its_time_goes_by_a_flow_that_names_nothing(
    portcullis: Portcullis, tenant: str, folder: Path, tmp_path: Path, prefect: Prefect, home: Path
) -> None:
    words = ("--tenant", tenant, "--json")
    (folder / REFUSED).unlink()
    lines = [{"path": "ferry.md", "modified_at": "2020-01-01T00:00:00Z"}, {"path": "quay.md"}]
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert portcullis("ingest", str(folder), *words).returncode == 0
    rules = tmp_path / "rules.yaml"
    unruled = json.loads(portcullis("expire", *words).stdout)
    assert (unruled["rules"], unruled["due"], unruled["lapsed"]) == (0, [], {"requests": 0, "turns": 0})
    missing = portcullis("expire", "--rules", str(rules), *words)
    assert (missing.returncode, json.loads(missing.stdout)["error"]["code"]) == (1, "bad_retention")
    rules.write_text("- sources: [plans]\n  documents_days: 365\n")
    due = json.loads(portcullis("expire", "--dry-run", "--rules", str(rules), *words).stdout)
    assert ([d["document"] for d in due["due"]], due["receipts"]) == (["plans/ferry.md"], [])
    assert search_files(home, [b"amaryllis"])
    done = portcullis("expire", "--rules", str(rules), *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clean"]
    assert search_files(home, [b"amaryllis"]) == {}
    artifacts = [a for a in prefect.ask("artifacts") if str(a["key"]).startswith("expire-")]
    assert artifacts
    assert not any("ferry" in json.dumps(a) for a in artifacts)
