"""After a backup was restored, what had been forgotten is forgotten again; what was cut off is finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from catalog.documents import find_document
from catalog.erasures import Tombstone, find_tombstones, unfinished_tombstones
from catalog.ids import SourceId, TenantId
from catalog.session import ReadSession, transaction
from catalog.tenants import open_tenant
from ingest.erasure import NOWHERE, Eraser, erase
from ingest.receipts import ErasedDocument, Receipt


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Documents of one receipt and one source that have no tombstone (a restore happened) or whose erasure was cut off."""

    receipt: Receipt
    documents: tuple[ErasedDocument, ...]
    source_id: SourceId


def outstanding(eraser: Eraser, tenant: str) -> list[Outstanding]:
    """What is still to be erased, oldest receipt first. Raises `BadReceipt`, `UnknownTenant`."""
    receipts = eraser.journal.read(tenant)
    with transaction(eraser.catalog) as session:
        tenant_id = open_tenant(session, tenant)
        unfinished = {t.document: t for t in unfinished_tombstones(session, tenant_id)}
        known = {r.id for r in receipts}
        receipts += [_of(tenant, t) for t in unfinished.values() if t.receipt not in known]
        return [one for receipt in receipts for one in _due(session, tenant_id, receipt, unfinished)]


def again(eraser: Eraser, tenant: str, run_id: str, due: Sequence[Outstanding] | None = None) -> list[Receipt]:
    """Erase all that is outstanding. The receipts, filled in: each names the documents that had come back."""
    done = []
    for one in outstanding(eraser, tenant) if due is None else due:
        filled = erase(eraser, one.receipt, one.documents, one.source_id, run_id)
        done.append(replace(filled, documents=one.documents))
    return done


def kept_out(eraser: Eraser, tenant: str) -> list[Receipt]:
    """Every receipt of the tenant of which something still stands."""
    return [receipt for receipt in eraser.journal.read(tenant) if receipt.standing]


def _due(read: ReadSession, tenant_id: TenantId, receipt: Receipt, unfinished: dict[str, Tombstone]) -> list[Outstanding]:
    standing = find_tombstones(read, tenant_id, [d.name for d in receipt.standing])
    by_source: dict[SourceId, list[ErasedDocument]] = {}
    for document in receipt.standing:
        tombstone = standing.get(document.name)
        covered = tombstone is not None and tombstone.covers(receipt.reason, document.until)
        cut_off = document.name in unfinished and unfinished[document.name].receipt == receipt.id
        if covered and not cut_off:
            continue
        row = find_document(read, tenant_id, document.name)
        by_source.setdefault(NOWHERE if row is None else row.source_id, []).append(document)
    return [Outstanding(receipt, tuple(documents), source) for source, documents in by_source.items()]


def _of(tenant: str, tombstone: Tombstone) -> Receipt:
    """The receipt of an erasure that was begun in another home."""
    document = ErasedDocument(tombstone.document, tombstone.modified_at)
    return Receipt(UUID(int=tombstone.receipt.int), tenant, tombstone.reason, (document,), tombstone.erased_at)
