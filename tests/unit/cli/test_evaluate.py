"""`portcullis eval pii` on a tiny set: a table that fits a terminal, or one JSON object, or what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.pii import REAL, SYNTHETIC

MAIL = "ana.quay@example.com"
POLICY = "version: 1\nentities:\n  PHONE_NUMBER: {}\n"


def run(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = os.environ | {"PORTCULLIS_HOME": str(home / "home")} | environment
    return subprocess.run([sys.executable, "-m", "cli", *words], capture_output=True, text=True, timeout=120, env=settings)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "pii"
    folder.mkdir(parents=True)
    text = f"Write to {MAIL} asking Dr. Quay"
    values = ((MAIL, "EMAIL_ADDRESS"), ("Dr.", "TITLE"))
    spans = [{"start": text.index(v), "end": text.index(v) + len(v), "label": label} for v, label in values]
    titled = {"text": text, "spans": spans}
    (folder / SYNTHETIC).write_text(json.dumps(titled) + "\n")
    for _, file, first in REAL:
        rows = ['{"text": "", "spans": []}'] * first
        named = {"text": "Ana went on", "spans": [{"start": 0, "end": 3, "label": "PERSON"}]}
        (folder / file).write_text("\n".join([*rows, json.dumps(named)]))
    return folder.parent


def test_figures_as_tables_and_as_json(tmp_path: Path, data: Path) -> None:
    shown = run(tmp_path, "eval", "pii", "--errors", "2", PORTCULLIS_TEST_DATA=str(data), PRIVACY_NAMES="off")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    rows = {line.split()[0]: line.split()[1:] for line in shown.stdout.splitlines() if line}
    assert rows["EMAIL_ADDRESS"] == ["yes", "1", "1", "1.00", "1.00", "1.00", "1.00"]
    assert rows["TITLE"][:3] == ["not", "ours", "1"]
    assert rows["edited"][:3] == ["missed", "PERSON", "Ana"]

    asked = run(tmp_path, "eval", "pii", str(data / "pii"), "--json")
    told = json.loads(asked.stdout)
    for way in ("as_0.3.2", "as_later"):
        assert told["synthetic"][way]["every_label"]["recall"]["value"] == 0.5
        assert told["synthetic"][way]["personal_labels"]["recall"]["value"] == 1.0
    assert told["names"]["social"]["overlap"]["PERSON"]["gold"] == 1
    assert told["errors"] == []


def test_a_policy_file_says_what_is_looked_for(tmp_path: Path, data: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    asked = run(tmp_path, "eval", "pii", str(data / "pii"), "--json", "--policy", str(tmp_path / "policy.yaml"))
    mails = json.loads(asked.stdout)["synthetic"]["labels"]["EMAIL_ADDRESS"]
    assert (mails["looked_for"], mails["found"]) == (False, 0)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    asked = run(tmp_path, "eval", "pii", str(tmp_path / "nowhere"), "--json")
    assert asked.returncode == 1
    assert json.loads(asked.stdout)["error"]["code"] == "evaluation_set_missing"
    assert "error[evaluation_set_missing]" in asked.stderr
