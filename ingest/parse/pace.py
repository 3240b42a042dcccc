"""How a long reading says that it goes on. A scan of a hundred pages takes minutes and is no hang: OCR tells after each page."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar


def _nobody() -> None:
    pass


LISTENER: ContextVar[Callable[[], None]] = ContextVar("LISTENER", default=_nobody)
"""Who measures the time of a reading; set by whoever reads in a process of its own."""


def page_read() -> None:
    """A page is done, and the next one has its time before it."""
    LISTENER.get()()
