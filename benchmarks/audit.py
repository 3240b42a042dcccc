"""What the audit adds to a request: an entry that is durable before the answer leaves.

    python -m benchmarks.audit [--clients 1 8] [--requests 400] [--url URL] [--json]

alone   each request writes its entry in a transaction of its own, as before there was a writer
shared  the writer of `portcullis serve`: whoever waits for the disk at one moment shares a commit

Both in one run, by turns, on a catalog of their own in the folder that `TMPDIR` names (or the database at `--url`), with nothing
else to do: so clients meet at the disk more than those of a service do, which embed and search in between.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import anyio
from anyio import to_thread

from catalog.chain import AuditKeys
from catalog.ids import TenantId
from catalog.schema import upgrade
from catalog.session import open_engine, transaction
from catalog.tenants import create_tenant
from evals.open import open_stand_in
from index.memory import MemoryIndex
from privacy.open import TextRedactor
from privacy.policy import Policy
from retrieval.audit_writer import AuditWriter, Note
from retrieval.audited import keep
from retrieval.services import Services

ROUNDS = 3


def note(tenant: TenantId) -> Note:
    """An entry like that of a retrieve with eight passages."""
    details = {"request_id": str(uuid4()), "question": uuid4().hex, "results": 8, "versions": list(range(8)), "policy_epoch": 7}
    return Note(tenant, "key:0123456789ab", "retrieve", "user:ana", details)


async def ask(services: Services, tenant: TenantId, clients: int, requests: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and requests a second of all clients together."""
    to_thread.current_default_thread_limiter().total_tokens = 16
    took: list[float] = []

    async def client() -> None:
        for _ in range(requests // clients):
            began = time.perf_counter()
            await keep(services, note(tenant), required=True)
            took.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    async with anyio.create_task_group() as group:
        for _ in range(clients):
            group.start_soon(client)
    return took, len(took) / (time.perf_counter() - began)


@contextmanager
def opened(url: str | None) -> Iterator[tuple[Services, AuditWriter, TenantId]]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{Path(folder) / 'catalog.db'}", audit_keys=AuditKeys([bytes(32)]))
        upgrade(engine)
        with transaction(engine) as session:
            tenant = create_tenant(session, f"benchmark {uuid4()}")
        writer = AuditWriter(engine)
        redactor = TextRedactor(Policy(), bytes(32))
        yield Services(engine, MemoryIndex(), open_stand_in(), redactor), writer, tenant
        writer.close()
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description="What the audit adds to a request.")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--url")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = []
    with opened(given.url) as (alone, writer, tenant):
        for clients in given.clients:
            took: dict[str, list[float]] = {"alone": [], "shared": []}
            rate: dict[str, float] = {}
            for _ in range(ROUNDS):
                for name in took:
                    services = alone if name == "alone" else replace(alone, audit=writer)
                    each, rate[name] = anyio.run(ask, services, tenant, clients, given.requests)
                    took[name] += each
            for name, each in took.items():
                each.sort()
                p50, p95 = round(each[len(each) // 2], 2), round(each[len(each) * 95 // 100], 2)
                rows.append({"clients": clients, "how": name, "p50_ms": p50, "p95_ms": p95, "a_second": round(rate[name])})
    if given.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(*(f"{name} {value}" for name, value in row.items()), sep="  ")


if __name__ == "__main__":
    main()
