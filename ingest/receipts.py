"""Receipts of erasures, as files outside the catalog: a backup that is restored knows neither the deletion nor its tombstone.

Each is one JSON file, mode 0600, synced before anything is erased: it names documents, times, stores and counts, never content.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from catalog.erasures import ErasureReason
from ingest.errors import BadReceipt


@dataclass(frozen=True, slots=True)
class ErasedDocument:
    """`until`: the time of the newest version that is erased; of a forgotten document all are. `lifted_at`: let in again."""

    name: str
    until: datetime | None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What a store was cleared of, what was still found there when it was searched afterwards, and what else to know."""

    store: str
    removed: int
    found: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`done_at` is None until every store was cleared and searched; `clean` when the search found nothing."""

    id: UUID
    tenant: str
    reason: ErasureReason
    documents: tuple[ErasedDocument, ...]
    began_at: datetime
    done_at: datetime | None = None
    stores: tuple[StoreReport, ...] = ()

    @property
    def clean(self) -> bool:
        return self.done_at is not None and not any(store.found for store in self.stores)

    @property
    def standing(self) -> tuple[ErasedDocument, ...]:
        """Those that were not let in again."""
        return tuple(document for document in self.documents if document.lifted_at is None)

    def as_json(self) -> dict[str, Any]:
        return {
            "receipt": str(self.id),
            "tenant": self.tenant,
            "reason": self.reason,
            "documents": [{"document": d.name, "until": _said(d.until), "lifted_at": _said(d.lifted_at)} for d in self.documents],
            "began_at": _said(self.began_at),
            "done_at": _said(self.done_at),
            "clean": self.clean,
            "stores": [{"store": s.store, "removed": s.removed, "found": s.found, "note": s.note} for s in self.stores],
        }


class Journal:
    """The folder of receipts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, receipt: Receipt) -> None:
        """Keep it, in place of what was kept of it: after this a power cut loses none of it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = self._folder / f"{receipt.id}.json"
        new = place.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(receipt.as_json(), file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, tenant: str) -> list[Receipt]:
        """The tenant's receipts, oldest first. Raises `BadReceipt`."""
        if not self._folder.is_dir():
            return []
        found = (_parse(file) for file in sorted(self._folder.glob("*.json")))
        return sorted((r for r in found if r.tenant == tenant), key=lambda r: (r.began_at, r.id))

    def lift(self, tenant: str, document: str, at: datetime) -> None:
        """The document may come in again: no receipt is applied to it any more."""
        for receipt in self.read(tenant):
            if any(d.name == document for d in receipt.standing):
                lifted = (
                    replace(d, lifted_at=at) if d.name == document and d.lifted_at is None else d for d in receipt.documents
                )
                self.write(replace(receipt, documents=tuple(lifted)))


def _parse(file: Path) -> Receipt:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if said["reason"] not in ("forgotten", "expired"):
            raise ValueError("reason")
        return Receipt(
            id=UUID(said["receipt"]),
            tenant=_text(said["tenant"]),
            reason=cast(ErasureReason, said["reason"]),
            documents=tuple(
                ErasedDocument(_text(d["document"]), _moment(d["until"]), _moment(d["lifted_at"])) for d in said["documents"]
            ),
            began_at=datetime.fromisoformat(said["began_at"]),
            done_at=_moment(said["done_at"]),
            stores=tuple(StoreReport(s["store"], int(s["removed"]), int(s["found"]), s["note"]) for s in said["stores"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadReceipt(file) from error


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    moment = datetime.fromisoformat(said)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError("not a text")
    return said
