"""What one request went through: laps, each with its beginning and its end, gathered while it runs.

They are the laps that `usage.stages` and the figures add up, so a trace cannot disagree with them. Where nobody gathers, a lap
costs one look at a variable, which decides nothing but where a lap is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter, time_ns
from typing import Literal

from catalog.errors import PortcullisError

MOST_LAPS = 400
"""Kept of one request; a question of eight rounds has some seventy."""

Kind = Literal["stage", "call"]


@dataclass(slots=True)
class Lap:
    """A stretch of `perf_counter` seconds; `ended` is None while it lasts. A `call`: another process did it, and gave `hits`."""

    name: str
    kind: Kind
    began: float
    ended: float | None = None
    fault: str | None = None
    hits: int | None = None


@dataclass(slots=True)
class Timeline:
    """The laps of one request, in the order in which they were noted. Several threads may note at once."""

    began: float = field(default_factory=perf_counter)
    began_ns: int = field(default_factory=time_ns)  # the same moment, since 1970
    laps: list[Lap] = field(default_factory=list)

    def note(self, lap: Lap) -> Lap:
        """Keep it, if there is room."""
        if len(self.laps) < MOST_LAPS:
            self.laps.append(lap)
        return lap


_GATHERED: ContextVar[Timeline | None] = ContextVar("timeline", default=None)


@contextmanager
def gathering(timeline: Timeline | None) -> Iterator[None]:
    """Laps of this task, of those that it starts and of threads that work for it are noted here."""
    before = _GATHERED.set(timeline)
    try:
        yield
    finally:
        _GATHERED.reset(before)


def note_stage(name: str, began: float, ended: float) -> None:
    """A stage that is over."""
    if (timeline := _GATHERED.get()) is not None:
        timeline.note(Lap(name, "stage", began, ended))


@contextmanager
def calling(name: str) -> Iterator[Lap]:
    """A call to another process, for as long as the block lasts; one that never ends is seen too."""
    lap = Lap(name, "call", perf_counter())
    if (timeline := _GATHERED.get()) is not None:
        timeline.note(lap)
    try:
        yield lap
    except Exception as error:
        lap.fault = error.code if isinstance(error, PortcullisError) else type(error).__name__
        raise
    finally:
        lap.ended = perf_counter()
