"""Importing us does nothing: no setting read, no process started, no socket opened, no file written, no heavy library loaded."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.layout import ROOT, classes_of, code_files, module_name, modules_called, syntax

HEAVY = ("torch", "unstructured", "spacy", "prefect", "llama_index", "transformers", "sentence_transformers", "qdrant_client",
         "qdrant_edge", "presidio_analyzer", "presidio_anonymizer", "google")  # fmt: skip
ENGINE = {"index.engine", "index.requests", "index.shards"}
"""What only the engine's own process imports, with Qdrant in it from the first line: nobody else may reach it at import."""
ADAPTERS = {"retrieval.llama_index", "retrieval.langchain"}
"""What is a class of another framework from its first line: imported by that framework's users, by nothing of ours."""
WATCHED = """
import importlib, os, sys

def watch(event, args):
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "socket.connect", "socket.bind"):
        raise RuntimeError(f"an import did {event}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        raise RuntimeError("an import wrote a file")
    if event in ("os.mkdir", "os.remove", "os.rename"):
        raise RuntimeError(f"an import did {event}")

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def modules() -> list[str]:
    """All of ours, but those that are programs: a package's `__main__`, and what Alembic runs."""
    names = [module_name(path) for path in code_files()]
    return [name for name in names if not name.endswith("__main__") and ".migrations." not in f"{name}."]


def poison() -> dict[str, str]:
    """A value for every setting's variable that no model accepts: whoever reads settings at import fails."""
    found = {}
    for module in modules_called("settings"):
        for cls in classes_of(module):
            prefix = getattr(cls, "model_config", {}).get("env_prefix", "")
            found |= {f"{prefix}{name}".upper(): "\x01not a value" for name in getattr(cls, "model_fields", {})}
    return found


def loaded_after(names: list[str], home: Path) -> set[str]:
    """The top-level modules in memory after `names` are imported in a fresh process with poisoned settings."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *names],
        cwd=ROOT, env={**os.environ, **poison(), "PORTCULLIS_HOME": str(home / "home"), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.split())


def test_the_poison_kills() -> None:
    """The proof that this file's method can fail: a settings model with numbers refuses the poisoned environment."""
    from catalog.settings import CatalogSettings

    done = subprocess.run(
        [sys.executable, "-c", f"from {CatalogSettings.__module__} import CatalogSettings as S; S()"],
        cwd=ROOT, env={**os.environ, **poison()}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "pool_size" in done.stderr


def test_importing_everything_below_the_flows_does_nothing(tmp_path: Path) -> None:
    names = [name for name in modules() if name.partition(".")[0] not in ("cli", "flows") and name not in ENGINE | ADAPTERS]
    heavy = loaded_after(names, tmp_path) & set(HEAVY)
    assert not heavy, f"imported at module level: {heavy}; import them inside the functions that use them"
    assert not (tmp_path / "home").exists()


def test_nothing_of_ours_imports_an_adapter() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in code_files()
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in [getattr(node, "module", "")]
        if ADAPTERS & {module, *(name for alias in node.names for name in (alias.name, f"{module}.{alias.name}"))}
    ]
    assert not found


def test_the_command_line_starts_light(tmp_path: Path) -> None:
    names = [name for name in modules() if name.partition(".")[0] == "cli"]
    heavy = loaded_after(names, tmp_path) & {*HEAVY, "sqlalchemy", "fastapi", "numpy"}
    assert not heavy, f"`portcullis --help` would load {heavy}"


def test_what_reads_documents_starts_light_and_knows_no_catalog(tmp_path: Path) -> None:
    """Each run starts some, and one more after each document that goes wrong."""
    heavy = loaded_after(["ingest.worker_process", "ingest.read"], tmp_path) & {
        *HEAVY,
        "sqlalchemy",
        "pydantic",
        "numpy",
        "httpx",
    }
    assert not heavy, f"a worker would load {heavy} before its first document"


def test_importing_the_flows_starts_nothing(tmp_path: Path) -> None:
    """A flow is declared with Prefect's decorator, so Prefect may be in memory; nothing else heavy is, and nothing started."""
    names = [name for name in modules() if name.partition(".")[0] == "flows"]
    if names == ["flows"]:
        pytest.skip("no flow is here yet")
    heavy = loaded_after(names, tmp_path) & (set(HEAVY) - {"prefect"})
    assert not heavy, f"imported at module level: {heavy}"
