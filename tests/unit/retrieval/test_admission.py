"""So many at work, so many waiting, each for so long; what hangs keeps its place and takes nobody else's."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
from anyio import to_thread

from retrieval.admission import Admission
from retrieval.errors import DeadlineExceeded, Overloaded


def work(seconds: float, running: list[int] | None = None) -> Callable[[], Coroutine[Any, Any, str]]:
    async def run() -> str:
        if running is not None:
            running[0] += 1
            running[1] = max(running)
        await asyncio.sleep(seconds)
        if running is not None:
            running[0] -= 1
        return "done"

    return run


def stubborn(seconds: float) -> Callable[[], Coroutine[Any, Any, str]]:
    """Work in a thread, which nobody can stop."""

    async def run() -> str:
        await to_thread.run_sync(time.sleep, seconds)
        return "done"

    return run


def test_no_more_run_than_there_are_places_and_all_are_done() -> None:
    running = [0, 0]

    async def many() -> list[str]:
        admission = Admission(3, 100, 10)
        return await asyncio.gather(*(admission.run(work(0.005, running)) for _ in range(50)))

    assert asyncio.run(many()) == ["done"] * 50
    assert running == [0, 3]


def test_who_finds_the_queue_full_is_told_at_once_and_the_others_are_served() -> None:
    async def many() -> list[str | BaseException]:
        admission = Admission(2, 3, 10)
        return await asyncio.gather(*(admission.run(work(0.02)) for _ in range(9)), return_exceptions=True)

    answers = asyncio.run(many())
    assert answers[:5] == ["done"] * 5
    assert all(isinstance(answer, Overloaded) for answer in answers[5:])


def test_the_time_counts_from_the_first_moment_at_work_or_waiting() -> None:
    async def late() -> None:
        end = threading.Event()

        async def held() -> str:
            return "done" if await to_thread.run_sync(end.wait, 30) else "nobody waited"

        admission = Admission(1, 10, 0.05)
        answers = await asyncio.gather(*(admission.run(held) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(answer, DeadlineExceeded) for answer in answers), "an answer waits for no work that is given up"
        with pytest.raises(DeadlineExceeded):
            await admission.run(work(0))  # the first one holds the place still
        end.set()
        for _ in range(100):  # on a busy machine the place is free a while later
            with suppress(DeadlineExceeded):
                assert await admission.run(work(0)) == "done"
                return
        pytest.fail("the place is lost")

    asyncio.run(late())


def test_what_goes_wrong_is_raised_and_gives_its_place_back() -> None:
    async def fails() -> str:
        raise KeyError("x")

    async def run() -> None:
        admission = Admission(1, 0, 1)
        for _ in range(3):
            with pytest.raises(KeyError):
                await admission.run(fails)
        assert await admission.run(work(0)) == "done"

    asyncio.run(run())


def test_no_place_is_lost_whoever_goes_away_whenever() -> None:
    async def run(seed: int) -> None:
        rng = random.Random(seed)
        admission = Admission(2, 5, 0.02)
        tasks = []
        for _ in range(60):
            made = stubborn(0.004) if rng.random() < 0.3 else work(rng.random() * 0.01)
            tasks.append(asyncio.ensure_future(admission.run(made)))
            await asyncio.sleep(rng.random() * 0.003)
            if rng.random() < 0.4:
                rng.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.03)
        for _ in range(100):  # on a busy machine the time of one may be over before it began
            running = [0, 0]
            left = await asyncio.gather(*(admission.run(work(0.002, running)) for _ in range(7)), return_exceptions=True)
            if left == ["done"] * 7:
                break
        assert left == ["done"] * 7
        assert running == [0, 2]

    for seed in range(8):
        asyncio.run(run(seed))
