"""Documents out of every store, in an order that leaves each of them either served or on its way out, wherever it is cut off.

1. The receipt, as a file: from here on any run can finish the job, even one that finds an older catalog.
2. One transaction: tombstones, and out of service.
3. Out of the index, Prefect's records and the catalog, in this order: the catalog knows where to look, so its rows go last.
4. Out of the files: everything is rewritten without what was deleted.
5. Every store is searched again, and the receipt says what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from catalog.audit import record
from catalog.documents import read_document, retire
from catalog.erasures import entomb, note_erased
from catalog.ids import SourceId, TenantId, utc_now
from catalog.session import ReadSession, WriteSession, reading, transaction
from catalog.sources import list_sources
from catalog.tenants import find_tenant
from catalog.traces import Extent, Traces, find_traces
from ingest.lease import lease, owner_name, release
from ingest.receipts import ErasedDocument, Journal, Receipt, StoreReport
from ingest.stores import Hold, Store

NOWHERE = SourceId(0)
"""The source of documents that the catalog does not know any more."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """What a root wires together for erasing: the catalog, the stores in their order, and where receipts are kept."""

    catalog: Engine
    stores: Sequence[Store]
    journal: Journal


def erase(eraser: Eraser, receipt: Receipt, documents: Sequence[ErasedDocument], source_id: SourceId, run_id: str) -> Receipt:
    """Carry out what the receipt says of these of its documents, all of one source; the receipt, filled in.

    Raises `SourceBusy` while a run is writing the source, and what the stores raise: then it can be called again, and every
    later `forget --again`, `ingest` and `verify --repair` does.
    """
    owner, mine = owner_name(run_id), {d.name: d.until for d in documents}
    extents = [Extent(name, until if receipt.reason == "expired" else None) for name, until in mine.items()]
    with reading(eraser.catalog) as read:
        tenant_id = find_tenant(read, receipt.tenant)
        source = _name(read, tenant_id, source_id)

    def hold(write: WriteSession) -> None:
        if source is not None:
            lease(write, tenant_id, source_id, owner, source)

    with transaction(eraser.catalog) as write:
        hold(write)
    try:
        eraser.journal.write(replace(receipt, done_at=None))
        with transaction(eraser.catalog) as write:
            hold(write)
            traces = find_traces(write, tenant_id, source_id, extents)
            entomb(write, tenant_id, receipt.reason, mine, receipt.id)
            for key in traces.keys:
                if read_document(write, key).current_version_id is not None:
                    retire(write, key)
            for name in sorted(mine):
                details = {"receipt": str(receipt.id), "reason": receipt.reason}
                record(write, tenant_id, actor="operator", action="forget", object_=name, details=details)
        stores = _clear(eraser, traces, hold, receipt.stores)
        done = replace(receipt, done_at=utc_now(), stores=stores)
        with transaction(eraser.catalog) as write:
            if done.clean:
                note_erased(write, tenant_id, mine, receipt.id)
        eraser.journal.write(done)
        return done
    finally:
        with transaction(eraser.catalog) as write:
            release(write, tenant_id, source_id, owner)


def _clear(eraser: Eraser, traces: Traces, hold: Hold, before: Sequence[StoreReport]) -> tuple[StoreReport, ...]:
    """Remove, compact, look: each step through all stores before the next begins. `before` is what an earlier call removed."""
    removed = {report.store: report.removed for report in before}
    for store in eraser.stores:
        with transaction(eraser.catalog) as write:
            hold(write)
        removed[store.name] = removed.get(store.name, 0) + store.remove(traces, hold)
    told = {store.name: store.compact() for store in eraser.stores}
    found = {store.name: store.look(traces) for store in eraser.stores}
    return tuple(
        StoreReport(s.name, removed[s.name], found[s.name][0], "; ".join(filter(None, (told[s.name], found[s.name][1]))))
        for s in eraser.stores
    )


def _name(read: ReadSession, tenant_id: TenantId, source_id: SourceId) -> str | None:
    return next((row.name for row in list_sources(read, tenant_id) if row.id == source_id), None)
