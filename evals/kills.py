"""Kill ingestion, the engine, or both, hundreds of times, and hold what is served to law 6 in between and afterwards.

    python -m evals.kills [--runs 200] [--through-prefect 10] [--seed 7] [--seconds S] [--json]

Each run works on a copy of a prepared home (real SQLite, the real engine process, a stand-in for the model), is killed by SIGKILL
at a step or at a random moment (`evals/mortal.py` says what steps are), and is followed by a normal one. A reader looks all the
while (`evals/kill_watch.py`). Afterwards fixed questions must find what they find after an uninterrupted run, ids, texts,
versions and access alike, and `verify` must find no difference. Those through Prefect run `portcullis ingest` as it is, with
the packaged model (`evals/kills_prefect.py`). `--seconds` ends the direct ones early on a slow machine; the table says how many
there were.
Exit 0 when nothing was ever wrong, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from catalog.ids import DEFAULT_TENANT
from catalog.session import transaction
from catalog.tenants import open_tenant
from evals.kill_corpus import PEOPLE, Kind, kinds, lay
from evals.kill_watch import Watch, answers
from evals.mortal import BATCH_DOCUMENTS, DONE, Victim, kill
from evals.open import data_of, open_key, open_stand_in, open_tools
from evals.stand_in import StandIn
from index.launch import reach_engine, stop_engine
from ingest import verify
from ingest.run import Tools
from privacy.redactor import Redactor

VICTIMS: tuple[Victim, ...] = ("ingest", "engine", "both")
RANDOM_SHARE = 0.2
DEADLINE_SECONDS = 120.0
ENGINE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Death:
    """One killed run. `step`: the last step before it; `within`: it lay between the plan and the last deletion."""

    kind: str
    victim: str
    how: str
    step: str
    within: bool
    outcome: str
    faults: tuple[str, ...]
    looks: int
    outages: int


@dataclass(frozen=True, slots=True)
class Course:
    """An uninterrupted run of a kind: its steps, how long it took, and what the questions found afterwards."""

    steps: tuple[str, ...]
    seconds: float
    found: list[Any] = field(repr=False)

    @property
    def until(self) -> int:
        """The step after which nothing is deleted any more; without deletions the last flip, without flips the last label."""
        last = next(name for name in ("delete", "flip", "note labels") if name in self.steps)
        return len(self.steps) - 1 - self.steps[::-1].index(last + DONE)

    def within(self, step: int) -> bool:
        return self.steps.index("plan") <= step <= self.until


class Mortals:
    """The process that runs what may die (`evals/mortal.py`)."""

    def __init__(self, key: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evals.mortal", str(key)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def start(self, home: Path, path: Path, trace: Path, at: int | None = None, victim: Victim = "ingest") -> int:
        """The id of a process that ingests, and dies at step `at`."""
        order = {"home": str(home), "path": str(path), "trace": str(trace), "at": at, "victim": victim}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer()["pid"])

    def wait(self) -> int:
        """How the run ended: 0, or minus the signal."""
        return int(self._answer()["status"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that runs ingestion ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Stage:
    """The folder that holds source, prepared homes and the home in use."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = root / "pages"
        self.key = root / "key"
        self.redactor: Redactor = open_key(self.key)
        self.model: StandIn = open_stand_in()
        self.mortals = Mortals(self.key)
        self._count = 0

    def close(self) -> None:
        self.mortals.close()

    def open(self, home: Path) -> Any:
        return open_tools(home, self.redactor, self.model, batch_documents=BATCH_DOCUMENTS)

    def prepare(self, name: str, kind: Kind) -> Path:
        """A home in which what was before has been ingested, its engine gone; made once."""
        home = self.root / f"prepared-{name}"
        if not home.exists():
            with self.open(home) as tools:
                people(tools)
            if kind.before is not None:
                lay(self.source, kind.before)
                self.finish(home)
            stop_engine(data_of(home))
        return home

    @contextmanager
    def home(self, kind: Kind) -> Iterator[tuple[Path, Tools, Path]]:
        """A copy of the prepared home, its engine running, the source as it is after the change; and a place for the trace."""
        prepared = self.prepare("empty" if kind.before is None else "old", kind)
        lay(self.source, kind.before or {})
        lay(self.source, kind.after)
        self._count += 1
        home = self.root / f"home-{self._count}"
        shutil.copytree(prepared, home)
        (data_of(home) / "engine.json").unlink(missing_ok=True)  # it says where the engine of the original listened
        reach_engine(data_of(home), ENGINE_SECONDS, ENGINE_SECONDS).close()
        try:
            with self.open(home) as tools:
                yield home, tools, self.root / f"trace-{self._count}"
        finally:
            stop_engine(data_of(home))
            shutil.rmtree(home)

    def finish(self, home: Path) -> None:
        """A normal run, which must do well."""
        self.mortals.start(home, self.source, self.root / "trace-normal")
        status = self.mortals.wait()
        if status:
            raise RuntimeError(f"a normal run ended with {status}")


def people(tools: Tools) -> None:
    with transaction(tools.catalog) as write:
        apply_snapshot(write, open_tenant(write, DEFAULT_TENANT), parse_snapshot(json.dumps(PEOPLE)))


def course(stage: Stage, kind: Kind) -> Course:
    """What happens when nobody dies."""
    with stage.home(kind) as (home, tools, trace):
        since = time.monotonic()
        stage.mortals.start(home, stage.source, trace)
        status = stage.mortals.wait()
        seconds = time.monotonic() - since
        if status:
            raise RuntimeError(f"the uninterrupted run of {kind.name!r} ended with {status}")
        return Course(tuple(trace.read_text(encoding="utf-8").splitlines()), seconds, answers(tools))


def die(stage: Stage, kind: Kind, whole: Course, victim: Victim, at: int | None, delay_seconds: float) -> Death:
    """Kill one run at step `at`, or after a while, then let a normal one finish; and say what was wrong."""
    with stage.home(kind) as (home, tools, trace):
        watch = Watch(tools, kind, trace)
        watch.look()
        watch.start()
        pid = stage.mortals.start(home, stage.source, trace, at, victim)
        if at is None:
            time.sleep(delay_seconds)
            kill(victim, home, pid)
        status = stage.mortals.wait()
        steps = trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
        reached = at if at is not None else len(steps) - 1
        watch.look()
        faults = [] if kind.before is None else [f"died: {fault}" for fault in _hidden(watch)]
        try:
            stage.finish(home)
        except RuntimeError as error:
            faults.append(str(error))
        watch.stop()
        faults += watch.faults
        found = answers(tools)
        if found != whole.found:
            faults.append(
                "the questions do not find what they find after an uninterrupted run: " + difference(found, whole.found)
            )
        differences, _ = verify.run(tools, DEFAULT_TENANT, "kills", repair=False)
        if any(differences.values()):
            faults.append(f"verify finds {differences}")
        outcome = "lived" if status == 0 else "killed" if status == -9 else f"ended with {status}"
        step = steps[reached] if 0 <= reached < len(steps) else "before the first step"
        within = reached >= 0 and whole.within(reached)
        how = "at a step" if at is not None else "at random"
        return Death(kind.name, victim, how, step, within, outcome, tuple(faults), watch.looks, watch.outages)


def _hidden(watch: Watch) -> list[str]:
    return [] if watch.looks else ["nobody could look"]


def difference(found: Sequence[Any], expected: Sequence[Any]) -> str:
    """What one has and the other has not, of the first answer that differs."""
    for ours, theirs in zip(found, expected, strict=True):
        if ours != theirs:
            more, fewer = ([row for row in one[-1] if row not in other[-1]] for one, other in ((ours, theirs), (theirs, ours)))
            return f"{str(more)[:300]} instead of {str(fewer)[:300]}"
    return ""


def choose(dice: random.Random, number: int, courses: dict[str, Course]) -> tuple[str, Victim, int | None, float]:
    """The kind by turns, the victim by turns of those; a quarter at random moments, the rest at steps between plan and delete."""
    names = list(courses)
    name = names[number % len(names)]
    victim = VICTIMS[number // len(names) % len(VICTIMS)]
    whole = courses[name]
    if dice.random() < RANDOM_SHARE:
        return name, victim, None, dice.uniform(0, whole.seconds)
    return name, victim, dice.choice([i for i in range(len(whole.steps)) if whole.within(i)]), 0.0


def table(deaths: Sequence[Death]) -> str:
    """By kind and victim; then by the step at which they died."""
    lines = [
        f"{'':20} {'killed runs':>11} {'ingest':>7} {'engine':>7} {'both':>5} {'plan..delete':>12} {'looks':>6} {'wrong':>6}"
    ]
    for name in [*dict.fromkeys(d.kind for d in deaths), "all"]:
        rows = [d for d in deaths if name in (d.kind, "all")]
        by = Counter(d.victim for d in rows)
        lines.append(
            f"{name:20} {len(rows):11} {by['ingest']:7} {by['engine']:7} {by['both']:5} {sum(d.within for d in rows):12}"
            f" {sum(d.looks for d in rows):6} {sum(bool(d.faults) for d in rows):6}"
        )
    steps = Counter(d.step for d in deaths)
    lines.append("died at: " + ", ".join(f"{name} {count}" for name, count in steps.most_common()))
    ends = Counter((d.victim, d.outcome) for d in deaths)
    lines.append("ended: " + ", ".join(f"{victim} {outcome} {count}" for (victim, outcome), count in sorted(ends.items())))
    lines.append(f"searches told of an outage: {sum(d.outages for d in deaths)}")
    return "\n".join(lines)


def run(runs: int, seed: int, tell: Any, seconds: float | None = None) -> list[Death]:
    """So many deaths, of every kind by turns; fewer when so many seconds are over."""
    since = time.monotonic()
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="portcullis-kills-") as folder:
        stage = Stage(Path(folder).resolve())
        try:
            every = {kind.name: kind for kind in kinds()}
            courses = {name: course(stage, kind) for name, kind in every.items()}
            deaths = []
            for number in range(runs):
                if seconds is not None and time.monotonic() - since > seconds:
                    break
                name, victim, at, delay = choose(dice, number, courses)
                deaths.append(die(stage, every[name], courses[name], victim, at, delay))
                tell(deaths[-1])
            return deaths
        finally:
            stage.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.kills", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=200, help="killed runs, those through Prefect among them")
    parser.add_argument("--through-prefect", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    since = time.monotonic()
    direct = options.runs - options.through_prefect
    with progress(options.runs) as tell, tempfile.TemporaryDirectory(prefix="portcullis-kills-") as folder:
        from evals import kills_prefect

        deaths = run(direct, options.seed, tell, options.seconds) if direct else []
        deaths += kills_prefect.run(Path(folder).resolve(), options.through_prefect, options.seed, tell)
    seconds = time.monotonic() - since
    wrong = [d for d in deaths if d.faults]
    if options.json:
        print(json.dumps({"seconds": round(seconds, 1), "wrong": len(wrong), "deaths": [asdict(d) for d in deaths]}, indent=1))
    else:
        print(table(deaths))
        print(f"{len(deaths)} killed runs in {seconds:.0f} s, {len(wrong)} with something wrong")
        for death in wrong:
            print(f"  {death.kind}, {death.victim} {death.how}, {death.step}:", *death.faults[:4], sep="\n    ")
    return 1 if wrong else 0


@contextmanager
def progress(total: int) -> Iterator[Any]:
    """A bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("killing", total=total)
        yield lambda death: bar.update(task, advance=1, description=f"{death.kind}: {death.step}"[:40])


if __name__ == "__main__":
    raise SystemExit(main())
