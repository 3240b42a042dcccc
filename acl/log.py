"""The log of a service: one JSON object a line, built by a root and handed on. Ids, counts and codes, never texts."""

from __future__ import annotations

import logging
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger


def open_log(stream: TextIO) -> FilteringBoundLogger:
    """A log that writes to `stream`."""
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return log
