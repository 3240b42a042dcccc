"""`forget`: nothing of a document stays, and it does not come in again until an operator lifts its tombstone."""

from __future__ import annotations

from uuid import uuid4

from catalog.audit import record
from catalog.documents import find_document
from catalog.erasures import find_tombstones, lift_tombstone
from catalog.errors import UnknownDocument
from catalog.ids import utc_now
from catalog.session import reading, transaction
from catalog.tenants import find_tenant
from catalog.traces import find_refused
from catalog.versions import versions_of
from ingest.erasure import NOWHERE, Eraser, erase
from ingest.errors import NotForgotten
from ingest.receipts import ErasedDocument, Receipt


def forget(eraser: Eraser, tenant: str, document: str, run_id: str) -> tuple[Receipt, bool]:
    """Erase the document and what lies inside it. The receipt, and whether it had been forgotten before (it is searched again).

    Raises `UnknownDocument`, `SourceBusy`, and what the stores raise; calling it again finishes what was begun.
    """
    with reading(eraser.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        row = find_document(read, tenant_id, document)
        tombstone = find_tombstones(read, tenant_id, [document]).get(document)
        newest = max((v.modified_at for v in versions_of(read, row.key)), default=None) if row is not None else None
        refused = find_refused(read, tenant_id, document) if row is None else None
    if row is None and tombstone is None and refused is None:
        raise UnknownDocument(document)
    before = tombstone is not None and tombstone.reason == "forgotten"
    earlier = [r for r in eraser.journal.read(tenant) if tombstone is not None and before and r.id == tombstone.receipt]
    if earlier:
        receipt = earlier[0]
    else:
        until = newest or (tombstone.modified_at if tombstone is not None else None)
        receipt = Receipt(uuid4(), tenant, "forgotten", (ErasedDocument(document, until),), utc_now())
    documents = [d for d in receipt.standing if d.name == document]
    source_id = row.source_id if row is not None else refused or NOWHERE
    return erase(eraser, receipt, documents, source_id, run_id), before and row is None


def lift(eraser: Eraser, tenant: str, document: str) -> None:
    """Let a forgotten document in again with the next run that finds its file. Audited. Raises `NotForgotten`."""
    with reading(eraser.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        if not find_tombstones(read, tenant_id, [document]):
            raise NotForgotten(document)
    eraser.journal.lift(tenant, document, utc_now())
    with transaction(eraser.catalog) as write:
        lift_tombstone(write, tenant_id, document)
        record(write, tenant_id, actor="operator", action="forget_lift", object_=document)
