"""After a right is taken away the very next question obeys, in every process, however warm its caches.

    python -m evals.revocation [--trials 1000] [--json]

Two `portcullis serve` and a `portcullis scim` stand over one home. In each trial a person finds a document in both; then one of
`WAYS` takes the right away, and the next question to each service, in random order, must not be answered with it. Then the
right is given back.
Exit 0 when nothing was missed.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import numpy as np
from sqlalchemy import Engine

from acl import store
from acl.parse import parse_snapshot
from acl.principal import Name
from acl.snapshot import apply_snapshot
from catalog.collections import live_collection
from catalog.documents import follow_current, get_document
from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.keys import create_key, revoke_key
from catalog.session import open_engine, reading, transaction
from catalog.tenants import find_tenant
from catalog.version_access import set_versions_access
from evals.canaries import plant
from evals.grants import Grants
from evals.leaks import portcullis, scim_service, service
from index.edge import EdgeIndex

SEED = 6
PEOPLE = 25
SCOPES = ("retrieve", "impersonate")
USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{kind}" for kind in ("User", "Group"))
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Place:
    """The home's catalog, and what stands in it: person `p7` is in group `g7`, which is in `over-g7`, which reads `d7`.

    `s7`, `of-s7` and `over-s7` likewise, brought by SCIM; the others are of a snapshot.
    """

    catalog: Engine
    index: EdgeIndex
    scim: httpx.Client
    tenant_id: TenantId
    words: Mapping[str, str]
    public: dict[str, str] = field(default_factory=dict)  # SCIM's id of each person and group
    sequence: int = 1
    key: tuple[str, str] = ("", "")  # the id of this trial's key, and itself

    def create(self, kind: str, said: Mapping[str, Any]) -> str:
        response = self.scim.post(kind, json=said).raise_for_status()
        public: str = response.json()["id"]
        return public

    def create_group(self, name: str, *held: str) -> None:
        members = [{"value": self.public[one]} for one in held]
        self.public[name] = self.create("Groups", {"schemas": [GROUP], "displayName": name, "members": members})

    def patch(self, path: str, operation: Mapping[str, Any]) -> None:
        self.scim.patch(path, json={"schemas": [PATCH], "Operations": [operation]}).raise_for_status()

    def snapshot(self, without: int | None = None) -> None:
        """Everybody as ever, but for the membership of one."""
        self.sequence += 1
        with transaction(self.catalog) as write:
            said = _snapshot(_grants(), self.sequence, without)
            apply_snapshot(write, self.tenant_id, parse_snapshot(json.dumps(said)))

    def permit(self, n: int, *allow: Name, follow: bool = False) -> None:
        """Another list for the document; the index keeps the label that it has, unless it is told to follow."""
        with transaction(self.catalog) as write:
            document = get_document(write, self.tenant_id, f"d{n}")
            assert document.current_version_id is not None
            label = store.intern(write, self.tenant_id, allow, [])
            set_versions_access(write, self.tenant_id, [document.current_version_id], label, None)
            follow_current(write, self.tenant_id, document.source_id)
            collection = live_collection(write)
        if follow:
            self.index.set_label(collection.name, self.tenant_id, [document.key.document_id], label)


class Way(Protocol):
    """How a right is taken away, and given back. `asker`: whose, `p` (a snapshot's people) or `s` (SCIM's)."""

    name: str
    asker: str

    def take(self, place: Place, n: int) -> None: ...

    def give(self, place: Place, n: int) -> None: ...


class Member:
    """Over SCIM, as all that an identity provider does."""

    name = "member removed"
    asker = "s"

    def take(self, place: Place, n: int) -> None:
        operation = {"op": "Remove", "path": "members", "value": [{"value": place.public[f"s{n}"]}]}  # as Entra says it
        place.patch(f"Groups/{place.public[f'of-s{n}']}", operation)

    def give(self, place: Place, n: int) -> None:
        operation = {"op": "Add", "path": "members", "value": [{"value": place.public[f"s{n}"]}]}
        place.patch(f"Groups/{place.public[f'of-s{n}']}", operation)


class Group:
    name = "group deleted"
    asker = "s"

    def take(self, place: Place, n: int) -> None:
        place.scim.delete(f"Groups/{place.public[f'over-s{n}']}").raise_for_status()

    def give(self, place: Place, n: int) -> None:
        place.create_group(f"over-s{n}", f"of-s{n}")
        place.permit(n, *_readers(n), follow=True)  # one that comes again under the old name has nothing until it is given anew


class Person:
    name = "person deactivated"
    asker = "s"

    def take(self, place: Place, n: int) -> None:
        place.patch(f"Users/{place.public[f's{n}']}", {"op": "Replace", "path": "active", "value": "False"})  # as Entra says it

    def give(self, place: Place, n: int) -> None:
        place.patch(f"Users/{place.public[f's{n}']}", {"op": "Replace", "path": "active", "value": "True"})


class Snapshot:
    name = "snapshot applied"
    asker = "p"

    def take(self, place: Place, n: int) -> None:
        place.snapshot(without=n)

    def give(self, place: Place, n: int) -> None:
        place.snapshot()


class Key:
    name = "key revoked"
    asker = "p"

    def take(self, place: Place, n: int) -> None:
        with transaction(place.catalog) as write:
            revoke_key(write, place.tenant_id, place.key[0])

    def give(self, place: Place, n: int) -> None:
        with transaction(place.catalog) as write:
            place.key = create_key(write, place.tenant_id, "trial", SCOPES)


class List:
    name = "document's list changed"
    asker = "p"

    def take(self, place: Place, n: int) -> None:
        place.permit(n, *_readers((n + 1) % PEOPLE))

    def give(self, place: Place, n: int) -> None:
        place.permit(n, *_readers(n))


WAYS: tuple[Way, ...] = (Member(), Group(), Person(), Snapshot(), Key(), List())


@dataclass(frozen=True, slots=True)
class Trials:
    """`misses`: answers that came although the right was gone. `added`: milliseconds by which the first question after the
    change took longer than the one before it in the same service; refused ones left out."""

    trials: int
    questions: int
    misses: tuple[str, ...]
    by_way: Mapping[str, int]
    warm: tuple[float, ...] = field(repr=False)
    added: tuple[float, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        return self.trials > 0 and not self.misses

    def described(self) -> dict[str, Any]:
        """For `--json`."""
        plain = {k: v for k, v in asdict(self).items() if k not in ("warm", "added")}
        return plain | {
            "passed": self.passed,
            "warm_ms": {f"p{at}": round(float(np.percentile(self.warm, at)), 1) for at in (50, 99) if self.warm},
            "added_ms": {f"p{at}": round(float(np.percentile(self.added, at)), 1) for at in (50, 99) if self.added},
        }


def attempt(place: Place, services: Sequence[httpx.Client], ways: Sequence[Way], trials: int) -> Trials:
    """Each way in turn. Raises when a person does not find what he may read: then nothing was tried."""
    chance = random.Random(SEED)
    misses: list[str] = []
    warm: list[float] = []
    added: list[float] = []
    count = dict.fromkeys((way.name for way in ways), 0)
    questions = 0
    for number in range(trials):
        way, n = ways[number % len(ways)], chance.randrange(PEOPLE)
        before = []
        for client in services:
            found, milliseconds, _ = _ask(client, place, way.asker, n)
            if not found:
                raise RuntimeError(
                    f"{way.asker}{n} did not find d{n} before anything was taken away (trial {number}, {way.name})"
                )
            before.append(milliseconds)
        way.take(place, n)
        for which in chance.sample(range(len(services)), len(services)):
            found, milliseconds, answered = _ask(services[which], place, way.asker, n)
            questions += 1
            if found:
                misses.append(f"trial {number}: {way.name}, service {which}")
            if answered:
                warm.append(before[which])
                added.append(milliseconds - before[which])
        way.give(place, n)
        count[way.name] += 1
    return Trials(trials, questions, tuple(misses), count, tuple(warm), tuple(added))


@contextmanager
def standing(home: Path) -> Iterator[tuple[Place, list[httpx.Client]]]:
    """A home with documents, and two services over it."""
    grants = _grants()
    words = plant(grants, home / "canaries")
    try:
        portcullis(home, "groups", "apply", str(home / "canaries" / "groups.json"))
        portcullis(home, "ingest", str(home / "canaries"), "--source", "canaries")
        catalog = open_engine(f"sqlite:///{home / 'catalog.db'}")
        with reading(catalog) as read:
            tenant_id = find_tenant(read, DEFAULT_TENANT)
        index = EdgeIndex(home / "index")
        with ExitStack() as stack:
            place = Place(catalog, index, stack.enter_context(scim_service(home, _free_port())), tenant_id, words)
            _populate(place)
            yield place, [stack.enter_context(service(home, _free_port())) for _ in range(2)]
        index.close()
        catalog.dispose()
    finally:
        portcullis(home, "engine", "stop")


def _populate(place: Place) -> None:
    Key().give(place, 0)
    for n in range(PEOPLE):
        place.public[f"s{n}"] = place.create("Users", {"schemas": [USER], "userName": f"s{n}", "active": True})
        place.create_group(f"of-s{n}", f"s{n}")
        place.create_group(f"over-s{n}", f"of-s{n}")
        place.permit(n, *_readers(n), follow=True)


def _ask(client: httpx.Client, place: Place, asker: str, n: int) -> tuple[bool, float, bool]:
    """Whether person n got his document, after how many milliseconds, and whether he was answered at all."""
    headers = {"X-On-Behalf-Of": f"{asker}{n}", "Authorization": f"Bearer {place.key[1]}"}
    since = time.perf_counter()
    response = client.post("/v1/retrieve", json={"query": f"Where is {place.words[f'd{n}']} kept?"}, headers=headers)
    milliseconds = (time.perf_counter() - since) * 1000
    if response.status_code in (401, 403):
        return False, milliseconds, False
    response.raise_for_status()
    return place.words[f"d{n}"] in response.text, milliseconds, True


def _grants() -> Grants:
    groups = {f"g{n}": frozenset({f"user:p{n}"}) for n in range(PEOPLE)}
    groups |= {f"over-g{n}": frozenset({f"group:g{n}"}) for n in range(PEOPLE)}
    return Grants(
        people={f"p{n}": True for n in range(PEOPLE)},
        groups=groups,
        allow={f"d{n}": frozenset({f"group:over-g{n}"}) for n in range(PEOPLE)},
        deny={f"d{n}": frozenset() for n in range(PEOPLE)},
    )


def _snapshot(grants: Grants, sequence: int, without: int | None) -> dict[str, Any]:
    lost = f"g{without}"
    return {
        "sequence": sequence,
        "users": [{"id": person, "active": active} for person, active in grants.people.items()],
        "groups": [{"id": g, "members": [] if g == lost else sorted(held)} for g, held in grants.groups.items()],
    }


def _readers(n: int) -> tuple[Name, Name]:
    """Who may read document n."""
    return Name("group", f"over-g{n}"), Name("group", f"over-s{n}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.revocation", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-revocation-") as folder, standing(Path(folder)) as (place, services):
        told = attempt(place, services, WAYS, options.trials)
    if options.json:
        json.dump(told.described(), sys.stdout, indent=1)
        print()
    else:
        said = told.described()
        print(f"{told.trials} trials, {told.questions} questions after a change, {len(told.misses)} misses")
        print(f"warm {said['warm_ms']} ms; the first after a change takes longer by {said['added_ms']} ms")
        for miss in told.misses:
            print(" ", miss)
    return 0 if told.passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
