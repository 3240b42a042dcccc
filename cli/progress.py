"""How far long work is, for whoever waits at a terminal; and that Ctrl-C ends it, whatever a library makes of it."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Tell = Callable[[int, int], None]
"""Called with how many are done and how many there are. Raises KeyboardInterrupt when Ctrl-C was pressed and went unheard."""


@contextlib.contextmanager
def bar(doing: str, unit: str) -> Iterator[Tell]:
    """Yields what is told how far the work is. It shows a bar on stderr, when that is a terminal; else nothing."""
    with _interrupts() as heed:
        if not sys.stderr.isatty():
            yield lambda _done, _total: heed()
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            shown = progress.add_task("starting", total=None)

            def tell(done: int, total: int) -> None:
                heed()
                progress.update(shown, description=doing, completed=done, total=total)

            yield tell


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], None]]:
    """Within the block Ctrl-C raises KeyboardInterrupt as ever, and what is yielded raises it again if somebody swallowed it.

    Libraries do: a bare `except` or a native module that is just being imported, and the run would go on for hours.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not ours or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.default_int_handler(number, frame)

    def heed() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
