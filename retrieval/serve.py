"""Listening: the socket first, so that a taken port costs no loading; then the services; then questions, until told to stop."""

from __future__ import annotations

import os
import sys
import threading
from time import monotonic

from structlog.typing import FilteringBoundLogger

from acl.listen import listen, stopping, url_of

PATIENCE_SECONDS = 1.0


def serve(host: str | None = None, port: int | None = None) -> None:
    """Answer questions until SIGINT or SIGTERM; then end the requests in work and return. What is not given is in the settings.

    After SIGTERM the service says for a while that it is about to stop, and answers all the same.

    Raises `CannotListen`, and what opening the catalog, the index, the model and the redactor raises.
    """
    import uvicorn

    from acl.log import open_log
    from acl.log_routed import routed
    from retrieval.app import create_app
    from retrieval.draining import DrainingServer
    from retrieval.open import open_services
    from retrieval.settings import RetrievalSettings

    settings = RetrievalSettings()
    log = open_log(sys.stderr)
    chosen = (settings.host if host is None else host, settings.port if port is None else port)
    with routed(log), listen(*chosen) as listening, open_services(log=log) as services:
        app = create_app(settings, services, log)

        def drain() -> None:
            app.state.draining = True

        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
        server = DrainingServer(config, settings.drain_seconds, drain)
        with stopping(server):
            log.info("listening", url=url_of(listening))
            server.run(sockets=[listening])
        log.info("stopped")
    _leave(log)


def _leave(log: FilteringBoundLogger) -> None:
    """End, whoever is still in a call that hangs: what it would bring nobody waits for, and all that must be kept is kept."""
    until = monotonic() + PATIENCE_SECONDS
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread() and not thread.daemon]
    for thread in others:
        thread.join(max(0.0, until - monotonic()))
    if hanging := [thread.name for thread in others if thread.is_alive()]:
        log.warning("left", hanging=len(hanging))
        sys.stderr.flush()
        os._exit(0)
