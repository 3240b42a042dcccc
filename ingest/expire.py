"""What is past its time is erased as if it were forgotten, a bounded number of documents at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from catalog.ages import aged_documents
from catalog.ids import SourceId, utc_now
from catalog.session import reading
from catalog.tenants import find_tenant
from ingest.erasure import Eraser, erase
from ingest.errors import BrakeTripped, SourceBusy
from ingest.plan import brake_tripped
from ingest.receipts import ErasedDocument, Receipt
from ingest.retention import Due, Rule, due

BATCH_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Expiry:
    """How a retention run ended. `busy`: sources that a run was writing; theirs wait for the next time."""

    due: tuple[Due, ...]
    receipts: tuple[Receipt, ...] = ()
    busy: tuple[str, ...] = field(default=())

    @property
    def clean(self) -> bool:
        return not self.busy and all(receipt.clean for receipt in self.receipts)

    def as_json(self) -> dict[str, Any]:
        return {
            "documents": sum(one.whole for one in self.due),
            "versions": sum(one.versions for one in self.due if not one.whole),
            "due": [
                {
                    "document": one.document.name,
                    "source": one.document.source,
                    "until": one.until.isoformat(),
                    "whole": one.whole,
                    "versions": one.versions,
                }
                for one in self.due
            ],
            "receipts": [receipt.as_json() for receipt in self.receipts],
            "busy": list(self.busy),
            "clean": self.clean,
        }


def expire(
    eraser: Eraser, tenant: str, rules: Sequence[Rule], run_id: str, *, dry_run: bool = False, yes: bool = False
) -> Expiry:
    """Erase what the rules say, source by source under its lease. Raises `BrakeTripped` before anything is touched."""
    with reading(eraser.catalog) as read:
        documents = aged_documents(read, find_tenant(read, tenant))
    found = tuple(due(rules, documents, utc_now()))
    if dry_run or not found:
        return Expiry(found)
    whole = sum(one.whole for one in found)
    if brake_tripped(whole, len(documents)) and not yes:
        raise BrakeTripped(
            f"{whole} of {len(documents)} documents are past their time. `portcullis expire --dry-run` names them. "
            "If that is right, run again with --yes. Nothing was changed."
        )
    receipts, busy = [], []
    for source_id, batch in _batches(found):
        erased = tuple(ErasedDocument(one.document.name, one.until) for one in batch)
        receipt = Receipt(uuid4(), tenant, "expired", erased, utc_now())
        try:
            receipts.append(erase(eraser, receipt, erased, source_id, run_id))
        except SourceBusy:
            busy.append(batch[0].document.source)
    return Expiry(found, tuple(receipts), tuple(dict.fromkeys(busy)))


def _batches(found: Sequence[Due]) -> Iterator[tuple[SourceId, list[Due]]]:
    for source_id in sorted({one.document.source_id for one in found}):
        mine = [one for one in found if one.document.source_id == source_id]
        for start in range(0, len(mine), BATCH_DOCUMENTS):
            yield source_id, mine[start : start + BATCH_DOCUMENTS]
