"""After a right is taken away the very next question obeys, in two services over one home: a short part of `evals.revocation`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.revocation import WAYS, Trials, attempt, standing


@pytest.mark.slow
def test_the_very_next_question_obeys_in_both_services_and_a_miss_is_told(
    tmp_path: Path, prefect_database: Callable[[Path], None]
) -> None:
    prefect_database(tmp_path)

    class Idle:
        """A way that takes nothing away: what it leaves readable must be told as a miss."""

        name = "nothing at all"
        asker = "s"

        def take(self, place, n) -> None: ...

        def give(self, place, n) -> None: ...

    with standing(tmp_path) as (place, services):
        told: Trials = attempt(place, services, WAYS, 5 * len(WAYS))
        idle = attempt(place, services, [Idle()], 1)
    assert told.misses == ()
    assert told.questions == 2 * told.trials == 10 * len(WAYS)
    assert set(told.by_way.values()) == {5}
    assert told.added
    assert len(idle.misses) == 2
    assert not idle.passed
