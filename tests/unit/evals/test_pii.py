"""The figures of a finder that is made up, on sets that are: whatever finds spans can be measured."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.pii import REAL, SYNTHETIC, finder, measure
from evals.pii_sets import BadEvaluationSet, EvaluationSetMissing, read_set
from evals.score import Counts
from privacy.policy import Policy
from privacy.span import Span

KNOWN = {"Ana Quay": "PERSON", "12 Elm Rise": "ADDRESS", "Oldport": "LOCATION", "Wharf": "PERSON"}


def find(texts: Sequence[str]) -> list[list[Span]]:
    """Knows four values by heart, one of them wrongly."""
    return [
        [Span(*m.span(), KNOWN[m.group()], 0.9) for m in re.finditer("|".join(map(re.escape, KNOWN)), text)] for text in texts
    ]


def row(text: str, *spans: tuple[str, str]) -> str:
    marked = [{"start": text.index(v), "end": text.index(v) + len(v), "label": label} for v, label in spans]
    return json.dumps({"text": text, "spans": marked, "template_id": len(text)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / SYNTHETIC).write_text(
        "\n".join(
            [
                row("Ana Quay turned 41 then.", ("Ana Quay", "PERSON"), ("41", "AGE")),
                row("Go to 12 Elm Rise; phone 555.", ("12 Elm Rise", "STREET_ADDRESS"), ("555", "PHONE_NUMBER")),
                row("In Oldport she found it.", ("Oldport", "GPE")),
                row("Wharf it was."),
            ]
        )
    )
    edited, social = (tmp_path / file for _, file, _ in REAL)
    skipped = [row("Ana Quay was trained on.", ("Ana Quay", "PERSON"))] * REAL[0][2]
    edited.write_text("\n".join([*skipped, row("Ana Quay met Bo Lind.", ("Ana Quay", "PERSON"), ("Bo Lind", "PERSON"))]))
    social.write_text(row("@Ana Quay in Oldport", ("Ana Quay", "PERSON"), ("Oldport", "LOCATION")))
    return tmp_path


def test_made_up_texts_are_counted_over_all_labels_and_over_ours(folder: Path) -> None:
    told = measure(folder, find, ("PERSON", "ADDRESS", "LOCATION")).synthetic
    assert told.texts == 4
    for overall in (told.release, told.later):
        assert overall.every.counts == Counts(5, 4, 3, 3)
        assert overall.personal.counts == Counts(4, 4, 3, 3), "an age is no personal data on its own"
    labels = {label.name: label for label in told.labels}
    assert labels["ADDRESS"].gold_names == ("STREET_ADDRESS",)
    assert labels["ADDRESS"].score.counts == Counts(1, 1, 1, 1)
    assert labels["PERSON"].score.counts == Counts(1, 2, 1, 1)
    assert (labels["PHONE_NUMBER"].looked_for, labels["PHONE_NUMBER"].ours, labels["PHONE_NUMBER"].hidden) == (False, True, 0.0)
    assert (labels["AGE"].looked_for, labels["AGE"].ours) == (False, False)
    assert labels["LOCATION"].looked_for
    assert labels["LOCATION"].hidden == 1.0


def test_names_begin_at_their_row_and_leave_handles_out(folder: Path) -> None:
    edited, social = measure(folder, find, ("PERSON",)).names
    assert (edited.kind, edited.texts) == ("edited", 1)
    assert edited.overlap["PERSON"].counts == Counts(2, 1, 1, 1)
    assert edited.exact["PERSON"].counts == Counts(2, 1, 1, 1)
    assert social.overlap["PERSON"].counts == Counts()
    assert social.overlap["LOCATION"].counts == Counts(1, 1, 1, 1)


def test_errors_are_shown_when_asked_for_and_no_more_than_asked(folder: Path) -> None:
    assert measure(folder, find, ("PERSON",)).wrong == ()
    wrong = measure(folder, find, ("PERSON",), errors=5).wrong
    assert [(w.set, w.kind, w.label, w.value) for w in wrong] == [
        ("synthetic", "missed", "PHONE_NUMBER", "555"),
        ("synthetic", "false", "PERSON", "Wharf"),
        ("edited", "missed", "PERSON", "Bo Lind"),
    ]
    assert (wrong[0].before, wrong[0].after) == ("Go to 12 Elm Rise; phone ", ".")
    assert len(measure(folder, lambda texts: [[] for _ in texts], (), errors=1).wrong) == 3


def test_the_report_is_one_json_object(folder: Path) -> None:
    told = json.loads(json.dumps(measure(folder, find, ("PERSON",), errors=1).described()))
    assert told["synthetic"]["as_0.3.2"]["every_label"]["recall"]["value"] == 0.6
    assert told["synthetic"]["labels"]["ADDRESS"]["gold_labels"] == ["STREET_ADDRESS"]
    assert told["names"]["edited"]["overlap"]["PERSON"]["recall"]["value"] == 0.5
    assert told["errors"][0]["value"] == "555"


def test_what_is_measured_is_what_redaction_finds() -> None:
    text = "Write to ana.quay@example.com today."
    [[span]] = finder(Policy(), None)([text])
    assert (text[span.start : span.end], span.label) == ("ana.quay@example.com", "EMAIL_ADDRESS")


def test_a_set_that_is_not_there_or_broken_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationSetMissing, match="nowhere"):
        measure(tmp_path / "nowhere", find, ())
    broken = tmp_path / "broken.jsonl"
    for line, why in (
        ('{"text": 1, "spans": []}', "no text"),
        ("{", "no text"),
        ('{"text": "abc", "spans": [{"start": 0.5, "end": 2, "label": "X"}]}', "whole numbers"),
        ('{"text": "abc", "spans": [{"start": 0, "end": 4, "label": "X"}]}', "outside"),
        ('{"text": "abc", "spans": [{"start": 0, "end": 2, "label": "X"}, {"start": 1, "end": 3, "label": "X"}]}', "overlap"),
        ('{"text": "abc", "spans": [{"start": 1, "end": 1, "label": "X"}]}', "empty"),
    ):
        broken.write_text('{"text": "", "spans": []}\n' + line)
        with pytest.raises(BadEvaluationSet, match=f"Line 2 .*{why}"):
            read_set(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(BadEvaluationSet, match="Line 1 "):
        read_set(broken)
