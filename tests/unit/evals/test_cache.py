"""The evaluation of the semantic cache counts what it says, and a wrong hit is told."""

from __future__ import annotations

import json
from pathlib import Path

from evals.cache import SETS, figures, neighbours, pairs
from retrieval.cache import LEAST_COSINE
from tests.service.words import WordEmbedder


def test_every_pair_is_counted_once_and_a_hit_needs_guard_and_cosine() -> None:
    found = pairs(WordEmbedder())
    told = figures(found)
    assert sum(part["pairs"] for part in told.values()) == len(found) >= 400
    assert {name.split()[0] for name in told} == set(SETS)
    for part in told.values():
        assert part["hits"] <= min(part["guard"], part["cosine_alone"][str(LEAST_COSINE)])
        assert part["hits"] == part["cosine_and_guard"][str(LEAST_COSINE)]
    assert len({(pair.one, pair.other) for pair in found}) == len(found)


def test_real_questions_that_are_taken_for_one_must_have_one_answer(tmp_path: Path) -> None:
    asked = {
        "a": "How long do we keep payroll records here?",
        "b": "please how long do we keep payroll records here?",
        "c": "how long do we keep payroll records here?",
        "d": "Where is the boiler?",
    }
    lines = [json.dumps({"_id": name, "text": text}) for name, text in asked.items()]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\na\t1\t1\nb\t1\t1\nc\t2\t1\nd\t3\t1\n")
    told = neighbours(tmp_path, WordEmbedder())
    assert (told["questions"], told["taken"]) == (4, 3)
    assert [set(pair) for pair in told["wrong"]] == [{asked["a"], asked["c"]}, {asked["b"], asked["c"]}]
