"""What one change of a group's members costs over HTTP: `python -m benchmarks.scim [--runs N] [--json]`.

A server of its own process on a fresh SQLite catalog, groups of 10, 1,000 and 50,000 members. In turn one member is added and
removed, in Entra's two forms; what is told is the time between request and response.
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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert, select

from acl.members import add_members, bind
from acl.principal import Name
from acl.scim.storage import PROVIDER
from catalog.ids import PrincipalId, TenantId, utc_now
from catalog.insert import batches
from catalog.keys import create_key
from catalog.open import open_catalog
from catalog.session import WriteSession, transaction
from catalog.settings import CatalogSettings
from catalog.tables import Principal, ScimResource
from catalog.tenants import create_tenant

SIZES = (10, 1_000, 50_000)
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def fill(session: WriteSession, tenant_id: TenantId) -> tuple[str, dict[int, str]]:
    """People and groups; the id of somebody who is in none of them, and each group's id by its size."""
    people = max(SIZES) + 1
    now = utc_now()
    row = {"tenant_id": tenant_id, "kind": "user", "provider": PROVIDER, "active": True, "created_at": now}
    for batch in batches({**row, "name": f"person-{n}"} for n in range(people)):
        session.sql.execute(insert(Principal), batch)
    ids = [PrincipalId(id_) for id_ in session.sql.scalars(select(Principal.id).where(Principal.name.like("person-%")))]
    public = _resources(session, tenant_id, ids)
    groups = {}
    for size in SIZES:
        group = bind(session, tenant_id, Name("group", f"group-{size}"), PROVIDER)
        add_members(session, tenant_id, group, ids[:size], PROVIDER)
        groups[size] = _resources(session, tenant_id, [group])[0]
    return public[-1], groups


def _resources(session: WriteSession, tenant_id: TenantId, ids: Iterable[PrincipalId]) -> list[str]:
    now = utc_now()
    said: dict[str, Any] = {"tenant_id": tenant_id, "attributes": {}, "revision": 1, "created_at": now, "modified_at": now}
    made = [{**said, "principal_id": id_, "public_id": str(uuid4())} for id_ in ids]
    for batch in batches(made):
        session.sql.execute(insert(ScimResource), batch)
    return [row["public_id"] for row in made]


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
                seconds = sorted(changes(client, group, member, asked.runs))
                began = time.perf_counter()
                read = client.get(f"/Groups/{group}")
                reading = time.perf_counter() - began
                assert len(read.json()["members"]) == size
                rows.append(
                    {
                        "members": size,
                        "changes": len(seconds),
                        "median_ms": round(1000 * seconds[len(seconds) // 2], 1),
                        "p95_ms": round(1000 * seconds[int(len(seconds) * 0.95)], 1),
                        "read_whole_ms": round(1000 * reading, 1),
                    }
                )
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    print("members  changes  median ms  p95 ms  reading the group ms")
    for row in rows:
        print(f"{row['members']:7}  {row['changes']:7}  {row['median_ms']:9}  {row['p95_ms']:6}  {row['read_whole_ms']:20}")


if __name__ == "__main__":
    main()
