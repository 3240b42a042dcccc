"""What presidio and spaCy only look for is not imported with them, and other threads find it all the same."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading

import pytest

from privacy.light import without


def test_inside_a_package_is_absent_and_afterwards_it_is_there() -> None:
    sys.modules.pop("colorsys", None)
    found: list[object] = []
    with without("colorsys"):
        with pytest.raises(ModuleNotFoundError, match="colorsys"):
            importlib.import_module("colorsys")
        other = threading.Thread(target=lambda: found.append(importlib.import_module("colorsys")))
        other.start()
        other.join()
    assert found == [importlib.import_module("colorsys")]


@pytest.mark.slow
def test_redacting_loads_no_torch() -> None:
    code = """
import sys
from privacy.recognizers import recognizer
assert recognizer("EMAIL_ADDRESS")
assert "presidio_analyzer" in sys.modules
heavy = {"torch", "transformers"} & set(sys.modules)
assert not heavy, heavy
import torch
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
