"""Says that reading a document gets on, to whoever measures its time. Pages of a scan take seconds each; a hang says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[], None] | None] = ContextVar("listener", default=None)


def step_done() -> None:
    """A bounded piece of work is done: a page found, a batch of lines read. Never call it where input could make it endless."""
    if (listener := _listener.get()) is not None:
        listener()


@contextmanager
def told_to(listener: Callable[[], None]) -> Iterator[None]:
    """Within it each `step_done` of this thread calls `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
