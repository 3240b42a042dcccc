"""What finding out who may read what costs where a company is large.

    python -m benchmarks.scopes [--people 100000] [--groups 10000] [--lists 50000] [--url sqlite:///FILE] [--json]

Groups are nested six deep, each person is in five, one group holds half of the people, one access list in ten denies somebody.
Three people more may read 100, 5,000 and all of the lists. Milliseconds, of single calls in this process:
cold    the scope of somebody who was not asked for since the last change; of random people and of the three
warm    the same again, from memory, with the look at the policy epoch in a transaction of its own
change  one member more or less, committed, in the large group, in a small one, and a group moved into another
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from acl import members
from acl.principal import Name
from acl.scopes import Scopes
from acl.store import Person, find_person, find_scope, intern_all, lock_policy, resolve
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import insert_ignore
from catalog.open import open_catalog
from catalog.session import WriteSession, reading, transaction
from catalog.settings import CatalogSettings
from catalog.tables import Membership, Principal
from catalog.tenants import bump_policy, create_tenant

DEPTH = 6
LARGE = Name("group", "large")
READERS = (100, 5_000)


def fill(session: WriteSession, people: int, groups: int, lists: int, rng: random.Random) -> TenantId:
    """The company, written as rows. Group 0 to `groups` stand in six storeys; a group is in two of the storey above."""
    tenant = create_tenant(session, "company")
    users = [Name("user", f"u{n}") for n in range(people)]
    teams = [Name("group", f"g{n}") for n in range(groups)]
    readers = [Name("user", f"reads-{n}") for n in (*READERS, lists)]
    boards = [Name("group", f"board-{n}") for n in (*READERS, lists)]
    ids = resolve(session, tenant, [*users, *teams, *readers, *boards, LARGE])
    _bind(session, tenant)
    storey = groups // DEPTH
    rows = [
        (teams[rng.randrange(max(0, n - n % storey - storey), n - n % storey)], teams[n])
        for n in range(storey, groups)
        for _ in "ab"
    ]
    rows += [(rng.choice(teams), user) for user in users for _ in range(5)]
    rows += [(LARGE, user) for user in users[: people // 2]]
    rows += list(zip(boards, readers, strict=True))
    at = utc_now()
    insert_ignore(
        session,
        Membership,
        ({"group_id": ids[g], "member_id": ids[m], "tenant_id": tenant, "since": at, "origin": "bench"} for g, m in rows),
    )
    intern_all(session, tenant, [_list(rng, n, users, teams, boards, lists) for n in range(lists)])
    bump_policy(session, tenant)
    return tenant


def _list(
    rng: random.Random, n: int, users: Sequence[Name], teams: Sequence[Name], boards: Sequence[Name], lists: int
) -> tuple[list[Name], list[Name]]:
    allow = [rng.choice(teams) for _ in range(rng.randint(1, 3))] + rng.sample(users, 2)
    allow += [board for board, most in zip(boards, (*READERS, lists), strict=True) if n < most]
    if n % 500 == 0:
        allow.append(LARGE)
    return allow, [rng.choice(teams)] if n % 10 == 0 else []


def _bind(session: WriteSession, tenant: TenantId) -> None:
    session.sql.query(Principal).filter(Principal.tenant_id == tenant, Principal.provider.is_(None)).update({"provider": "bench"})


def times(calls: Iterable[Callable[[], object]]) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for call in calls:
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def row(what: str, taken: Sequence[float], **more: Any) -> dict[str, Any]:
    """Median and 95th percentile in milliseconds."""
    cut = statistics.quantiles(taken, n=20)[18] if len(taken) > 1 else taken[0]
    return {"what": what, "n": len(taken), "p50": round(statistics.median(taken), 2), "p95": round(cut, 2), **more}


def measure(catalog: Engine, tenant: TenantId, people: int, lists: int, rng: random.Random, calls: int) -> list[dict[str, Any]]:
    """The table."""

    def found(name: str) -> Person:
        with reading(catalog) as session:
            return find_person(session, tenant, name)

    def look(person: Person) -> int:
        with reading(catalog) as session:
            return len(find_scope(session, tenant, person).labels)

    rows = []
    drawn = [found(f"u{rng.randrange(people)}") for _ in range(calls)]
    sizes = [look(person) for person in drawn[:20]]
    rows.append(row("cold, anybody", times(lambda p=p: look(p) for p in drawn), labels=int(statistics.median(sizes))))
    scopes = Scopes()
    for name in (*(f"reads-{n}" for n in (*READERS, lists)),):
        person = found(name)

        def remembered(person: Person = person) -> object:
            with reading(catalog) as session:
                return scopes.find(session, tenant, person)

        size = look(person)
        rows.append(row(f"cold, {name}", times(lambda p=person: look(p) for _ in range(max(5, calls // 10))), labels=size))
        remembered()
        rows.append(row(f"warm, {name}", times(remembered for _ in range(calls)), labels=size))
    large, small = _group(catalog, tenant, LARGE), _group(catalog, tenant, Name("group", "g1"))
    outsiders = [found(f"u{people // 2 + n}").id for n in range(min(calls, people // 2 - 1))]
    for name, group in (("large", large), ("small", small)):
        joined = times(lambda m=m, g=group: _join(catalog, tenant, g, m) for m in outsiders)
        left = times(lambda m=m, g=group: _leave(catalog, tenant, g, m) for m in outsiders)
        rows.append(row(f"change, {name} group", joined + left))
    inner = [_group(catalog, tenant, Name("group", f"g{n}")) for n in range(2, 2 + min(50, calls))]
    rows.append(row("change, group into group", times(lambda m=m: _join(catalog, tenant, small, m) for m in inner)))
    return rows


def _group(catalog: Engine, tenant: TenantId, name: Name) -> PrincipalId:
    with transaction(catalog) as session:
        return resolve(session, tenant, [name])[name]


def _join(catalog: Engine, tenant: TenantId, group: PrincipalId, member: PrincipalId) -> None:
    with transaction(catalog) as session:
        lock_policy(session, tenant)
        members.add_members(session, tenant, group, [member], "bench")


def _leave(catalog: Engine, tenant: TenantId, group: PrincipalId, member: PrincipalId) -> None:
    with transaction(catalog) as session:
        lock_policy(session, tenant)
        members.remove_members(session, tenant, group, [member])


def main() -> int:
    """Fill a catalog, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scopes", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--lists", type=int, default=50_000)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--url", help="an empty database; a SQLite file of its own when left out")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        catalog = open_catalog(CatalogSettings(url=given.url or f"sqlite:///{Path(folder) / 'catalog.db'}"))
        began = time.perf_counter()
        with transaction(catalog) as session:
            tenant = fill(session, given.people, given.groups, given.lists, rng)
        print(f"filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        rows = measure(catalog, tenant, given.people, given.lists, rng, given.calls)
        catalog.dispose()
    if given.json:
        print(json.dumps(rows))
        return 0
    print(f"{'':28}{'calls':>7}{'labels':>8}{'p50 ms':>9}{'p95 ms':>9}")
    for r in rows:
        print(f"{r['what']:28}{r['n']:>7}{r.get('labels', ''):>8}{r['p50']:>9}{r['p95']:>9}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
