"""How many requests are worked on at once, how many more may wait for that, and how long each may take, waiting included.

A request whose time is over is answered at once; its work is told to stop, which it does at its next step. Until then it keeps
its place: so work that nobody waits for any more is never more than there are places, whatever hangs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from time import monotonic, perf_counter
from typing import Any, TypeVar

import anyio

from retrieval.errors import DeadlineExceeded, Overloaded
from retrieval.timeline import note_stage

T = TypeVar("T")


class Admission:
    """For one event loop."""

    def __init__(self, places: int, waiting: int, seconds: float) -> None:
        self._places = self._free = places
        self._most_waiting = waiting
        self._seconds = seconds
        self._waiting: deque[asyncio.Future[None]] = deque()

    def at_work(self) -> int:
        """How many places are taken."""
        return self._places - self._free

    def waiting(self) -> int:
        """How many requests wait for one."""
        return len(self._waiting)

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` gives or raises. Raises `Overloaded` when too many wait, `DeadlineExceeded` at the end of the time."""
        until = monotonic() + self._seconds
        await self._enter(until)
        scope = anyio.CancelScope()  # its end waits for a thread's; asyncio's own word to stop would leave the thread behind
        task = asyncio.ensure_future(_within(scope, work))
        task.add_done_callback(self._leave)
        try:
            done, _ = await asyncio.wait({task}, timeout=max(0.0, until - monotonic()))
        except asyncio.CancelledError:
            scope.cancel()
            raise
        if not done:
            scope.cancel()
            raise DeadlineExceeded(self._seconds)
        return task.result()

    async def _enter(self, until: float) -> None:
        if self._free > 0:
            self._free -= 1
            return
        if len(self._waiting) >= self._most_waiting:
            raise Overloaded
        began = perf_counter()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            done, _ = await asyncio.wait({place}, timeout=max(0.0, until - monotonic()))
        except asyncio.CancelledError:
            self._give_up(place)
            raise
        if not done:
            note_stage("wait", began, perf_counter())
            self._give_up(place)
            raise DeadlineExceeded(self._seconds)
        note_stage("wait", began, perf_counter())

    def _give_up(self, place: asyncio.Future[None]) -> None:
        """Stop waiting; a place that was handed over in this very moment goes to the next."""
        if place.done():
            self._pass_on()
        else:
            place.cancel()
            self._waiting.remove(place)

    def _leave(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains of one that nobody waits for
        self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1


async def _within(scope: anyio.CancelScope, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    with scope:
        return await work()
    raise asyncio.CancelledError
