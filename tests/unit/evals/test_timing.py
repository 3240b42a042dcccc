"""The comparison of times sees a difference of a millisecond, and none where there is none."""

from __future__ import annotations

import random
import time

from evals.timing import compare, tell


def test_a_planted_millisecond_is_found_and_equal_requests_are_not_told_apart() -> None:
    chance = random.Random(1)

    def work(extra: float) -> None:
        time.sleep(0.001 + chance.random() / 1000 + extra)

    found = compare({"planted": (lambda: work(0), lambda: work(0.001)), "equal": (lambda: work(0), lambda: work(0))}, 120)
    assert found["planted"].apart
    assert found["planted"].longer > 0.7
    assert found["planted"].requests == 120
    assert 0.3 < found["equal"].longer < 0.7


def test_times_drawn_alike_are_rarely_told_apart_and_a_shape_alone_is_enough() -> None:
    chance = random.Random(2)
    alike = [
        tell([chance.gauss(5, 1) for _ in range(300)], [chance.gauss(5, 1) for _ in range(300)], tests=2).apart for _ in range(50)
    ]
    assert sum(alike) <= 1
    wider = tell([chance.gauss(5, 0.2) for _ in range(300)], [chance.gauss(5, 1) for _ in range(300)], tests=2)
    assert wider.apart
