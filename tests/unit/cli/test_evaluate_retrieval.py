"""`portcullis eval retrieval` and `eval gate` on a tiny set, through whole processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.test_evaluate import run

TEXTS = {
    "whale": "A whale is the largest animal of the sea and feeds on krill.",
    "ferry": "The ferry to the island leaves every morning at eight.",
    "bread": "Bread is baked from flour, water, salt and yeast.",
}
ASKED = {"q1": ("Which animal is the largest?", "whale"), "q2": ("When does the ferry leave?", "ferry")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tiny"
    made.mkdir()
    rows = [{"_id": name, "title": "", "text": text} for name, text in TEXTS.items()]
    (made / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = [{"_id": name, "text": text} for name, (text, _) in ASKED.items()] + [{"_id": "q3", "text": "Unanswered?"}]
    (made / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    lines = ["query-id\tcorpus-id\tscore", *(f"{name}\t{document}\t1" for name, (_, document) in ASKED.items())]
    (made / "qrels.tsv").write_text("\n".join(lines) + "\n")
    return made


@pytest.mark.slow
def test_a_set_is_measured_saved_and_compared(tmp_path: Path, folder: Path) -> None:
    home = str(tmp_path / "kept")
    first = run(tmp_path, "eval", "retrieval", str(folder), "--json", "--home", home)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["queries"] == 2
    assert told["metrics"]["ndcg@10"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert told["set"] == {"folder": str(folder), "documents": 3}

    (tmp_path / "baseline.json").write_text(first.stdout)
    same = run(tmp_path, "eval", "gate", "--baseline", str(tmp_path / "baseline.json"), "--home", home, "--json")
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout)["fell"] is False

    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tbread\t1\nq2\tbread\t1\n")
    worse = run(tmp_path, "eval", "gate", "--baseline", str(tmp_path / "baseline.json"), "--home", home)
    assert worse.returncode == 1, worse.stderr
    assert "fell" in worse.stdout


def test_what_is_wrong_with_a_set_is_told(tmp_path: Path, folder: Path) -> None:
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq9\twhale\t1\n")
    asked = run(tmp_path, "eval", "retrieval", str(folder), "--json")
    assert (asked.returncode, json.loads(asked.stdout)["error"]["code"]) == (1, "bad_judged_set")
    (folder / "qrels.tsv").unlink()
    asked = run(tmp_path, "eval", "retrieval", str(folder))
    assert asked.returncode == 1
    assert "error[evaluation_set_missing]" in asked.stderr
    asked = run(tmp_path, "eval", "gate", "--baseline", str(folder / "queries.jsonl"))
    assert "error[bad_baseline]" in asked.stderr
