"""Sequences over several processes, each with a house of its own."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evals.sequences.run import attempt
from evals.sequences.tally import Tally

IN_MEMORY = Path("/dev/shm")
"""Where homes lie if it is there: what survives a power cut is not asked here."""
LOOK_SECONDS = 5.0


def spread(
    numbers: Sequence[int], steps: int, seed: int, jobs: int, tell: Callable[[int], None], redis_url: str | None = None
) -> Tally:
    """The sequences over `jobs` processes; `tell` hears how many are done. Raises RuntimeError when one ends before its time."""
    context = multiprocessing.get_context("spawn")  # a forked client of the engine would share its parent's sockets
    told: Any = context.Queue()
    shares = [numbers[job::jobs] for job in range(jobs)]
    processes = [context.Process(target=_work, args=(one, steps, seed, redis_url, told), daemon=True) for one in shares]
    for process in processes:
        process.start()
    total = Tally()
    try:
        while total.sequences < len(numbers):
            try:
                said = told.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if any(process.exitcode for process in processes):
                    raise RuntimeError("a process ended and did not say why") from None
                continue
            if isinstance(said, str):
                raise RuntimeError(said)
            total.add(said)
            tell(total.sequences)
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()
    return total


def _work(numbers: Sequence[int], steps: int, seed: int, redis_url: str | None, told: Any) -> None:
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # the folder and the engine go too
    try:
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None, prefix="sequences-") as home:
            attempt(Path(home), numbers, steps, seed, told.put, redis_url=redis_url)
    except Exception:
        told.put(traceback.format_exc())
        raise
