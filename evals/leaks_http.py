"""Does anybody get what he may not read, or miss what he may? Canaries over a corpus's real access lists, asked for through HTTP.

Everybody asks for every canary; each answer is compared with an oracle that follows names through the files by brute force.
Then the same with the corpus's groups wrapped in generated nesting, circles and denies. The service runs as it is deployed:
`portcullis serve` with its real model and redaction, one key, `X-On-Behalf-Of`; nothing is cached for the evaluation's sake.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from evals.canaries import Probe, plant, probes
from evals.filter_cost import FilterCost, filter_cost
from evals.grants import Grants, read_grants, readers, wrapped
from evals.leaks import portcullis, service
from index.model import Embedder

Tell = Callable[[int, int], None]
TOP_K = 20
AT_ONCE = 12
"""Canaries in one question, at most."""
STAGES = ("scope", "recheck")
SEED = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """`leaks` and `missing` name person and document. `pairs`: person and document asked for together."""

    retrieves: int
    pairs: int
    readable: int  # of the pairs, those that the oracle lets through
    results: int
    leaks: tuple[str, ...]
    missing: tuple[str, ...]
    refused: int  # of the people who are not active: all of them, or it is a leak
    milliseconds: Mapping[str, tuple[float, ...]] = field(repr=False)

    @property
    def passed(self) -> bool:
        return self.results > 0 and self.readable > 0 and not self.leaks and not self.missing

    def described(self) -> dict[str, Any]:
        """For `--json`."""
        plain = {k: v for k, v in asdict(self).items() if k != "milliseconds"}
        return plain | {"milliseconds": {name: _quantiles(values) for name, values in self.milliseconds.items()}}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in each world: the lists as they are, and wrapped."""

    worlds: Mapping[str, Verdict]
    cost: Mapping[str, FilterCost]

    @property
    def retrieves(self) -> int:
        return sum(verdict.retrieves for verdict in self.worlds.values())

    @property
    def passed(self) -> bool:
        return all(verdict.passed for verdict in self.worlds.values())

    def described(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "passed": self.passed,
            "retrieves": self.retrieves,
            "worlds": {name: verdict.described() | {"index": asdict(self.cost[name])} for name, verdict in self.worlds.items()},
        }


def measure(folder: Path, retrieves: int, embedder: Embedder, tell: Tell = lambda _done, _total: None) -> Report:
    """At least `retrieves` questions over both worlds, and as many more as it takes to ask everybody for every canary."""
    plain = read_grants(folder)
    both = {"as they are": plain, "wrapped": wrapped(plain, SEED)}
    pairs = sum(len(grants.people) * len(grants.allow) for grants in both.values())
    at_once = max(1, min(AT_ONCE, pairs // max(1, retrieves)))
    planned = {name: len(grants.people) * -(-len(grants.allow) // at_once) for name, grants in both.items()}
    worlds: dict[str, Verdict] = {}
    cost: dict[str, FilterCost] = {}
    for name, grants in both.items():
        with tempfile.TemporaryDirectory(prefix="portcullis-leaks-") as place:
            home, before = Path(place), sum(planned[done] for done in worlds)
            asked = probes(plant(grants, home / "canaries"), at_once)
            with standing(home, home / "canaries") as client:
                worlds[name] = judge(client, asked, grants, lambda done, _: tell(before + done, sum(planned.values())))  # noqa: B023
            active = [person for person, is_active in sorted(grants.people.items()) if is_active]
            cost[name] = filter_cost(home, active[:: max(1, len(active) // 25)], [p.question for p in asked[:20]], embedder)
    return Report(worlds, cost)


def judge(client: httpx.Client, asked: Sequence[Probe], grants: Grants, tell: Tell = lambda _done, _total: None) -> Verdict:
    """Every person asks every question; each answer is held against the oracle.

    What is due and was crowded out of a full answer is asked for by itself: only what is not found then is missing.
    """
    may, people = readers(grants), sorted(grants.people)
    leaks: list[str] = []
    missing: list[str] = []
    took: dict[str, list[float]] = {"scope + recheck": []}
    results = refused = readable = count = 0

    def ask(person: str, probe: Probe) -> tuple[set[str], bool]:
        """The documents that he gets, and whether there was no room for more."""
        nonlocal count, results, refused
        sent = {"query": probe.question, "top_k": TOP_K, "include": ["text"]}
        response = client.post("/v1/retrieve", json=sent, headers={"X-On-Behalf-Of": person})
        count += 1
        if not grants.people[person]:
            refused += response.status_code == 403
            leaks.extend([f"{person} is not active and was answered"] if response.status_code != 403 else [])
            return set(), False
        response.raise_for_status()
        body = response.json()
        got = {name for row in body["results"] for name in (row["document_id"], *row["duplicates"])}
        results += len(got)
        leaks.extend(f"{person} got {document}" for document in got if person not in may.get(document, frozenset()))
        _note(took, body["usage"])
        return got, len(body["results"]) == TOP_K

    for before, probe in enumerate(asked):
        for done, person in enumerate(people, start=1):
            got, full = ask(person, probe)
            due = {document for document in probe.documents if person in may[document]} if grants.people[person] else set()
            readable += len(due)
            for document in sorted(due - got):
                if not full or document not in ask(person, probe.alone(document))[0]:
                    missing.append(f"{person} did not get {document}")
            tell(before * len(people) + done, len(asked) * len(people))
    told = {name: tuple(values) for name, values in took.items()}
    pairs = len(people) * sum(len(probe.documents) for probe in asked)
    return Verdict(count, pairs, readable, results, tuple(leaks), tuple(missing), refused, told)


@contextmanager
def standing(home: Path, canaries: Path) -> Iterator[httpx.Client]:
    """A service over the ingested canaries. At the end its processes are gone; the home stays."""
    try:
        portcullis(home, "groups", "apply", str(canaries / "groups.json"))
        portcullis(home, "ingest", str(canaries), "--source", "canaries")
        with service(home, _free_port()) as client:
            yield client
    finally:
        portcullis(home, "engine", "stop")


def _note(took: dict[str, list[float]], usage: Mapping[str, Any]) -> None:
    stages = usage["stages"]
    took["scope + recheck"].append(sum(stages[name] for name in STAGES if name in stages))
    for name, milliseconds in (*stages.items(), ("all", usage["took_ms"])):
        took.setdefault(name, []).append(milliseconds)


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    return (
        {"p50": round(float(np.percentile(values, 50)), 2), "p95": round(float(np.percentile(values, 95)), 2)} if values else {}
    )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
