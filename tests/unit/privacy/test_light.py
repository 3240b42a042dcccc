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


SCRIPT = """
import sys
from privacy.detect import detect
from privacy.policy import Policy

assert [span.label for span in detect("write to ana@example.com or call +44 20 7946 0018", Policy())][0] == "EMAIL_ADDRESS"
heavy = sorted(set(sys.modules) & {"torch", "transformers"})
assert not heavy, heavy
"""


NAMES_ALONE = """
import sys
from catalog.ids import TenantId
from privacy.names.open import open_names
from privacy.open import TextRedactor
from privacy.policy import Policy

[done] = TextRedactor(Policy(), bytes(32), names=open_names("bundled")).redact(TenantId(1), ["What did Maria Lindqvist sign?"])
assert [span.label for span in done.found] == ["PERSON"]
heavy = sorted(set(sys.modules) & {"torch", "transformers", "spacy", "presidio_analyzer"})
assert not heavy, heavy
"""


@pytest.mark.slow
@pytest.mark.parametrize("script", [SCRIPT, NAMES_ALONE], ids=["shapes", "names"])
def test_redacting_loads_no_torch(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
