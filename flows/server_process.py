"""The process of the local Prefect server: Prefect's own application under uvicorn, with a watch on how long nobody has asked.

Started by `flows.server` alone, as `python -m flows.server_process HOME DESCRIPTOR IDLE_SECONDS`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.environment import prepare
from flows.server import forget_state, locked

if TYPE_CHECKING:
    from uvicorn import Server

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

LOCAL = {
    # a local server runs flows of one project: no block types to register, nothing to phone, no pages to serve
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
}


class Watched:
    """An ASGI application that knows since when nobody has used it. An open websocket is a use."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.in_use = 0
        self.last_used = time.monotonic()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
            return
        self.in_use += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.in_use -= 1
            self.last_used = time.monotonic()

    def idle_for(self) -> float:
        """Seconds since the last use; 0 while there is one."""
        return 0.0 if self.in_use else time.monotonic() - self.last_used


async def leave_when_idle(watched: Watched, server: Server, home: Path, idle_seconds: float) -> None:
    """End the server once nobody has asked for so long. Under the lock, so that no one is just being sent here."""
    while not server.started:  # noqa: ASYNC110  (uvicorn offers a flag, no event)
        await asyncio.sleep(0.05)
    watched.last_used = time.monotonic()  # those who wait for the first answer are served before the next look
    while not server.should_exit:
        await asyncio.sleep(min(1.0, idle_seconds / 4))
        if watched.idle_for() < idle_seconds:
            continue
        try:
            with locked(home, wait=False):
                if watched.idle_for() >= idle_seconds:
                    forget_state(home)
                    server.should_exit = True
        except BlockingIOError:
            continue  # somebody is about to use it


def let_schedules_be_inserted() -> None:
    """Prefect 3.8 inserts scheduled runs as mappings that hold a `state`, which is a hybrid property of its model.

    SQLAlchemy 2.0 left such keys alone; 2.1 refuses them unless the property says what to do, and no schedule would ever
    fire. Saying "nothing" gives 2.0's behaviour. The test that a schedule fires shows when this is no longer needed.
    """
    from prefect.server.database.orm_models import FlowRun
    from sqlalchemy import inspect

    state: Any = inspect(FlowRun).all_orm_descriptors["state"]
    state.bulk_dml_setter = lambda _model, _mapping, _value: None


def main(home: Path, descriptor: int, idle_seconds: float) -> None:
    """Serve until idle or told to end."""
    prepare(home)
    os.umask(0o077)
    os.environ.update(LOCAL)
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_API_KEY"):
        os.environ.pop(name, None)

    import uvicorn
    from prefect.server.api.server import create_app

    let_schedules_be_inserted()
    watched = Watched(create_app(final=True))
    config = uvicorn.Config(watched, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)

    async def serve() -> None:
        watch = asyncio.create_task(leave_when_idle(watched, server, home, idle_seconds))
        await server.serve(sockets=[socket.socket(fileno=descriptor)])
        watch.cancel()

    asyncio.run(serve())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
