"""The root of the SCIM server: reads settings, opens the catalog and wires the protocol to it. It loads no index and no model."""

from __future__ import annotations

import sys

from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from acl.listen import listen, stopping, url_of
from acl.log import open_log
from acl.log_routed import routed
from acl.scim.application import Rules, ScimApplication
from acl.scim.provider import Service, open_provider
from acl.scim.shape import Naming
from acl.settings import AclSettings
from catalog.open import open_catalog
from catalog.settings import CatalogSettings


def create_app(settings: AclSettings, catalog: Engine, log: FilteringBoundLogger) -> ScimApplication:
    """The application over a catalog that is open."""
    service = Service(
        open_provider(settings.scim_max_count),
        max_filter_characters=settings.scim_max_filter_characters,
        max_operations=settings.scim_max_operations,
    )
    rules = Rules(
        base_url=settings.scim_base_url,
        naming=Naming(settings.scim_bind, settings.scim_aliases),
        max_body_bytes=settings.scim_max_body_bytes,
        max_scanned=settings.scim_max_scanned,
        worker_threads=settings.scim_worker_threads,
    )
    return ScimApplication(catalog, service, rules, log)


def serve(host: str | None = None, port: int | None = None) -> None:
    """Serve SCIM until SIGINT or SIGTERM; then end the requests in work and return. What is not given is in the settings.

    Raises `CannotListen` and what opening the catalog raises.
    """
    import uvicorn

    settings = AclSettings()
    log = open_log(sys.stderr)
    chosen = (settings.scim_host if host is None else host, settings.scim_port if port is None else port)
    with routed(log), listen(*chosen) as listening:
        catalog = open_catalog(CatalogSettings())
        try:
            config = uvicorn.Config(
                create_app(settings, catalog, log),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=settings.scim_shutdown_seconds,
            )
            server = uvicorn.Server(config)
            with stopping(server):
                log.info("listening", url=f"{url_of(listening)}/scim/v2", base_url=settings.scim_base_url)
                server.run(sockets=[listening])
            log.info("stopped")
        finally:
            catalog.dispose()
