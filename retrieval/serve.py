"""Listening: the socket first, so that a taken port costs no loading; then the services; then questions, until told to stop."""

from __future__ import annotations

import sys

from acl.listen import listen, stopping, url_of


def serve(host: str | None = None, port: int | None = None) -> None:
    """Answer questions until SIGINT or SIGTERM; then end the requests in work and return. What is not given is in the settings.

    After SIGTERM the service says for a while that it is about to stop, and answers all the same.

    Raises `CannotListen`, and what opening the catalog, the index, the model and the redactor raises.
    """
    import uvicorn

    from acl.log import open_log
    from retrieval.app import create_app, open_services
    from retrieval.draining import DrainingServer
    from retrieval.settings import RetrievalSettings

    settings = RetrievalSettings()
    log = open_log(sys.stderr)
    chosen = (settings.host if host is None else host, settings.port if port is None else port)
    with listen(*chosen) as listening, open_services() as services:
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
