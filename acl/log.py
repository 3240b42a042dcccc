"""The log of a service: one JSON object a line, built by a root and handed on. Ids, counts and codes, never texts.

A line that is written while a request is at work says which, whoever writes it: the outermost layer binds the ids.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TextIO

import structlog
from structlog.contextvars import merge_contextvars
from structlog.typing import FilteringBoundLogger


def open_log(stream: TextIO) -> FilteringBoundLogger:
    """A log that writes to `stream`."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return log


def places(trace: TracebackType | None, limit: int = 8) -> list[str]:
    """Where an error came from, innermost last, without any value or message."""
    return [f"{place(frame.filename, frame.lineno)} {frame.name}" for frame in traceback.extract_tb(trace)[-limit:]]


def place(path: str, line: int | None) -> str:
    """A line of code, without the folders of this machine."""
    return f"{'/'.join(path.rsplit('/', 2)[-2:])}:{line}"
