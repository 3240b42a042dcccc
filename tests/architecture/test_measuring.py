"""What measures is code too: each module under `evals/` and `benchmarks/` finds what it imports, though no other test runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"


@pytest.mark.parametrize("package", ["benchmarks", "evals"])
def test_every_module_finds_what_it_imports(package: str) -> None:
    files = (path.relative_to(ROOT).with_suffix("") for path in sorted((ROOT / package).rglob("*.py")))
    names = [".".join(file.parts) for file in files if not file.name.startswith("__")]
    assert len(names) > 10
    done = subprocess.run([sys.executable, "-c", IMPORTED, *names], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
