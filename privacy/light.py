"""Presidio's analyzer without the language models that it would import along: we use its patterns and checksums alone.

Its package imports spaCy and transformers, and each of these torch, where they are installed: 6 to 9 seconds before the first
question. It does without them when they cannot be imported.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HEAVY = ("torch", "transformers")
_importing = threading.Lock()


@contextmanager
def light_imports() -> Iterator[None]:
    """Within the block whoever asks for `HEAVY` modules that are not there yet is told that they are not installed."""
    with _importing:
        kept_out = [name for name in HEAVY if name not in sys.modules]
        for name in kept_out:
            sys.modules[name] = None  # type: ignore[assignment]  # the documented way to make an import fail
        try:
            yield
        finally:
            for name in kept_out:
                if sys.modules.get(name, ...) is None:
                    del sys.modules[name]
