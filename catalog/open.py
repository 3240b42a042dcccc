"""Opening the system of record, for roots: an engine whose database is of this release's schema."""

from __future__ import annotations

from sqlalchemy import Engine

from catalog.audit_key import decode_keys, read_keys
from catalog.chain import AuditKeys
from catalog.errors import AuditKeyUnavailable
from catalog.schema import upgrade
from catalog.session import open_engine
from catalog.settings import CatalogSettings


def open_catalog(settings: CatalogSettings) -> Engine:
    """The engine, its database made or upgraded. Raises `AuditKeyUnavailable`, `CatalogUnavailable` or `SchemaMismatch`; then
    nothing is left open."""
    engine = open_engine(
        settings.resolved_url(),
        lock_timeout_seconds=settings.lock_timeout_seconds,
        pool_size=settings.pool_size,
        audit_keys=_audit_keys(settings),
    )
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _audit_keys(settings: CatalogSettings) -> AuditKeys:
    if settings.audit_key is not None and settings.audit_key_file is not None:
        raise AuditKeyUnavailable("CATALOG_AUDIT_KEY and CATALOG_AUDIT_KEY_FILE are both set. Unset one of them.")
    if settings.audit_key is not None:
        return AuditKeys(decode_keys(settings.audit_key.get_secret_value(), "CATALOG_AUDIT_KEY"))
    return AuditKeys() if settings.audit_key_file is None else AuditKeys(read_keys(settings.audit_key_file))
