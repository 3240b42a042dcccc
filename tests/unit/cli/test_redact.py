"""`portcullis redact` and `portcullis vault`: lines in, lines out, one for one; keys that rotate. Real processes."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

MAIL = "ana.quay@example.com"


def run(home: Path, *words: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    settings = os.environ | {"PORTCULLIS_HOME": str(home)} | environment
    return subprocess.run([sys.executable, "-m", "cli", *words], input=given, capture_output=True, timeout=120, env=settings)


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_spans_count_in_the_text_as_it_came_in(tmp_path: Path) -> None:
    texts = [f"Für alle: {MAIL}.", "", "nothing here", f"{MAIL} \ud800"]
    given = "".join(json.dumps({"text": text, "id": 1}) + "\n" for text in texts) + "\n"
    done = run(tmp_path, "redact", given=given.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    told = lines(done)
    assert [{text[s["start"] : s["end"]] for s in line["spans"]} for text, line in zip(texts, told, strict=True)] == [
        {MAIL},
        set(),
        set(),
        {MAIL},
    ]
    assert told[0]["spans"][0]["label"] == "EMAIL_ADDRESS"
    assert told[0]["text"].startswith("Für alle: [EMAIL_ADDRESS_")
    assert told[3]["text"].endswith(" \ud800")
    assert MAIL.encode() not in done.stdout


def test_a_bad_line_is_named_and_nothing_before_it_is_lost(tmp_path: Path) -> None:
    for bad in (b'{"text": "' + MAIL.encode() + b'"', b'["x"]', b'{"text": 1}', b"\xff"):
        done = run(tmp_path, "redact", given=b'{"text": "one"}\n' + bad + b'\n{"text": "three"}\n')
        assert done.returncode == 1
        assert [line["text"] for line in lines(done)] == ["one"]
        assert done.stderr.startswith(b"error[bad_line]: Line 2 of standard input")
        assert MAIL.encode() not in done.stderr


def test_revealing_wants_a_person_a_purpose_and_a_vault(tmp_path: Path) -> None:
    for words in (("--reveal",), ("--reveal", "--as", "ana"), ("--as", "ana"), ("--reveal", "--as", "ana", "--purpose", " ")):
        assert run(tmp_path, "redact", *words).returncode == 2
    asked = ("redact", "--reveal", "--as", "ana", "--purpose", "a test")
    assert b"error[unknown_person]" in run(tmp_path, *asked, given=b'{"text": "x"}\n').stderr
    people = json.dumps({"sequence": 1, "users": [{"id": "ana", "active": True}], "groups": []})
    (tmp_path / "people.json").write_text(people)
    keep = {"PRIVACY_KEEP_ORIGINALS": "true"}
    assert b"error[vault_key_unavailable]" in run(tmp_path, *asked, **keep).stderr


def test_the_vault_tells_which_keys_it_needs(tmp_path: Path) -> None:
    old, new = secrets.token_hex(32), secrets.token_hex(32)
    file = tmp_path / "keys"
    file.write_text(f"{new}\n{old}\n")
    told = run(tmp_path, "vault", "status", "--json", PRIVACY_VAULT_KEY_FILE=str(file), PRIVACY_KEEP_ORIGINALS="true")
    assert told.returncode == 0, told.stderr
    body = json.loads(told.stdout)
    assert [(k["originals"], k["at_hand"], k["seals"]) for k in body["keys"]] == [(0, True, True), (0, True, False)]
    done = run(tmp_path, "vault", "rotate", "--json", PRIVACY_VAULT_KEY_COMMAND=f"cat {file}")
    assert json.loads(done.stdout) == {"key": body["keys"][0]["key"], "resealed": 0, "damaged": []}
    assert run(tmp_path, "vault", "status", PRIVACY_KEEP_ORIGINALS="true").returncode == 1
    assert run(tmp_path, "vault", "status").returncode == 0
    assert b"error[unknown_tenant]" in run(tmp_path, "vault", "discard", "[X]").stderr
    assert not [key for key in (old, new) for said in (told, done) if key.encode() in said.stdout + said.stderr]
