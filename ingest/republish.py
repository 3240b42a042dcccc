"""An operator's word that changes what is served: written down, then published, under the lease of the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catalog.collections import live_collection
from catalog.ids import DocumentKey, TenantId
from catalog.session import WriteSession, reading, transaction
from catalog.sources import SourceRow
from ingest.lease import lease, owner_name, release
from ingest.publish import publish, sweep
from ingest.run import Tools
from ingest.shelve import Target, check_embedder

BATCH_DOCUMENTS = 64


def republish(
    tools: Tools,
    tenant_id: TenantId,
    source: SourceRow,
    documents: Sequence[DocumentKey],
    change: Callable[[WriteSession], None],
    run_id: str,
) -> None:
    """Carry out `change` and serve what is current of `documents` after it. Twice changes nothing more.

    Raises `SourceBusy` while a run is writing the source.
    """
    with reading(tools.catalog) as read:
        collection = live_collection(read)
    check_embedder(collection, tools.embedder)
    target = Target(tools.catalog, tools.index, collection, tools.embedder, tenant_id, source.id)
    owner = owner_name(run_id)

    def hold(write: WriteSession) -> None:
        lease(write, tenant_id, source.id, owner, source.name)

    with transaction(tools.catalog) as write:
        hold(write)
        change(write)
    try:
        for start in range(0, len(documents), BATCH_DOCUMENTS):
            publish(target, documents[start : start + BATCH_DOCUMENTS], hold, lambda _: None)
        sweep(target)
    finally:
        with transaction(tools.catalog) as write:
            release(write, tenant_id, source.id, owner)
