"""The import contracts hold, and each of them breaks when a violation is planted: a contract that cannot fail holds nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.architecture.layout import CONTRACTS, PACKAGES, ROOT, code_files, module_name

LAYERS: list[list[str]] = [[name.strip() for name in layer.split("|")] for layer in CONTRACTS["layers"]["layers"]]
DESIGNED_PURE = {
    "catalog": ("ids", "chain", "histogram", "findings"),
    "acl": ("principal", "access", "groups", "scope", "diff", "effect"),
    "acl.scim": ("dialect", "membership", "shape"),
    "index": ("point", "where", "plan", "fuse", "lexical"),
    "evals": ("words", "measures", "sequences.canary", "sequences.truth", "sequences.judge"),
    "ingest": ("documents", "manifest", "dedupe", "resolve", "chunk", "plan", "members", "trust", "retention"),
    "ingest.parse": (
        *("box", "table", "pdf_quality", "layout", "layout_cut", "layout_heading", "layout_paragraph", "layout_rows"),
        *("layout_running", "layout_table"),
    ),
    "ingest.clean": (
        "characters", "confusions", "continued", "correct", "document", "hyphens", "mojibake",
        "quality", "recognised", "running", "spaced", "text", "vocabulary",
    ),
    "privacy": (
        *("span", "policy", "pseudonym", "checksums", "words", "context", "persons", "moments", "repeated", "stand_in"),
        "names.windows",
    ),
    "retrieval": (
        *("query", "recheck", "rank", "fade", "verbatim", "context", "problems", "filter", "fields", "filter_text"),
        *("units", "formats", "expand", "compress", "screen", "screen_phrases", "screen_words", "screening", "unmask"),
        *("rewrite", "phrases", "pointing", "cues", "history", "said", "sentence", "logged", "leaning", "differences"),
        *("kept", "cache_key", "distinct", "distinct_words", "traceparent", "spans"),
    ),
}  # fmt: skip


def lint(folder: Path, contract: str | None = None) -> tuple[int, str]:
    """The linter's exit status and its words, for the packages in `folder`."""
    limit = ["--contract", contract] if contract else []
    command = "from importlinter.cli import lint_imports_command as main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", *limit],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False, env={"COLUMNS": "400", "PATH": ""},
    )  # fmt: skip
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Our packages and their contracts, in a folder where violations may be planted."""
    for path in [Path("pyproject.toml"), *code_files()]:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    return tmp_path


def plant(folder: Path, module: str, line: str) -> None:
    """Append `line` to `module`, which is made when it is not there."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    if path.with_suffix("").is_dir():
        path = path.with_suffix("") / "__init__.py"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")


def test_every_contract_holds() -> None:
    status, words = lint(ROOT)
    assert status == 0, words


def test_every_package_of_ours_is_held_by_the_layers() -> None:
    assert sorted(name for layer in LAYERS for name in layer) == sorted(PACKAGES)
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks", "examples"}
    assert folders == set(PACKAGES)


def test_an_import_upwards_breaks_the_layers(copy: Path) -> None:
    """Each package imports one of the layer above it, and each sibling the other: every one is reported."""
    wrong = [(low, high) for upper, lower in pairwise(LAYERS) for high in upper for low in lower]
    wrong += [(one, other) for layer in LAYERS for one in layer for other in layer if one != other]
    for low, high in wrong:
        plant(copy, f"{low}.planted_{high}", f"import {high}.planted_target")
        plant(copy, f"{high}.planted_target", "")
    status, words = lint(copy, "layers")
    assert status == 1, words
    silent = [(low, high) for low, high in wrong if f"{low}.planted_{high} ->" not in words]
    assert not silent, words


def test_an_import_of_io_breaks_the_purity_of_each_pure_file(copy: Path) -> None:
    sources = CONTRACTS["pure"]["source_modules"]
    for module in sources:
        plant(copy, module, "import socket")
    status, words = lint(copy, "pure")
    assert status == 1, words
    assert not [module for module in sources if f"{module} -> socket" not in words], words


def test_io_behind_another_file_breaks_the_access_law(copy: Path) -> None:
    plant(copy, "acl.planted", "import sqlalchemy")
    plant(copy, "acl.access", "import acl.planted")
    assert lint(copy, "pure")[0] == 0, "the plant must be invisible to the contract on direct imports"
    status, words = lint(copy, "law")
    assert status == 1, words
    assert "acl.access -> acl.planted" in words


def test_rows_that_leave_their_rooms_break_their_contract(copy: Path) -> None:
    plant(copy, "retrieval.planted", "from catalog.tables import Document")
    status, words = lint(copy, "rows")
    assert status == 1, words
    assert "retrieval.planted" in words


def test_settings_read_below_the_roots_break_their_contract(copy: Path) -> None:
    plant(copy, "ingest.planted", "from catalog.settings import CatalogSettings")
    status, words = lint(copy, "settings")
    assert status == 1, words
    assert "ingest.planted" in words


def test_every_contract_has_its_planted_violation() -> None:
    planted = set(re.findall(r'lint\(copy, "(\w+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert planted == set(CONTRACTS)


def test_every_file_that_the_design_calls_pure_is_held_to_it() -> None:
    """A file with a pure one's name that lands in its package joins the contract `pure` in pyproject.toml."""
    here = {module_name(path) for path in code_files()}
    designed = {f"{package}.{name}" for package, names in DESIGNED_PURE.items() for name in names}
    assert designed & here == set(CONTRACTS["pure"]["source_modules"])
