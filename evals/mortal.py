"""Ingestion that dies where it is told: `python -m evals.mortal KEY_FILE`, driven over standard input by `evals/kills.py`.

Each line asks for one run, in JSON; a fresh child process does it (forked with everything imported: it costs no start) and is
killed by SIGKILL at a step, or kills the engine there, or both. Steps are the calls to the engine and the model, and the
catalog's commits, before and after each; they are written to the trace as they come, so who reads it knows where a run died.
Nothing in the product knows of this: the tools are wrapped here, and commits are seen by SQLAlchemy's own events.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

from sqlalchemy import event
from sqlalchemy.orm import Session

from catalog.ids import DEFAULT_TENANT
from evals.kill_corpus import SOURCE
from evals.open import data_of, open_key, open_stand_in, open_tools
from evals.stand_in import StandIn
from index.calls import IndexCalls
from index.point import Vectors
from ingest.pipeline import run
from ingest.run import Request, Tools
from privacy.redactor import Redactor

Victim = Literal["ingest", "engine", "both"]
BATCH_DOCUMENTS = 4
DONE = " done"
MUTATING = ("ensure", "upsert", "set_label", "delete", "flush", "vectors")


class Steps:
    """Counts the steps of a run, writes each to the trace, and lets the victim die at the chosen one."""

    def __init__(self, trace: Path, at: int | None, die: Callable[[], None]) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._at, self._die, self._count = at, die, 0

    def step(self, name: str) -> None:
        os.write(self._trace, f"{name}\n".encode())
        if self._count == self._at:
            self._die()
        self._count += 1

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any) -> Any:
            self.step(name)
            result = call(*args)
            self.step(name + DONE)
            return result

        return watched


class WatchedIndex:
    """The index with a step before and after each call that changes it."""

    def __init__(self, index: IndexCalls, steps: Steps) -> None:
        self._index, self._steps = index, steps

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._index, name)
        return self._steps.around(name, call) if name in MUTATING else call


class WatchedModel(StandIn):
    """The stand-in with a step before and after each use."""

    def __init__(self, model: StandIn, steps: Steps) -> None:
        super().__init__(model.tokens)
        self._steps = steps

    def embed(self, texts: Sequence[str]) -> Vectors:
        return cast(Vectors, self._steps.around("embed", super().embed)(texts))


def watch_commits(steps: Steps) -> None:
    """A step before and after each commit, named by what it writes."""
    written: list[str] = []

    @event.listens_for(Session, "do_orm_execute")
    def _note(state: Any) -> None:
        if not state.is_select:
            verb = "insert" if state.is_insert else "update" if state.is_update else "delete"
            written.append(f"{verb} {state.statement.table.name}")

    @event.listens_for(Session, "before_commit")
    def _before(_session: Session) -> None:
        steps.step(commit_name(written))

    @event.listens_for(Session, "after_commit")
    def _after(_session: Session) -> None:
        name = commit_name(written)
        written.clear()
        steps.step(name + DONE)


def commit_name(written: Sequence[str]) -> str:
    """What a transaction is for, told by the tables that it writes."""
    if "insert runs" in written:
        return "plan"
    if "update runs" in written:
        return "finish"
    if "update documents" in written:
        return "flip" if "update ledger" in written else "note labels"
    if "delete ledger" in written:
        return "note deleted"
    if "insert ledger" in written:
        return "note writing"
    return "absorb" if "insert version_chunks" in written else "renew"


def engine_pid(home: Path) -> int | None:
    """The process that owns the index of this home, if one says so."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return int(json.loads((data_of(home) / "engine.json").read_text(encoding="utf-8"))["pid"])
    return None


def kill(victim: Victim, home: Path, ingest: int) -> None:
    """SIGKILL, the engine first."""
    if victim != "ingest" and (pid := engine_pid(home)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if victim != "engine":
        with contextlib.suppress(ProcessLookupError):
            os.kill(ingest, signal.SIGKILL)


def ingest_once(order: dict[str, Any], redactor: Redactor, model: StandIn) -> None:
    """One run, as the order says. Raises what the pipeline raises."""
    home = Path(order["home"])
    victim: Victim = order["victim"]
    steps = Steps(Path(order["trace"]), order["at"], lambda: kill(victim, home, os.getpid()))
    watch_commits(steps)
    with open_tools(home, redactor, WatchedModel(model, steps), batch_documents=BATCH_DOCUMENTS) as tools:
        index = cast(IndexCalls, WatchedIndex(tools.index, steps))
        watched = Tools(tools.catalog, index, tools.embedder, redactor, tools.settings)
        run(watched, Request(DEFAULT_TENANT, order["path"], source=SOURCE), uuid4())


def main() -> int:
    redactor, model = open_key(Path(sys.argv[1])), open_stand_in()
    redactor.redact(1, ["Warm up: ana@example.com"])  # type: ignore[arg-type]
    model.tokens.count("warm up")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                ingest_once(order, redactor, model)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
