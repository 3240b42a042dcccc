"""An operator's word on which version is served: audited, kept through every later run, until it is released."""

from __future__ import annotations

from catalog.audit import record
from catalog.collections import live_collection
from catalog.documents import get_document, pin_version
from catalog.ids import VersionId
from catalog.session import WriteSession, reading, transaction
from catalog.sources import list_sources
from catalog.tenants import find_tenant
from catalog.versions import versions_of
from ingest.errors import UnknownVersion
from ingest.lease import lease, owner_name, release
from ingest.publish import Target, check_embedder, publish, sweep
from ingest.run import Tools


def pin(tools: Tools, tenant: str, document: str, version: int | None, run_id: str, *, action: str) -> None:
    """Serve `version` of the document from now on; None releases it. `action` is what the audit log calls it.

    Raises `UnknownDocument`, `UnknownVersion`, and `SourceBusy` while a run is writing the source. Twice changes nothing more.
    """
    with reading(tools.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        collection = live_collection(read)
        row = get_document(read, tenant_id, document)
        if version is not None and all(known.id != version for known in versions_of(read, row.key)):
            raise UnknownVersion(document, version)
        name = next(source.name for source in list_sources(read, tenant_id) if source.id == row.source_id)
    check_embedder(collection, tools.embedder)
    target = Target(tools.catalog, tools.index, collection, tools.embedder, tenant_id, row.source_id)
    owner = owner_name(run_id)

    def hold(write: WriteSession) -> None:
        lease(write, tenant_id, row.source_id, owner, name)

    with transaction(tools.catalog) as write:
        hold(write)
        pin_version(write, row.key, None if version is None else VersionId(version))
        record(write, tenant_id, actor="operator", action=action, object_=document, details={"version": version})
    try:
        if not row.retired:
            publish(target, [row.key], hold, lambda _: None)
            sweep(target)
    finally:
        with transaction(tools.catalog) as write:
            release(write, tenant_id, row.source_id, owner)
