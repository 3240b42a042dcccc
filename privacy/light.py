"""Importing a package without its optional companions: presidio and spaCy look for torch and transformers, and do without them.

Recognizers by pattern need neither, and the two cost ten times what presidio itself does.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class _Absent:
    """A finder by which some packages are not found, for one thread: another may import them at that moment."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is left out here", name=name)


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Inside, this thread's imports do not find the packages `names`, unless they are loaded already."""
    finder: Any = _Absent(names)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
