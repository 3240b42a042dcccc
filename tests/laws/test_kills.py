"""Law 6 with real processes: SIGKILL between plan and delete, a reader all the while, and a normal run that finishes the job."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.kill_corpus import Kind, kinds
from evals.kills import Course, Stage, course, die
from evals.mortal import Victim

pytestmark = pytest.mark.slow
MIXED = next(kind for kind in kinds() if kind.name == "mixed")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("kills").resolve())
    yield made
    made.close()


@pytest.fixture(scope="module")
def whole(stage: Stage) -> Course:
    return course(stage, MIXED)


@pytest.mark.parametrize(
    ("step", "victim"),
    [
        ("plan done", "ingest"),
        ("upsert done", "both"),
        ("flip done", "both"),
        ("delete", "engine"),
    ],
)
def test_a_killed_run_leaves_one_version_served_and_the_next_finishes_it(
    stage: Stage, whole: Course, step: str, victim: Victim
) -> None:
    death = die(stage, MIXED, whole, victim, whole.steps.index(step), 0.0)
    assert death.within
    assert death.outcome == ("lived" if victim == "engine" else "killed")
    assert death.looks > 1
    assert not death.faults


def test_the_reader_sees_what_must_not_be(stage: Stage, whole: Course) -> None:
    """A watch that expects no document to leave finds that some did: it does look."""
    strict = Kind(MIXED.name, MIXED.before, MIXED.after, leaves=frozenset(), narrowed=MIXED.narrowed)
    death = die(stage, strict, whole, "ingest", whole.steps.index("plan done"), 0.0)
    assert any("is served in no version" in fault for fault in death.faults)
