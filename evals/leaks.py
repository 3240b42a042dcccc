"""Ask as many people through HTTP, and hold every answer against an oracle that knows nothing of our code.

    python -m evals.leaks DATA [--people 40] [--questions 25]

DATA holds `manifest.jsonl`, `groups-snapshot.json`, `acl.jsonl` and `docs/`. Everything happens in a temporary home: people and
groups are applied, the documents ingested (twice: the second run must embed nothing), the service started on loopback.
Exit 0 when nothing leaked and nothing is missing, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from evals.oracle import Question, pick_people, pick_questions, read_oracle

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`leaks`: results that the oracle forbids. `missing`: answers without any result for somebody who may read what answers."""

    asked: int
    results: int
    leaks: tuple[str, ...]
    missing: tuple[str, ...]
    found: int  # of those who may read the answering document, how often it was among the results
    may: int

    @property
    def passed(self) -> bool:
        return self.asked > 0 and self.results > 0 and not self.leaks and not self.missing


def judge(
    client: httpx.Client, people: Sequence[str], questions: Sequence[Question], oracle: Mapping[str, frozenset[str]]
) -> Verdict:
    """Ask every question as every person."""
    asked = results = found = may = 0
    leaks: list[str] = []
    missing: list[str] = []
    for person in people:
        for question in questions:
            response = client.post("/v1/retrieve", json={"query": question.text, "top_k": 8}, headers={"X-On-Behalf-Of": person})
            response.raise_for_status()
            documents = [row["document_id"] for row in response.json()["results"]]
            copies = [d for row in response.json()["results"] for d in row["duplicates"]]
            asked += 1
            results += len(documents)
            leaks += [f"{person} got {d}" for d in (*documents, *copies) if person not in oracle.get(d, frozenset())]
            if person in oracle[question.document]:
                may += 1
                found += question.document in (*documents, *copies)
                if not documents:
                    missing.append(f"{person} got nothing for {question.document}")
    return Verdict(asked, results, tuple(leaks), tuple(missing), found, may)


def portcullis(home: Path, *arguments: str) -> Any:
    """Run the command line with `--json` in `home`; its JSON. Raises CalledProcessError unless it exits 0 or 3."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *arguments, "--json"],
        env={**os.environ, "PORTCULLIS_HOME": str(home)},
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise subprocess.CalledProcessError(done.returncode, arguments[0], done.stdout)
    return json.loads(done.stdout)


@contextmanager
def service(home: Path, port: int) -> Iterator[httpx.Client]:
    """`portcullis serve` on loopback, ready, with a key that may ask on behalf of people; stopped at the end."""
    with _serving(home, port, "serve", ("retrieve", "impersonate"), "/readyz") as client:
        yield client


@contextmanager
def scim_service(home: Path, port: int) -> Iterator[httpx.Client]:
    """`portcullis scim` likewise, with a key that may keep people and groups in step. Paths begin with `/Users` and the like."""
    with _serving(home, port, "scim", ("scim",), "/healthz") as client:
        client.base_url = client.base_url.join("/scim/v2")
        yield client


@contextmanager
def _serving(home: Path, port: int, command: str, scopes: Sequence[str], sign_of_life: str) -> Iterator[httpx.Client]:
    wanted = [word for scope in scopes for word in ("--scope", scope)]
    key = portcullis(home, "keys", "create", "--name", "evaluation", *wanted)["key"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", command, "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "PORTCULLIS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            _wait_until_ready(client, process, sign_of_life)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes], sign_of_life: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get(sign_of_life).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"the service was not ready within {START_SECONDS:.0f} s (exit code {process.poll()})")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.leaks", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--questions", type=int, default=25)
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    data: Path = options.data.resolve()
    oracle = read_oracle(data / "acl.jsonl")
    with tempfile.TemporaryDirectory(prefix="portcullis-leaks-") as folder:
        home = Path(folder)
        portcullis(home, "groups", "apply", str(data / "groups-snapshot.json"))
        first = portcullis(home, "ingest", str(data), "--source", "leaks")
        second = portcullis(home, "ingest", str(data), "--source", "leaks")
        print("first run ", first["documents"], first["chunks"], f"{first['seconds']:.1f} s")
        print("second run", second["documents"], second["chunks"], f"{second['seconds']:.1f} s")
        named = {row["document"] for row in map(json.loads, (data / "manifest.jsonl").read_text().splitlines())}
        ended = {row["document"] for row in first["files"]}
        questions = pick_questions(data / "docs", oracle, options.questions)
        started = time.monotonic()
        with service(home, options.port) as client:
            verdict = judge(client, pick_people(oracle, options.people), questions, oracle)
        seconds = time.monotonic() - started
        portcullis(home, "engine", "stop")
    print(
        f"{len(named)} documents named, {len(named - ended)} without a named end, {second['chunks']['embedded']} embedded again"
    )
    print(f"{verdict.asked} retrieves, {verdict.results} results, {seconds:.1f} s")
    print(
        f"leaks {len(verdict.leaks)}, missing {len(verdict.missing)}, answering document found {verdict.found} of {verdict.may}"
    )
    for line in (*verdict.leaks, *verdict.missing):
        print(" ", line)
    return 0 if verdict.passed and not named - ended and not second["chunks"]["embedded"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
