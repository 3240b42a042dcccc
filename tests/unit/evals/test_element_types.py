"""Stored elements count once each, and only those that are told from their text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.element_types import main, stored


def test_counts_each_text_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "docs" / "unstructured-expected"
    folder.mkdir(parents=True)
    prose, label = "The ferry leaves the north quay at seven every morning.", "Departures"
    kinds = [("NarrativeText", prose), ("NarrativeText", prose), ("Title", label), ("Table", "1 2"), ("UncategorizedText", label)]
    (folder / "a.json").write_text(json.dumps([{"type": kind, "text": text} for kind, text in kinds]))
    (folder / "b.json").write_text('{"not": "a list"}')
    (folder / "c.json").write_text("cut off [")
    assert list(stored(tmp_path)) == [(prose, "NarrativeText"), (label, "Title"), (label, "UncategorizedText")]
    assert main([str(tmp_path), "--show", "3"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("2 of 3 as stored: 0.667\n")
    assert "stored UncategorizedText, found Title: 1" in told


def test_no_elements_is_no_score(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
