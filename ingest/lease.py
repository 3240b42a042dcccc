"""One run at a time writes a source. The lease ends by itself when its holder is dead, so a killed run never blocks the next."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from catalog.ids import SourceId, TenantId
from catalog.runs import lease_owner, release_lease, take_lease
from catalog.session import WriteSession
from ingest.errors import SourceBusy

LEASE_SECONDS = 300.0


def lease(session: WriteSession, tenant_id: TenantId, source_id: SourceId, owner: str, source: str) -> None:
    """Take or renew the lease, in the transaction that relies on it. Raises `SourceBusy`."""
    holder = lease_owner(session, tenant_id, source_id)
    dead = holder if holder is not None and is_dead(holder) else None
    if not take_lease(session, tenant_id, source_id, owner, LEASE_SECONDS, dead=dead):
        raise SourceBusy(f"Another run is writing the source {source!r} now. Wait for it, or see `portcullis status`.")


def release(session: WriteSession, tenant_id: TenantId, source_id: SourceId, owner: str) -> None:
    """Give the lease back. Doing it twice, or after losing it, changes nothing."""
    release_lease(session, tenant_id, source_id, owner)


def owner_name(run: str) -> str:
    """Who we are: host, process, when that process began (process ids are used again), and the run."""
    return f"{socket.gethostname()}|{os.getpid()}|{_started(os.getpid())}|{run}"


def is_dead(owner: str, started: Callable[[int], str | None] | None = None) -> bool:
    """Whether `owner` was a process of this host that is no more. Of another host's processes nothing is known: not dead."""
    host, pid, began, _ = owner.split("|", 3)
    if host != socket.gethostname():
        return False
    return (started or _started)(int(pid)) != began


def _started(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None
