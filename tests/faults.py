"""Faults planted on purpose, to see that a test finds them. No part of ours is replaced by a stand-in: one slip of the pen is
made in a function's own source, for as long as a block lasts."""

from __future__ import annotations
import __future__

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

import catalog.text
from acl import store


@dataclass(frozen=True)
class Fault:
    """A function in which `right` is replaced by `wrong`."""

    function: Callable[..., Any]
    right: str
    wrong: str


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The fault is in the function itself, so that everybody who holds it has it; it is mended at the end."""
    function = cast("FunctionType", inspect.unwrap(fault.function))
    source = textwrap.dedent(inspect.getsource(function))
    assert fault.right in source, f"{function.__name__} was changed: plant the fault elsewhere"
    made: dict[str, Any] = {}
    faulty = source.replace(fault.right, fault.wrong).replace("@cache\n", "")
    exec(compile(faulty, "<planted>", "exec", __future__.annotations.compiler_flag), {**function.__globals__}, made)
    genuine, function.__code__ = function.__code__, made[function.__name__].__code__
    _build_anew()
    try:
        yield
    finally:
        function.__code__ = genuine
        _build_anew()


def _build_anew() -> None:
    """Statements that were built once, from what is not so any more."""
    for built_once in (store._scope_statement, store._person_statement, catalog.text._statement):
        built_once.cache_clear()
