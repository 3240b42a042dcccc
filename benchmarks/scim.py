"""What SCIM costs over HTTP: `python -m benchmarks.scim [--runs N] [--json]`.

A server of its own process on a fresh SQLite catalog of 50,001 people, groups of 10, 1,000 and 50,000 members. In turn one member
is added and removed, in Entra's two forms; then people are looked for as Entra and Okta do, and listed. What is told is the time
between request and response.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert, select

from acl.members import add_members, bind
from acl.principal import Name
from acl.scim.shape import lookup_digest
from acl.scim.storage import PROVIDER
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches
from catalog.keys import create_key
from catalog.open import open_catalog
from catalog.session import WriteSession, transaction
from catalog.settings import CatalogSettings
from catalog.tables import Principal, ScimLookup, ScimResource
from catalog.tenants import create_tenant

SIZES = (10, 1_000, 50_000)
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def fill(session: WriteSession, tenant_id: TenantId) -> tuple[str, dict[int, str]]:
    """People and groups; the id of somebody who is in none of them, and each group's id by its size."""
    people = max(SIZES) + 1
    now = utc_now()
    row = {"tenant_id": tenant_id, "kind": "user", "provider": PROVIDER, "active": True, "created_at": now}
    for batch in batches({**row, "name": f"person-{n}", "external_id": str(n)} for n in range(people)):
        session.sql.execute(insert(Principal), batch)
    found = session.sql.scalars(select(Principal.id).where(Principal.name.like("person-%")).order_by(Principal.id))
    ids = [PrincipalId(id_) for id_ in found]
    said = [
        {"userName": f"person-{n}", "externalId": str(n), "emails": [{"value": f"person-{n}@people.example"}]}
        for n in range(people)
    ]
    public = _resources(session, tenant_id, ids, said)
    groups = {}
    for size in SIZES:
        group = bind(session, tenant_id, Name("group", f"group-{size}"), PROVIDER)
        add_members(session, tenant_id, group, ids[:size], PROVIDER)
        groups[size] = _resources(session, tenant_id, [group], [{"displayName": f"group-{size}"}])[0]
    return public[-1], groups


def _resources(
    session: WriteSession, tenant_id: TenantId, ids: Sequence[PrincipalId], said: Sequence[dict[str, Any]]
) -> list[str]:
    now = utc_now()
    row = {"tenant_id": tenant_id, "revision": 1, "created_at": now, "modified_at": now}
    made = [{**row, "principal_id": i, "public_id": str(uuid4()), "attributes": a} for i, a in zip(ids, said, strict=True)]
    for batch in batches(made):
        session.sql.execute(insert(ScimResource), batch)
    for batch in batches(look for i, a in zip(ids, said, strict=True) for look in _lookups(tenant_id, i, a)):
        session.sql.execute(insert(ScimLookup), batch)
    return [row["public_id"] for row in made]


def _lookups(tenant_id: TenantId, principal_id: PrincipalId, said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    values = [(name, value) for name, value in said.items() if isinstance(value, str)]
    values += [("emails.value", mail["value"]) for mail in said.get("emails", [])]
    for attribute, value in values:
        row = {"tenant_id": tenant_id, "principal_id": principal_id, "attribute": attribute}
        yield {**row, "digest": lookup_digest(value)}


@contextmanager
def server(home: Path) -> Iterator[str]:
    """`portcullis scim` in a process of its own: its address."""
    command = [sys.executable, "-m", "cli", "scim", "--port", "0"]
    environment = {**os.environ, "PORTCULLIS_HOME": str(home)}
    log = home / "log.jsonl"
    with log.open("wb") as stream, subprocess.Popen(command, env=environment, stderr=stream) as process:
        try:
            while not (found := re.search(r'"url": "([^"]+)"', log.read_text())):
                assert process.poll() is None, "the server did not start"
                time.sleep(0.05)
            yield found[1]
        finally:
            process.terminate()
            process.wait()


def changes(client: httpx.Client, group: str, member: str, runs: int) -> Iterator[float]:
    """The seconds of each change; added and removed in turn."""
    add = {"op": "Add", "path": "members", "value": [{"value": member}]}
    removals = (
        {"op": "Remove", "path": f'members[value eq "{member}"]'},
        {"op": "Remove", "path": "members", "value": [{"value": member}]},
    )
    for run in range(runs):
        for operation in (add, removals[run % 2]):
            began = time.perf_counter()
            answer = client.patch(f"/Groups/{group}", json={"schemas": [PATCH], "Operations": [operation]})
            yield time.perf_counter() - began
            assert answer.status_code == 204, answer.text


QUESTIONS = {
    "userName eq": {"filter": 'userName eq "PERSON-40000"'},
    "externalId eq": {"filter": 'externalId eq "40000"'},
    "work address eq": {"filter": 'emails.value eq "person-40000@people.example"'},
    "page of 100 in the middle": {"startIndex": 25_000, "count": 100},
}


def questions(client: httpx.Client, runs: int) -> Iterator[dict[str, Any]]:
    """How long each way of looking for people takes."""
    for name, query in QUESTIONS.items():
        seconds = []
        for _ in range(runs):
            began = time.perf_counter()
            answer = client.get("/Users", params=query)
            seconds.append(time.perf_counter() - began)
            assert len(answer.json()["Resources"]) == query.get("count", 1), answer.text
        yield {"question": name, **told(seconds)}


def told(seconds: Iterable[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median_ms": round(1000 * ordered[len(ordered) // 2], 1),
        "p95_ms": round(1000 * ordered[int(len(ordered) * 0.95)], 1),
    }


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--runs", type=int, default=100)
    given.add_argument("--json", action="store_true")
    asked = given.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        catalog = open_catalog(CatalogSettings(url=f"sqlite:///{home / 'catalog.db'}"))
        with transaction(catalog) as session:
            tenant_id = create_tenant(session, "default")
            key = create_key(session, tenant_id, "benchmark", ["scim"])[1]
            member, groups = fill(session, tenant_id)
        catalog.dispose()
        headers = {"Authorization": f"Bearer {key}"}
        with server(home) as url, httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            list(changes(client, groups[min(SIZES)], member, 10))
            for size, group in groups.items():
                seconds = list(changes(client, group, member, asked.runs))
                began = time.perf_counter()
                read = client.get(f"/Groups/{group}")
                reading = time.perf_counter() - began
                assert len(read.json()["members"]) == size
                rows.append(
                    {"members": size, "changes": len(seconds), **told(seconds), "read_whole_ms": round(1000 * reading, 1)}
                )
            looked = list(questions(client, asked.runs))
    if asked.json:
        print(json.dumps({"changes": rows, "questions": looked}, indent=2))
        return
    print("members  changes  median ms  p95 ms  reading the group ms")
    for row in rows:
        print(f"{row['members']:7}  {row['changes']:7}  {row['median_ms']:9}  {row['p95_ms']:6}  {row['read_whole_ms']:20}")
    print(f"\n{'looking for people':26}  median ms  p95 ms")
    for row in looked:
        print(f"{row['question']:26}  {row['median_ms']:9}  {row['p95_ms']:6}")


if __name__ == "__main__":
    main()
