"""What is declared is pinned, and what the Makefile promises is there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.layout import PYPROJECT, ROOT

DECLARED = [
    Requirement(line)
    for lines in (PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"].values())
    for line in lines
]
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
}


def test_every_dependency_is_pinned_within_its_range() -> None:
    for requirement in DECLARED:
        pin = PINS.get(canonicalize_name(requirement.name))
        assert pin is not None, f"constraints.txt does not pin {requirement.name}"
        assert pin in requirement.specifier, f"{requirement.name} is pinned to {pin}, outside {requirement.specifier}"


def test_constraints_hold_pins_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line and not line.startswith("#") and not re.match(r"^[\w.-]+==[\w.!+]+$", line)]
    assert len(lines) == len(set(lines))


def test_every_target_of_the_makefile_can_be_planned() -> None:
    """`make -n` parses the file and resolves prerequisites without running anything."""
    names = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert names
    assert {"demo", "test", "unit", "lint", "check", "clean"} <= set(names[1].split())
    for name in names[1].split():
        subprocess.run(["make", "-n", name], cwd=ROOT, capture_output=True, check=True, timeout=30)


def test_a_python_that_is_too_old_is_named_with_the_remedy(tmp_path: Path) -> None:
    """An interpreter that fails the version check, as an old one does."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", ".ci/install"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "VENV": str(tmp_path / "venv"), "PYTHON": str(old)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()
