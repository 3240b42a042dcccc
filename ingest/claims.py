"""Two sources claim one document: an operator says whose it is. Audited, and kept through every later run."""

from __future__ import annotations

from catalog.audit import record
from catalog.collections import live_collection
from catalog.documents import get_document, hand_over
from catalog.session import WriteSession, reading, transaction
from catalog.sources import get_source, list_sources
from catalog.tenants import find_tenant
from ingest.lease import lease, owner_name, release
from ingest.publish import withdraw
from ingest.run import Tools
from ingest.shelve import Target


def settle_claim(tools: Tools, tenant: str, document: str, source: str, run_id: str) -> None:
    """The document is `source`'s from now on: what the other one said in its name leaves, the past too.

    Raises `UnknownDocument`, `UnknownSource`, and `SourceBusy` while a run is writing either source. Twice changes nothing more.
    """
    with reading(tools.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        collection = live_collection(read)
        row = get_document(read, tenant_id, document)
        new = get_source(read, tenant_id, source)
        old = next(known for known in list_sources(read, tenant_id) if known.id == row.source_id)
    if new.id == old.id:
        return
    owner = owner_name(run_id)

    def hold(write: WriteSession) -> None:
        for one in (old, new):
            lease(write, tenant_id, one.id, owner, one.name)

    def change(write: WriteSession) -> None:
        hand_over(write, row.key, new.id, f"the document {document!r} is the source {new.name}'s; give it another name here")
        record(write, tenant_id, actor="operator", action="settle", object_=document, details={"source": source})

    try:
        withdraw(Target(tools.catalog, tools.index, collection, tools.embedder, tenant_id, old.id), [row.key], hold, change)
    finally:
        with transaction(tools.catalog) as write:
            for one in (old, new):
                release(write, tenant_id, one.id, owner)
