"""Every error tells who it is and what to do: a tree at the top of its file, a stable code, a line in docs/errors.md."""

from __future__ import annotations

import ast
import re
from types import ModuleType

import pytest

from catalog.errors import PortcullisError
from ingest.errors import REASONS
from tests.architecture.layout import ROOT, classes_of, code_files, modules_called, syntax

MODULES = list(modules_called("errors"))
ERRORS = [cls for module in MODULES for cls in classes_of(module) if issubclass(cls, PortcullisError)]
ROW = re.compile(r"^\| `([a-z_]+)` \|(.*)\|\s*$")


def documented(heading: str) -> dict[str, list[str]]:
    """The table rows under `heading` in docs/errors.md: code to its other cells."""
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = (ROW.match(line) for line in section.splitlines())
    return {row[1]: [cell.strip() for cell in row[2].split("|")] for row in rows if row}


def tree_of(module: ModuleType) -> dict[str, int]:
    """The class names in the tree that the module's docstring draws, with their depth."""
    lines = (module.__doc__ or "").splitlines()
    names = (re.match(r"^([│ ├└─]*)([A-Z]\w+)(?:\s|$)", line) for line in lines[1:])
    return {found[2]: len(found[1]) // 4 for found in names if found}


def codes_in_classes() -> set[str]:
    """Every `code = "..."` in a class of ours, wherever it is defined."""
    bodies = [node.body for path in code_files() for node in ast.walk(syntax(path)) if isinstance(node, ast.ClassDef)]
    return {
        line.value.value
        for body in bodies
        for line in body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code" and isinstance(line.value, ast.Constant)
    }


def codes_of_no_class() -> set[str]:
    """What the command line calls `fail()` with by word, and what the service says of faults that its framework finds."""
    from retrieval.problems import STATUSES

    calls = [node for path in code_files() for node in ast.walk(syntax(path)) if isinstance(node, ast.Call) and node.args]
    said = {call.args[0].value for call in calls if ast.unparse(call.func) == "fail" and isinstance(call.args[0], ast.Constant)}
    return said | {code for code, _, _ in STATUSES.values()}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_tree_at_the_top_is_the_tree_of_the_classes(module: ModuleType) -> None:
    classes = {cls.__name__: cls for cls in classes_of(module) if issubclass(cls, Exception)}
    tree = tree_of(module)
    assert set(tree) == set(classes)
    names = list(tree)
    for place, name in enumerate(names):
        if tree[name]:
            parent = next(other for other in reversed(names[:place]) if tree[other] == tree[name] - 1)
            assert issubclass(classes[name], classes[parent]), f"the tree hangs {name} under {parent}"


@pytest.mark.parametrize("cls", ERRORS, ids=lambda cls: cls.__name__)
def test_an_error_has_a_code_of_its_own(cls: type[PortcullisError]) -> None:
    assert "code" in vars(cls), f"{cls.__name__} takes its parent's code"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", cls.code)


def test_an_error_says_whether_trying_again_can_help() -> None:
    retryable = {cls.code for cls in ERRORS if cls.retryable}
    marked = {code for code, cells in documented("Errors").items() if cells[-1] == "yes"}
    assert marked == retryable


def test_every_code_is_documented_with_its_remedy() -> None:
    """A new error needs its line in docs/errors.md: | `code` | what happened | what to do | try again |."""
    rows = documented("Errors")
    assert set(rows) == {cls.code for cls in ERRORS} | codes_in_classes()
    thin = [code for code, cells in rows.items() if len(cells) != 3 or not all(cells)]
    assert not thin


def test_every_code_without_a_class_is_documented() -> None:
    known = documented("Codes of no class")
    assert codes_of_no_class() - set(documented("Errors")) == set(known)
    assert not [code for code, cells in known.items() if len(cells) != 2 or not all(cells)]


def test_every_reason_of_the_quarantine_is_documented_with_its_remedy() -> None:
    rows = documented("Reasons of the quarantine")
    assert set(rows) == set(REASONS)
    thin = [reason for reason, cells in rows.items() if len(cells) != 2 or not all(cells)]
    assert not thin
