"""Running flows from a terminal: a progress bar there, nothing of Prefect's own talk, and its server started meanwhile."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from cli.answer import with_home
from cli.progress import bar


def run_ingestion(
    *,
    path: str,
    tenant: str,
    source: str | None = None,
    manifest: str | None = None,
    full: bool = False,
    yes: bool = False,
    retry: list[str] | None = None,
) -> dict[str, Any]:
    """The body of `ingest --json`. Raises what the flow raises, and `SecretInUrl`."""
    from flows.location import absolute

    place = absolute(path)
    manifest_place = None if manifest is None else absolute(manifest)
    with _prefect(), bar("ingesting", "files") as listener:
        from flows.ingest_source import ingest_source
        from flows.progress import listening

        with listening(listener):
            return ingest_source(place, tenant, source, manifest_place, full=full, yes=yes, retry=retry)


def run_group_sync(*, snapshot: str, tenant: str, yes: bool = False) -> dict[str, Any]:
    """The body of `groups apply --json`. Raises what the flow raises, and `SecretInUrl`."""
    from flows.location import absolute

    place = absolute(snapshot)
    with _prefect():
        from flows.sync_groups import sync_groups

        return sync_groups(snapshot=place, tenant=tenant, yes=yes)


def run_expiry(*, rules: str | None, tenant: str, dry_run: bool, yes: bool) -> dict[str, Any]:
    """The body of `expire --json`. Raises what the flow raises."""
    from flows.location import absolute

    place = None if rules is None else absolute(rules)
    with _prefect():
        from flows.expire import expire

        return expire(rules=place, tenant=tenant, dry_run=dry_run, yes=yes)


@contextlib.contextmanager
def _prefect() -> Iterator[None]:
    """Within the block Prefect can be imported and has its server."""
    from flows.environment import prepare, quieten_prefect
    from flows.errors import debugging
    from flows.server import use_server, wait_until_ready
    from flows.settings import FlowsSettings

    home = with_home()
    prepare(home)
    if not debugging():
        quieten_prefect()
        warnings.simplefilter("ignore")  # those of libraries are for us, not for the person at the terminal
    server = use_server(home, FlowsSettings().server_idle_seconds)
    import prefect  # noqa: F401  (while the server starts)

    if server is not None:
        wait_until_ready(server, home)
    try:
        yield
    finally:
        logging.raiseExceptions = debugging()  # a log record that comes too late at exit is nobody's business
