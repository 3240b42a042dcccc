"""What libraries, warnings and threads that break say, in the log of the service: a line of JSON like any other.

Their words are left out: a message of a library may quote what a caller sent. What stays is who speaks, from where, of which
kind, and the words that stand in its code: a message's pattern before anything is put in.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from structlog.typing import FilteringBoundLogger

from acl.log import place, places

CONSTANT = ("uvicorn", "portcullis")
"""Loggers whose patterns are never made of what came in, also where nothing is put into them."""


@contextmanager
def routed(log: FilteringBoundLogger) -> Iterator[None]:
    """For as long as the block lasts, `logging` from WARNING on, `warnings` and errors that nobody caught go to `log`."""
    root, handler = logging.getLogger(), _Handler(log)
    before = (warnings.showwarning, threading.excepthook, sys.excepthook, sys.unraisablehook, list(root.handlers))

    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        log.warning("warning", category=category.__name__, at=place(filename, lineno))

    def thread_broke(told: threading.ExceptHookArgs) -> None:
        if told.exc_type is SystemExit:
            return
        name = None if told.thread is None else told.thread.name
        log.error("thread_failed", thread=name, error=told.exc_type.__name__, at=places(told.exc_traceback))

    def broke(type_: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
        log.error("failed", error=type_.__name__, at=places(trace))

    def unraisable(told: sys.UnraisableHookArgs) -> None:
        log.error("failed", error=told.exc_type.__name__, at=places(told.exc_traceback))

    root.handlers[:] = [handler]
    warnings.showwarning, threading.excepthook = showwarning, thread_broke
    sys.excepthook, sys.unraisablehook = broke, unraisable
    try:
        yield
    finally:
        warnings.showwarning, threading.excepthook, sys.excepthook, sys.unraisablehook, root.handlers[:] = before


class _Handler(logging.Handler):
    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        said = {"logger": record.name, "at": [place(record.pathname, record.lineno)]}
        if record.exc_info and record.exc_info[0] is not None:
            said |= {"error": record.exc_info[0].__name__, "at": places(record.exc_info[2])}
        if isinstance(record.msg, str) and (record.args or record.name.partition(".")[0] in CONSTANT):
            said["pattern"] = record.msg.strip()
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        self._log.log(level, "library", **said)
