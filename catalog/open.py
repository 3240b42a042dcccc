"""Opening the system of record, for roots: an engine whose database is of this release's schema."""

from __future__ import annotations

from sqlalchemy import Engine

from catalog.schema import upgrade
from catalog.session import open_engine
from catalog.settings import CatalogSettings


def open_catalog(settings: CatalogSettings) -> Engine:
    """The engine, its database made or upgraded. Raises `CatalogUnavailable` or `SchemaMismatch`; then nothing is left open."""
    engine = open_engine(
        settings.resolved_url(), lock_timeout_seconds=settings.lock_timeout_seconds, pool_size=settings.pool_size
    )
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine
