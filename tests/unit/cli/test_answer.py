"""How commands end: exit codes, one clear line on stderr, JSON on stdout, tables that survive a pipe. Real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.answer import table


def run(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PORTCULLIS_HOME": str(home)} | environment,
    )


def test_an_unknown_tenant_is_one_line_and_one_document(tmp_path: Path) -> None:
    done = run(tmp_path, "status", "--tenant", "nope", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "unknown_tenant"
    assert done.stderr.startswith("error[unknown_tenant]: ")
    assert done.stderr.count("\n") == 1


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "home", "status")
    assert done.returncode == 1
    assert "error[home_not_writable]" in done.stderr
    assert "PORTCULLIS_HOME" in done.stderr


def test_a_setting_that_cannot_be_used_is_named_without_its_value(tmp_path: Path) -> None:
    done = run(tmp_path, "status", CATALOG_POOL_SIZE="verysecret")
    assert done.returncode == 1
    assert "error[bad_setting]" in done.stderr
    assert "CATALOG_POOL_SIZE" in done.stderr
    assert "verysecret" not in done.stderr


@pytest.mark.parametrize(
    "words", [("nonsense",), ("ingest",), ("search", "question"), ("keys", "create", "--name", "n", "--scope", "x")]
)
def test_wrong_usage_is_exit_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_keys_are_shown_once_and_end_when_revoked(tmp_path: Path) -> None:
    made = json.loads(run(tmp_path, "keys", "create", "--name", "app", "--scope", "retrieve", "--json").stdout)
    assert made.keys() == {"id", "key"}
    listed = run(tmp_path, "keys", "list").stdout
    assert made["id"] in listed
    assert made["key"].split("_", 2)[2] not in listed
    assert run(tmp_path, "keys", "revoke", made["id"]).returncode == 0
    again = run(tmp_path, "keys", "revoke", made["id"])
    assert again.returncode == 1
    assert "error[unknown_key]" in again.stderr


def test_tenants_are_worlds_of_their_own(tmp_path: Path) -> None:
    assert run(tmp_path, "tenants", "create", "acme").returncode == 0
    assert run(tmp_path, "tenants", "create", "acme").returncode == 0
    run(tmp_path, "keys", "create", "--name", "theirs", "--scope", "retrieve", "--tenant", "acme")
    assert json.loads(run(tmp_path, "keys", "list", "--json").stdout) == {"keys": []}
    assert "acme" in json.loads(run(tmp_path, "tenants", "list", "--json").stdout)["tenants"]


def test_a_reader_that_leaves_hears_no_complaint(tmp_path: Path) -> None:
    shell = f"{sys.executable} -m cli keys list | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"sleep 0.3; {shell}"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PORTCULLIS_HOME": str(tmp_path)},
    )
    assert done.stderr == ""


def test_ctrl_c_is_one_line_and_exit_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "groups", "diff", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PORTCULLIS_HOME": str(tmp_path)},
    )
    until = time.monotonic() + 30
    while not list(tmp_path.glob("snapshot-*.json")):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.3)  # from the file that it lays down to the read of standard input
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.strip() == "interrupted"
    assert out == ""
    assert not list(tmp_path.glob("snapshot-*.json")), "the snapshot from standard input stays behind"


def test_a_piped_table_keeps_values_whole_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    table(("path", "n"), [("a/" + "x" * 200, 1), ("\x1b[31mred\n", 22)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 200 in lines[1]
    assert "\x1b" not in lines[2]
    assert lines[1].endswith("  1")
