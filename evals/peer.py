"""The peer: unstructured with its own defaults, no element of ours but the seam that keeps it off the internet.

PDF goes through its `fast` strategy. That file also imports the packages of its layout models (`unstructured[pdf]` brings another
torchvision and breaks ours); the fast strategy calls none of them, so empty modules answer those imports here, and here alone.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_NOT_CALLED = frozenset(("unstructured_inference", "pi_heif", "pdf2image", "unstructured_pytesseract"))


def read_as_peer(path: Path, passwords: Sequence[str] = ()) -> str:
    """The text that `unstructured.partition` gives for the file. Raises whatever it raises."""
    from ingest.parse.offline import prepare_unstructured

    prepare_unstructured()
    if path.read_bytes()[:1024].find(b"%PDF-") >= 0:
        if not any(isinstance(finder, _Empty) for finder in sys.meta_path):
            sys.meta_path.append(_Empty())
        from unstructured.partition.pdf import partition_pdf

        elements = partition_pdf(str(path), strategy="fast", password=passwords[0] if passwords else None)
    else:
        from unstructured.partition.auto import partition

        elements = partition(str(path))
    return "\n\n".join(element.text for element in elements)


class _Empty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the packages that are imported and not called."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.split(".")[0] not in _NOT_CALLED:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _EmptyModule(spec.name)  # the import system gives it its `__path__`

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""


class _EmptyModule(types.ModuleType):
    """Whatever is imported from it: classes are empty, all else is a value that a default argument may hold."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from unittest.mock import MagicMock

        return type(name, (), {}) if name[0].isupper() and not name.isupper() else MagicMock(name=name)
