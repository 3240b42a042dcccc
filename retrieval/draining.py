"""A server that says that it is about to stop before it stops: who sends it questions looks at `/readyz`, then asks others."""

from __future__ import annotations

import signal
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """At SIGTERM it goes on for `drain_seconds`, then ends as uvicorn does; at a second signal, and at Ctrl-C, without that."""

    def __init__(self, config: uvicorn.Config, drain_seconds: float, on_drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._on_drain = on_drain
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig != signal.SIGTERM or self._until is not None:
            super().handle_exit(sig, frame)
            return
        self._on_drain()
        self._until = monotonic() + self._drain_seconds

    async def on_tick(self, counter: int) -> bool:
        if self._until is not None and monotonic() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)
