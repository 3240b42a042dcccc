"""Real documents and permissions through HTTP, judged by an oracle that is not ours; and a folder that comes while it serves.

A part of `python -m evals.leaks`, small enough for the suite.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.leaks import judge, portcullis, service
from evals.oracle import pick_people, pick_questions, read_oracle

DOCUMENTS = 40


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_nobody_gets_what_the_oracle_forbids_and_everybody_gets_something(
    real_data: Path, tmp_path: Path, prefect_database: Callable[[Path], None]
) -> None:
    prefect_database(tmp_path / "home")
    data, home = real_data / "acl" / "k8s-community", tmp_path / "home"
    lines = (data / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = lines[:: len(lines) // DOCUMENTS]
    (tmp_path / "manifest.jsonl").write_text("\n".join(chosen), encoding="utf-8")
    named = {json.loads(line)["document"] for line in chosen}
    oracle = {document: people for document, people in read_oracle(data / "acl.jsonl").items() if document in named}
    ingest = ("ingest", str(data), "--source", "k8s", "--manifest", str(tmp_path / "manifest.jsonl"))
    try:
        portcullis(home, "groups", "apply", str(data / "groups-snapshot.json"))
        first, second = portcullis(home, *ingest), portcullis(home, *ingest)
        assert {row["document"] for row in first["files"]} == named
        assert sum(first["documents"].values()) == len(chosen)
        assert second["chunks"] == {"embedded": 0, "reused": 0, "deleted": 0}
        with service(home, free_port()) as client:
            verdict = judge(client, pick_people(oracle, 8), pick_questions(data / "docs", named, 6), oracle)
            assert verdict.leaks == ()
            assert verdict.missing == ()
            assert verdict.asked == 48
            assert verdict.may > 0
            assert verdict.found == verdict.may

            _a_folder_that_comes_later_is_found(home, tmp_path / "later", client)
    finally:
        portcullis(home, "engine", "stop")


def _a_folder_that_comes_later_is_found(home: Path, folder: Path, client) -> None:
    folder.mkdir()
    (folder / "access.yaml").write_text("allow: [everyone]\n")
    (folder / "ferry.md").write_text("# The ferry\n\nThe last ferry to Skerry Island leaves at twenty past nine.\n")
    ask = {"json": {"query": "When does the last ferry to Skerry Island leave?"}, "headers": {"X-On-Behalf-Of": "cblecker"}}
    assert "later/ferry.md" not in [row["document_id"] for row in client.post("/v1/retrieve", **ask).json()["results"]]
    portcullis(home, "ingest", str(folder))
    assert client.post("/v1/retrieve", **ask).json()["results"][0]["document_id"] == "later/ferry.md"
