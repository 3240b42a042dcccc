"""What is read of the golden inputs is what was read and approved before.

Nothing here writes: `python -m tests.golden.make --write` does, and its difference belongs into the commit.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.golden.make import FOLDER, INPUTS, as_text, main, reading

OCR = frozenset(("scan.pdf", "notice.png"))
"""These start an OCR engine: seconds, not milliseconds."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in OCR else n for n in INPUTS])
def test_reads_as_before(name: str) -> None:
    approved = (FOLDER / "expected" / f"{name}.json").read_text(encoding="utf-8")
    assert as_text(reading(name, (FOLDER / "inputs" / name).read_bytes())) == approved


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_approved_is_a_failure(name: str) -> None:
    """No golden file fixes a bug in place: each input is sound and has text."""
    approved = json.loads((FOLDER / "expected" / f"{name}.json").read_text(encoding="utf-8"))
    assert "quarantined" not in approved
    assert approved["elements"] or approved["members"]


def test_every_golden_file_has_its_input() -> None:
    assert {path.name for path in (FOLDER / "inputs").iterdir()} == set(INPUTS)
    assert {path.name for path in (FOLDER / "expected").iterdir()} == {f"{name}.json" for name in INPUTS}


def test_nothing_is_written_unless_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.golden.make.INPUTS", {"notes.md": INPUTS["notes.md"]})
    shutil.copytree(FOLDER / "inputs", tmp_path / "inputs")
    shutil.copytree(FOLDER / "expected", tmp_path / "expected")
    golden = tmp_path / "expected" / "notes.md.json"
    golden.write_text("{}")
    assert main([], tmp_path) == 1
    assert golden.read_text() == "{}"
    assert main(["--write"], tmp_path) == 0
    assert golden.read_bytes() == (FOLDER / "expected" / "notes.md.json").read_bytes()
    assert main([], tmp_path) == 0
