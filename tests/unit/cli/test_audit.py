"""`portcullis audit`: exit 0 for a whole log, 1 with the first bad entry, lines that a program reads."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from catalog.audit import record
from catalog.open import open_catalog
from catalog.session import transaction
from catalog.settings import CatalogSettings
from catalog.tenants import create_tenant
from cli.main import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path))
    engine = open_catalog(CatalogSettings())
    for n in (1, 2):
        with transaction(engine) as session:
            record(session, create_tenant(session, "default"), actor="operator", action="test", object_="x", details={"n": n})
    engine.dispose()
    return tmp_path


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["audit", *words])
    return done.exit_code, done.stdout, done.stderr


def test_a_whole_log_is_exported_and_holds_by_its_anchor(home: Path) -> None:
    code, lines, told = run("export")
    entries = [json.loads(line) for line in lines.splitlines()]
    assert (code, [(e["sequence"], e["action"], e["tenant"]) for e in entries]) == (
        0,
        [(n, "test", "default") for n in (1, 2)],
    )
    anchor = told.split()[-1]
    assert anchor == f"2:{entries[-1]['digest']}"
    code, shown, _ = run("verify", "--anchor", anchor, "--json")
    assert (code, json.loads(shown)) == (
        0, {"whole": True, "entries": 2, "digest": entries[-1]["digest"], "keyed_from": None, "anchors": 1},
    )  # fmt: skip
    assert run("verify")[0] == 0
    assert run("verify", "--anchor", f"1:{entries[-1]['digest']}")[0] == 1
    assert run("verify", "--anchor", "nonsense")[0] == 2


def test_what_is_wanted_is_exported(home: Path) -> None:
    assert run("export", "--action", "retrieve")[1] == ""
    assert run("export", "--since", "2999-01-01")[1] == ""
    assert len(run("export", "--until", "2999-01-01", "--action", "test")[1].splitlines()) == 2
    assert run("export", "--since", "yesterday")[0] == 2
    assert run("export", "--json")[0] == 2
    code, body, _ = run("export", "--output", str(home / "log.jsonl"), "--json")
    assert (code, json.loads(body)["entries"]) == (0, 2)
    assert (home / "log.jsonl").stat().st_mode & 0o777 == 0o600
    assert len((home / "log.jsonl").read_text().splitlines()) == 2
    assert run("export", "--output", str(home / "no" / "such"))[0] == 2


def test_a_log_that_was_changed_exits_with_1_and_names_the_entry(home: Path) -> None:
    forger = sqlite3.connect(home / "catalog.db")
    forger.execute("DROP TRIGGER audit_no_update")
    forger.execute("UPDATE audit SET actor = 'nobody' WHERE sequence = 2")
    forger.commit()
    forger.close()
    code, _, told = run("verify")
    assert code == 1
    assert "error[audit_broken]" in told
    assert "entry 2" in told
    assert json.loads(run("verify", "--json")[1])["error"]["code"] == "audit_broken"
