"""Can anybody tell by the clock whether a document is absent, or there and not for him?

    python -m evals.timing [--requests 2000] [--json]

For each kind of request a pair: one names something that does not exist, its twin something that the person may not read. Both
are sent to a `portcullis serve` in random order, so that what drifts drifts for both. The times of either are trimmed and
compared by Mann-Whitney U (does one tend to be longer?) and Kolmogorov-Smirnov (has one another shape?), both two-sided. Told
apart is what falls below .01 after Bonferroni's correction over all tests. The effect is the probability that a request for
what is hidden takes longer than one for what is absent: .5 for no difference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from scipy import stats

from evals.canaries import plant, word
from evals.grants import Grants
from evals.leaks import portcullis, service

SEED = 6
TRIM = 0.05
"""Of the longest times: what the machine did otherwise."""
LEVEL = 0.01
DOCUMENTS = 40
WARM = 20

Send = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Told:
    """What the times of a pair say. `longer`: probability that the hidden one takes longer."""

    requests: int
    absent_ms: float
    hidden_ms: float
    longer: float
    rank_p: float
    shape_p: float
    apart: bool


def compare(pairs: Mapping[str, tuple[Send, Send]], requests: int) -> dict[str, Told]:
    """Each pair, (absent, hidden), `requests` in all for it, half each, in random order over everything."""
    chance = random.Random(SEED)
    orders = [(name, which) for name in pairs for which in (0, 1) for _ in range(requests // 2)]
    chance.shuffle(orders)
    for name in pairs:
        for which in (0, 1):
            for _ in range(WARM):
                pairs[name][which]()
    times: dict[tuple[str, int], list[float]] = {order: [] for order in set(orders)}
    for name, which in orders:
        since = time.perf_counter()
        pairs[name][which]()
        times[name, which].append((time.perf_counter() - since) * 1000)
    return {name: tell(times[name, 0], times[name, 1], tests=2 * len(pairs)) for name in pairs}


def tell(absent: Sequence[float], hidden: Sequence[float], tests: int) -> Told:
    """Whether two sets of times can be told apart, as one of `tests` tests."""
    one, other = _trimmed(absent), _trimmed(hidden)
    rank = stats.mannwhitneyu(other, one, alternative="two-sided")
    shape = stats.ks_2samp(other, one)
    rank_p, shape_p = (min(1.0, float(p) * tests) for p in (rank.pvalue, shape.pvalue))
    return Told(
        requests=len(absent) + len(hidden),
        absent_ms=round(float(np.median(one)), 3),
        hidden_ms=round(float(np.median(other)), 3),
        longer=round(float(rank.statistic) / (len(one) * len(other)), 4),
        rank_p=round(rank_p, 4),
        shape_p=round(shape_p, 4),
        apart=min(rank_p, shape_p) < LEVEL,
    )


@contextmanager
def standing(home: Path) -> Iterator[dict[str, tuple[Send, Send]]]:
    """A service in which `ben` may read half of one source and nothing of another; its pairs of requests.

    Names are not looked for: whether a made-up word is taken for one depends on the word, and would be timed with the rest.
    """
    hidden = {f"hidden/{n:03}": frozenset({"user:ana"}) for n in range(DOCUMENTS)}
    shown = {f"shown/{n:03}": frozenset({"everyone"}) for n in range(DOCUMENTS)}
    people = {"ana": True, "ben": True}
    folders = {"shown": shown | hidden, "board": {f"board/{n:03}": frozenset({"user:ana"}) for n in range(DOCUMENTS)}}
    (home / "vault.keys").write_text(secrets.token_hex(32), encoding="ascii")
    kept = {"PRIVACY_KEEP_ORIGINALS": "true", "PRIVACY_VAULT_KEY_FILE": str(home / "vault.keys"), "PRIVACY_NAMES": "off"}
    before = dict(os.environ)
    os.environ.update(kept)
    try:
        words: dict[str, str] = {}
        for source, allow in folders.items():
            words |= plant(Grants(people, {}, allow, dict.fromkeys(allow, frozenset())), home / source)
            portcullis(home, "groups", "apply", str(home / source / "groups.json"))
            portcullis(home, "ingest", str(home / source), "--source", source)
        pseudonym = _hide_mail(home)
        reveal = portcullis(home, "keys", "create", "--name", "r", "--scope", "reveal", "--scope", "impersonate")["key"]
        with service(home, _free_port()) as client:
            client.headers["X-On-Behalf-Of"] = "ben"
            yield _pairs(client, words, reveal, pseudonym)
    finally:
        portcullis(home, "engine", "stop")
        for name in kept:
            os.environ.pop(name)
        os.environ.update({name: before[name] for name in kept if name in before})


def _hide_mail(home: Path) -> str:
    """The pseudonym of an address that stands in a document of Ana's alone."""
    (home / "mail").mkdir()
    (home / "mail" / "boiler.md").write_text("# Boiler\n\nWrite to boiler.desk@example.org about the boiler.\n", encoding="utf-8")
    (home / "mail" / "access.yaml").write_text("allow: ['user:ana']\n", encoding="utf-8")
    portcullis(home, "ingest", str(home / "mail"), "--source", "mail")
    found = portcullis(home, "search", "boiler desk", "--as", "ana")
    pseudonym = re.search(r"\[EMAIL_ADDRESS_\w+\]", json.dumps(found))
    if pseudonym is None:
        raise RuntimeError("the address in boiler.md was not found by Ana")
    return pseudonym.group()


def _pairs(client: httpx.Client, words: Mapping[str, str], reveal: str, pseudonym: str) -> dict[str, tuple[Send, Send]]:
    def get(path: str, **query: str) -> Send:
        return lambda: _expect(client.get(f"/v1/documents/{path}", params=query), 404)

    def retrieve(**body: Any) -> Send:
        return lambda: _expect(client.post("/v1/retrieve", json={"query": "the store room", **body}), 200)

    def swap(pseudonym: str) -> Send:
        body = {"text": f"Write to {pseudonym}.", "purpose": "timing"}
        return lambda: _expect(client.post("/v1/reveal", json=body, headers={"Authorization": f"Bearer {reveal}"}), 200)

    then = "2030-01-01T00:00:00Z"
    return {
        "document": (get("hidden/999"), get("hidden/007")),
        "document as of a time": (get("hidden/999", as_of=then), get("hidden/007", as_of=then)),
        "source": (retrieve(sources=["bored"]), retrieve(sources=["board"])),
        "source among others": (retrieve(sources=["shown", "bored"]), retrieve(sources=["shown", "board"])),
        "word": (retrieve(query=f"Where is {word(3000)}?"), retrieve(query=f"Where is {words['hidden/007']}?")),
        "pseudonym": (swap(re.sub(r"\w{8}\]", "ABCDEFGH]", pseudonym)), swap(pseudonym)),
    }


def _expect(response: httpx.Response, status: int) -> None:
    if response.status_code != status:
        raise RuntimeError(f"{response.request.url.path}: {response.status_code}")


def _trimmed(values: Sequence[float]) -> Sequence[float]:
    return sorted(values)[: max(1, round(len(values) * (1 - TRIM)))]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.timing", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-timing-") as folder, standing(Path(folder)) as pairs:
        found = compare(pairs, options.requests)
    if options.json:
        json.dump({name: asdict(told) for name, told in found.items()}, sys.stdout, indent=1)
        print()
    else:
        for name, told in found.items():
            print(f"{name:24} {told}")
    return 1 if any(told.apart for told in found.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
