from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from privacy.detect import detect
from privacy.policy import Policy

assert [span.label for span in detect("write to ana@example.com", Policy())] == ["EMAIL_ADDRESS"]
heavy = sorted(set(sys.modules) & {"torch", "transformers"})
assert not heavy, heavy
import importlib.util
assert importlib.util.find_spec("torch"), "whoever needs it finds it"
"""


def test_detection_by_patterns_loads_no_language_model() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
