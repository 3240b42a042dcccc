"""How SQLite answers the statements of a piece of work: which of them walk through what they should ask for by its key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

READS = ("SELECT", "WITH", "UPDATE", "DELETE")
Statement = tuple[str, Any]


@contextmanager
def statements(catalog: Engine) -> Iterator[list[Statement]]:
    """Those that are executed meanwhile, but for plain inserts, with their values."""
    told: list[Statement] = []

    def note(*of: Any) -> None:
        if of[2].lstrip().startswith(READS):
            told.append((of[2], of[3]))

    event.listen(catalog, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(catalog, "before_cursor_execute", note)


def walks(catalog: Engine, told: list[Statement], walk: re.Pattern[str]) -> list[tuple[str, list[str]]]:
    """The statements whose plan has a step like `walk`, with their plans."""
    with catalog.connect() as connection:
        plans = [
            (words, [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)])
            for words, values in told
        ]
    return [(words, plan) for words, plan in plans if any(walk.search(step) for step in plan)]
