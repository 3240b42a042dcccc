"""Getting rid of what a Qdrant Edge shard's write-ahead log remembers of deleted points."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from index.errors import IndexUnavailable

FILLER_BYTES = 4 << 20
MOST_FILLERS = 100
NOBODY = -1
"""No tenant has this number."""


def outrun(shard: Any, log: Path) -> None:
    """Write records that change nothing until every file of the log is a new one. About 100 MB, 2 s. Raises `IndexUnavailable`.

    The log closes a file of 32 MB when it is full, and drops the closed ones, save the last, once their records are flushed.
    """
    import qdrant_edge as edge

    nobody = edge.Filter(must=[edge.FieldCondition(key="tenant", match=edge.MatchValue(NOBODY))])
    filler = edge.UpdateOperation.set_payload_by_filter(nobody, {"filler": "0" * FILLER_BYTES})
    with ExitStack() as held:
        files = [file for file in log.iterdir() if _is_segment(file)]
        for file in files:
            held.enter_context(file.open("rb"))  # as long as it is open here, no new file can get its number
        old = {_identity(file) for file in files}
        for _ in range(MOST_FILLERS):
            shard.update(filler)
            shard.flush()
            if not any(_is_segment(file) and _identity(file) in old for file in log.iterdir()):
                return
    raise IndexUnavailable(f"The write-ahead log {log} keeps its old files: deleted points are still named there.")


def _is_segment(file: Path) -> bool:
    return file.name.startswith(("open-", "closed-"))


def _identity(file: Path) -> tuple[int, int] | None:
    """Of the file that the name stands for now; None when it was dropped meanwhile."""
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_dev, told.st_ino
