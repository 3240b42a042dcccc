"""Law 8, over everything that is written: values planted in every field of every input are in no file of the home."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ingest.search_files import search_files

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


def canary(place: str) -> str:
    """A value like no other, that says where it was planted."""
    return f"{place}.canary@quay-{place}.example"


SURNAMES = (
    *("Oberlinger", "Castellanos", "Kowalczyk", "Fitzwilliam", "Delacroix", "Lindqvist", "Papadopoulos", "Montgomery"),
    *("Vandenberg", "Krasnodar", "Hathaway", "Brannigan"),
)


def person(place: str) -> str:
    """Somebody whom nobody else's name is like, one for each place."""
    return f"Maria {SURNAMES[PLACES.index(place)]}"


def both(place: str) -> str:
    return f"{person(place)} ({canary(place)})"


PLACES = ("heading", "text", "table", "title", "metadata", "nested", "own", "mail", "attached", "member", "broken", "note")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "plans"
    root.mkdir()
    (root / "access.yaml").write_text("allow: [user:ana]\n")
    (root / "a.md").write_text(f"# Of {both('heading')}\n\nWrite to {both('text')}.\n\n| who |\n|---|\n| {both('table')} |\n")
    (root / "b.html").write_text(f"<title>{both('own')}</title><p>Nothing to see.</p>")
    (root / "c.eml").write_text(
        f"From: {person('mail')} <{canary('mail')}>\nSubject: times\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\nSee it.\n--b\nContent-Type: text/plain\n"
        f"Content-Disposition: attachment; filename=times.txt\n\nAsk {both('attached')}.\n--b--\n"
    )
    with zipfile.ZipFile(root / "d.zip", "w") as archive:
        archive.writestr("inside.txt", f"Or {both('member')}.")
    (root / "e.docx").write_bytes(f"PK\x03\x04 no document {both('broken')}".encode())
    lines = [
        {
            "path": "a.md",
            "title": f"For {both('title')}",
            "metadata": {"by": both("metadata"), "x": [{"y": both("nested")}]},
        },
        *({"path": name} for name in ("b.html", "c.eml", "d.zip", "e.docx")),
    ]
    (root / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return root


@pytest.mark.parametrize("kept", [False, True], ids=["not kept", "kept"])
def test_no_original_is_written_anywhere(
    folder: Path, tmp_path: Path, kept: bool, prefect_database: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    prefect_database(home)
    key = secrets.token_hex(32)
    keeping = {"PRIVACY_KEEP_ORIGINALS": "true", "PRIVACY_VAULT_KEY": key} if kept else {}
    said: list[str] = []

    def run(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PORTCULLIS_HOME": str(home)} | keeping
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words], input=given, capture_output=True, text=True, timeout=240, env=environment
        )
        said.append(done.stderr)
        if "--reveal" not in words:
            said.append(done.stdout)
        return done

    try:
        people = json.dumps({"sequence": 1, "users": [{"id": "ana", "active": True}], "groups": []})
        assert run("groups", "apply", "-", given=people).returncode == 0
        assert run("ingest", str(folder)).returncode == 3
        assert run("search", f"what did {both('note')} sign", "--as", "ana").returncode == 0
        passage = run("search", "whom to write to", "--as", "ana", "--json")
        results = json.loads(passage.stdout)["results"]
        written = json.dumps({"text": " ".join(r["text"] for r in results)})
        revealed = run("redact", "--reveal", "--as", "ana", "--purpose", f"for {both('note')}", given=written + "\n")
        assert run("redact", given=json.dumps({"text": both("note")}) + "\n").returncode == 0
        assert run("redact", given=both("note")).returncode == 1
        if kept:
            assert both("text") in json.loads(revealed.stdout)["text"]
            assert run("vault", "rotate").returncode == 0
        else:
            assert "error[not_kept]" in revealed.stderr
    finally:
        run("engine", "stop")
    planted = [
        b"canary@quay",
        *(canary(place).encode() for place in PLACES),
        *(surname.encode() for surname in SURNAMES),
        *([key.encode(), bytes.fromhex(key)] if kept else []),
    ]
    assert search_files(folder, planted), "a check that cannot fail is worthless"
    assert search_files(home, planted) == {}
    assert not [line for line in said if any(word in line for word in ("canary@quay", key, *SURNAMES))]
    catalog = create_engine(f"sqlite:///{home / 'catalog.db'}")
    with catalog.connect() as connection:
        sealed, texts = (connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("vault", "chunk_texts"))
    catalog.dispose()
    assert texts
    assert (sealed or 0) == (2 * (len(PLACES) - 2) if kept else 0), "all but the broken file's and what was only asked"
