"""`portcullis keys`: made, replaced, revoked, with an end that is understood or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path))


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["keys", *words])
    return done.exit_code, done.stdout


def create(*words: str) -> int:
    return run("create", "--name", "app", "--scope", "retrieve", *words)[0]


def listed() -> list[dict[str, str]]:
    keys: list[dict[str, str]] = json.loads(run("list", "--json")[1])["keys"]
    return keys


@pytest.mark.parametrize(
    ("given", "days"), [("90d", 90.0), ("12h", 0.5), ("2999-01-01", None), ("2999-01-01T00:00:00+02:00", None)]
)
def test_an_end_is_days_hours_or_a_date(given: str, days: float | None) -> None:
    assert create("--expires", given) == 0
    (key,) = listed()
    ends = datetime.fromisoformat(key["expires_at"])
    wanted = datetime.now(UTC) + timedelta(days=days) if days else datetime.fromisoformat(given).replace(tzinfo=ends.tzinfo)
    assert abs(ends - wanted) < timedelta(hours=3)


@pytest.mark.parametrize("given", ["", "soon", "90", "-1d", "0d", "2001-01-01", "2999-01-01T00:00:00"])
def test_an_end_that_is_none_is_refused(given: str) -> None:
    assert create("--expires", given) == 2
    assert listed() == []


def test_a_key_is_replaced_and_revoked() -> None:
    assert create() == 0
    old = listed()[0]["id"]
    code, body = run("rotate", old, "--grace", "2h", "--json")
    made = json.loads(body)
    assert (code, made["replaces"]) == (0, old)
    assert made["key"].startswith(f"pck_{made['id']}_")
    assert [bool(key["expires_at"]) for key in listed()] == [True, False]
    assert run("rotate", "absent")[0] == 1
    assert run("rotate", old, "--grace", "soon")[0] == 2
    assert run("revoke", made["id"])[0] == 0
    assert run("revoke", made["id"])[0] == 1
    assert run("rotate", made["id"])[0] == 1
