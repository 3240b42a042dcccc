"""An operator's word on which version is served: audited, kept through every later run, until it is released."""

from __future__ import annotations

from catalog.audit import record
from catalog.documents import get_document, pin_version, prefer
from catalog.ids import TenantId
from catalog.session import WriteSession, reading
from catalog.sources import list_sources
from catalog.supersession import cycles, successions
from catalog.tenants import find_tenant
from catalog.versions import versions_of
from ingest.errors import NoCircle, UnknownVersion
from ingest.republish import republish
from ingest.resolve import newest_reading
from ingest.run import Tools


def pin(tools: Tools, tenant: str, document: str, version: int | None, run_id: str, *, action: str) -> None:
    """Serve the version that arrived as `version` from now on; None releases it. `action` is what the audit log calls it.

    Raises `UnknownDocument`, `UnknownVersion`, and `SourceBusy` while a run is writing the source. Twice changes nothing more.
    """
    with reading(tools.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        row = get_document(read, tenant_id, document)
        known = versions_of(read, row.key)
        chosen = None if version is None else next((v for v in known if v.arrival == version), None)
        if version is not None and chosen is None:
            raise UnknownVersion(document, version)
        pinned = None if chosen is None else newest_reading(known, chosen).id
        source = next(source for source in list_sources(read, tenant_id) if source.id == row.source_id)

    def change(write: WriteSession) -> None:
        pin_version(write, row.key, pinned)
        record(write, tenant_id, actor="operator", action=action, object_=document, details={"version": version})

    republish(tools, tenant_id, source, [] if row.retired else [row.key], change, run_id)


def stay(write: WriteSession, tenant_id: TenantId, document: str) -> None:
    """Where documents take each other's place in a circle with this one, it stays. Raises `UnknownDocument`, `NoCircle`."""
    row = get_document(write, tenant_id, document)
    if not any(row.key.document_id in circle for circle in cycles(successions(write, tenant_id))):
        raise NoCircle(document)
    prefer(write, row.key)
    record(write, tenant_id, actor="operator", action="settle", object_=document, details={"stays": True})
