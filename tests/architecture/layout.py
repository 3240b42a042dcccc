"""What the architecture tests look at: found on disk, never listed by hand, so that a new file is held to the rules at once."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: tuple[str, ...] = tuple(PYPROJECT["tool"]["importlinter"]["root_packages"])
CONTRACTS: dict[str, dict[str, Any]] = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}


def tracked() -> list[Path]:
    """Every file that git tracks or would track, relative to the root. An unpacked archive without git gives what lies there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if not any(p.startswith(".") for p in path.parts)]
    return sorted(name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink())


def code_files() -> list[Path]:
    """Every Python file of our packages, relative to the root."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in PACKAGES]


def files_of_tests() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] == "tests"]


def module_name(path: Path) -> str:
    """The dotted name of a file of ours: `ingest/parse/__init__.py` is `ingest.parse`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def syntax(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def modules_called(name: str) -> Iterator[ModuleType]:
    """Every module of ours whose last name is `name`, e.g. each package's `errors`, imported."""
    for path in code_files():
        if path.stem == name:
            yield importlib.import_module(module_name(path))


def classes_of(module: ModuleType) -> list[type]:
    """The classes that `module` itself defines, in order of definition."""
    found = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
    return sorted(found, key=lambda cls: inspect.getsourcelines(cls)[1])
