"""Kill `portcullis ingest` itself, through Prefect and with the packaged model: nothing is wrapped, it is watched from outside.

The catalog is read every millisecond; when it shows what a death waits for (the plan is committed, points are noted as being
written, a version has been flipped, points are noted as being deleted) SIGKILL follows. One Prefect server serves all homes.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from catalog.ids import DEFAULT_TENANT
from evals.kill_corpus import SOURCE, Kind, kinds, lay
from evals.kill_watch import Watch, answers
from evals.kills import Death, difference, people
from evals.mortal import Victim, kill
from evals.open import data_of, open_key, open_model, open_tools
from index.launch import stop_engine
from index.model import Embedder
from ingest import verify
from ingest.run import Tools

POLL_SECONDS = 0.001
GIVE_UP_SECONDS = 120.0
VICTIMS: tuple[Victim, ...] = ("ingest", "both", "engine")
SIGNS = {
    "plan done": "SELECT count(*) FROM runs WHERE finished_at IS NULL",
    "note writing done": "SELECT count(*) FROM ledger WHERE state = 'writing'",
    "flip done": "SELECT count(*) FROM documents WHERE current_version_id > {newest}",
    "before delete": "SELECT count(*) FROM ledger WHERE state = 'deleting'",
}
"""What the catalog shows at a step; `newest` is the number of the newest version before the run."""


class CommandLine:
    """Prepared homes and the command line over copies of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = root / SOURCE
        self.model: Embedder = open_model()
        self.environment = {**os.environ, "INGEST_BATCH_DOCUMENTS": "4", "FLOWS_SERVER_IDLE_SECONDS": "120"}
        self._server: int | None = None
        self._count = 0

    def start(self, home: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", "ingest", str(self.source), "--source", SOURCE, "--json"],
            env={**self.environment, "PORTCULLIS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def finish(self, home: Path) -> None:
        """A normal run, which must do well."""
        status = self.start(home).wait(GIVE_UP_SECONDS)
        if status:
            raise RuntimeError(f"a normal run ended with {status}")

    def tools(self, home: Path) -> Any:
        return open_tools(home, open_key(home / "privacy.key"), self.model)

    def prepare(self, kind: Kind) -> Path:
        """A home in which what was before has been ingested. The first one's Prefect server is everybody's from then on."""
        home = self.root / ("prepared-empty" if kind.before is None else "prepared-old")
        if not home.exists():
            with self.tools(home) as tools:
                people(tools)
            if kind.before is not None or self._server is None:
                lay(self.source, kind.before or {"access.yaml": "allow: []\n"})
                self.finish(home)
            self._use_server_of(home)
            stop_engine(data_of(home))
        return home

    def close(self) -> None:
        if self._server is not None:
            with suppress(ProcessLookupError):
                os.kill(self._server, signal.SIGTERM)

    @contextmanager
    def home(self, kind: Kind) -> Iterator[tuple[Path, Tools, Path]]:
        prepared = self.prepare(kind)
        lay(self.source, kind.before or {})
        lay(self.source, kind.after)
        self._count += 1
        home = self.root / f"home-{self._count}"
        shutil.copytree(prepared, home, ignore=shutil.ignore_patterns("prefect", "engine.json"))
        try:
            with self.tools(home) as tools:
                yield home, tools, self.root / f"trace-{self._count}"
        finally:
            stop_engine(data_of(home))
            shutil.rmtree(home)

    def _use_server_of(self, home: Path) -> None:
        state = home / "prefect" / "server.json"
        if self._server is None and state.exists():
            said = json.loads(state.read_text(encoding="utf-8"))
            self._server = said["pid"]
            self.environment |= {
                "PREFECT_API_URL": f"http://127.0.0.1:{said['port']}/api",
                "PREFECT_API_AUTH_STRING": said["secret"],
            }


def run(root: Path, runs: int, seed: int, tell: Callable[[Death], None]) -> list[Death]:
    """So many deaths of the command line, signs and victims by turns."""
    if not runs:
        return []
    dice = random.Random(seed)
    every = [kind for kind in kinds() if kind.before is not None and kind.name != "access"]
    line = CommandLine(root)
    try:
        expected: dict[str, list[Any]] = {}
        deaths = []
        for number in range(runs):
            kind = every[::-1][number % len(every)]
            if kind.name not in expected:
                with line.home(kind) as (home, tools, _):
                    line.finish(home)
                    expected[kind.name] = answers(tools)
            signs = [sign for sign in SIGNS if kind.name != "deletes" or sign in ("plan done", "before delete")]
            deaths.append(die(line, kind, expected[kind.name], VICTIMS[number % 3], dice.choice(signs)))
            tell(deaths[-1])
        return deaths
    finally:
        line.close()


def die(line: CommandLine, kind: Kind, expected: list[Any], victim: Victim, sign: str) -> Death:
    """Kill one at the sign, let a normal run finish, and say what was wrong."""
    with line.home(kind) as (home, tools, trace):
        watch = Watch(tools, kind, trace)
        watch.look()
        watch.start()
        process = line.start(home)
        seen = wait_for(sign, home, process, trace)
        if seen:
            kill(victim, home, process.pid)
        status = process.wait(GIVE_UP_SECONDS)
        watch.look()
        faults = []
        try:
            line.finish(home)
        except RuntimeError as error:
            faults.append(str(error))
        watch.stop()
        faults += watch.faults
        found = answers(tools)
        if found != expected:
            faults.append("the questions do not find what they find after an uninterrupted run: " + difference(found, expected))
        differences, _ = verify.run(tools, DEFAULT_TENANT, "kills", repair=False)
        if any(differences.values()):
            faults.append(f"verify finds {differences}")
        outcome = {0: "lived", -9: "killed"}.get(status, f"ended with {status}")
        return Death(
            f"Prefect, {kind.name}"[:20], victim, "at a sign", sign, seen, outcome, tuple(faults), watch.looks, watch.outages
        )


def wait_for(sign: str, home: Path, process: subprocess.Popen[bytes], trace: Path) -> bool:
    """Whether the catalog showed the sign before the run ended. The plan's commit is noted in the trace, for who watches."""
    with closing(sqlite3.connect(f"file:{home / 'catalog.db'}?mode=ro", uri=True, timeout=30)) as catalog:
        newest = catalog.execute("SELECT max(id) FROM versions").fetchone()[0] or 0
        until = time.monotonic() + GIVE_UP_SECONDS
        while process.poll() is None and time.monotonic() < until:
            if not trace.exists() and catalog.execute(SIGNS["plan done"]).fetchone()[0]:
                trace.write_text("plan done\n", encoding="utf-8")
            if catalog.execute(SIGNS[sign].format(newest=newest)).fetchone()[0]:
                return True
            time.sleep(POLL_SECONDS)
    return False
