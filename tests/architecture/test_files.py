"""Files are small, carry names that say something, and open with their law. Pure ones call nothing impure."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.layout import CONTRACTS, PACKAGES, ROOT, code_files, files_of_tests, module_name, syntax, tracked

LIMIT = 400  # 300 is a smell, and `make lint` names those files
NAMELESS = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "base", "misc"}
IMPURE_CALLS = {"open", "input", "print", "exec", "eval", "utc_now", "now", "today", "utcnow"}
MACHINES = re.compile(
    r"(?<![\w.~:/}-])/(?:(?:root|home|opt|mnt|work|tmp/\w)(?=/|\b)"  # a folder of somebody's machine
    r"|Users/[A-Za-z][\w.-]*/)"  # the same on a Mac; `/Users` alone is a path of SCIM
    r"|\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b"  # an address in somebody's network
    r"|\b[\w-]+\.(?:internal|corp|lan|intranet)\b"
)  # fmt: skip
INVENTED = {
    Path("tests/architecture/test_files.py"),
    Path("tests/laws/test_redaction.py"),
    Path("tests/unit/privacy/test_detect.py"),
}
"""Whose samples are names and addresses that look like a machine's."""


@pytest.mark.parametrize("path", code_files() + files_of_tests(), ids=str)
def test_a_file_is_small_and_well_named(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= LIMIT, f"{path} has {lines} lines: one thing in it wants a file of its own"
    assert not NAMELESS & set(path.with_suffix("").parts), f"{path}: the name says nothing"


CLOCKS = {"monotonic", "perf_counter", "time"}
PATIENCE_SECONDS = 15


@pytest.mark.parametrize("path", files_of_tests(), ids=str)
def test_no_test_fails_because_the_machine_was_slow_for_a_while(path: Path) -> None:
    """A bound on time tells what hangs from what does not; how fast something is, a benchmark tells."""
    narrow = [
        f"{path}:{node.lineno}"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.BinOp) and isinstance(node.ops[0], ast.Lt | ast.LtE)
        if isinstance(call := node.left.left, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in CLOCKS
        if isinstance(bound := node.comparators[0], ast.Constant) and bound.value < PATIENCE_SECONDS
    ]
    assert not narrow, f"less than {PATIENCE_SECONDS} seconds is a stopwatch"


@pytest.mark.parametrize("path", code_files(), ids=str)
def test_a_file_opens_with_its_law(path: Path) -> None:
    tree = syntax(path)
    assert not tree.body or ast.get_docstring(tree), f"{path} has no docstring"


@pytest.mark.parametrize("module", CONTRACTS["pure"]["source_modules"])
def test_a_pure_file_calls_nothing_impure(module: str) -> None:
    """What the import contract cannot see: built-in I/O, the clock behind `datetime`, real paths out of `pathlib`."""
    tree = syntax(Path(*module.split(".")).with_suffix(".py"))
    if module == "catalog.ids":  # it defines the project's one clock and calls it nowhere else
        tree.body = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == "utc_now")]
    called = {
        node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    assert not called & IMPURE_CALLS
    from_pathlib = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "pathlib"
        for alias in node.names
    }
    assert all(name.startswith("Pure") for name in from_pathlib), f"{module} takes {from_pathlib} from pathlib"


@pytest.mark.parametrize("path", files_of_tests(), ids=str)
def test_no_test_patches_a_module_of_ours(path: Path) -> None:
    """A test that replaces our own parts proves that the replacement works."""
    tree = syntax(path)
    ours = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (node.module or "" if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0] in PACKAGES
    }
    patched = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _patches(node, ours)]
    assert not patched, f"{path}, lines {patched}"


def _patches(call: ast.Call, ours: set[str]) -> bool:
    """Whether `call` is monkeypatch.setattr, mock.patch or patch.object on something of ours."""
    name = ast.unparse(call.func)
    if not call.args or not re.search(r"(monkeypatch\w*|\bmp)\.(setattr|delattr)$|\bpatch(\.(object|dict|multiple))?$", name):
        return False
    target = call.args[0]
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        return target.value.split(".")[0] in PACKAGES
    return ast.unparse(target).split(".")[0].split("(")[0] in ours


def test_a_planted_patch_is_found() -> None:
    ours = {"catalog", "open_engine"}
    for line in ('monkeypatch.setattr("catalog.session.open_engine", 1)', "monkeypatch.setattr(catalog.session, 'x', 1)",
                 "mock.patch('acl.store.x')", "patch.object(open_engine, 'x')"):  # fmt: skip
        (statement,) = ast.parse(line).body
        assert _patches(statement.value, ours), line
    (statement,) = ast.parse("monkeypatch.setattr(socket, 'connect', refuse)").body
    assert not _patches(statement.value, ours)


def test_no_tracked_file_names_a_machine() -> None:
    """Only loopback, public names, and folders that the image itself makes."""
    found = []
    for path in tracked():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path in INVENTED:
            continue
        found += [f"{path}:{text[: m.start()].count(chr(10)) + 1}: {m.group()}" for m in MACHINES.finditer(text)]
    assert not found, "\n".join(found)


def test_every_pure_name_is_a_file_of_ours() -> None:
    assert set(CONTRACTS["pure"]["source_modules"]) <= {module_name(path) for path in code_files()}
