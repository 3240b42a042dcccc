"""What can go wrong with documents. One bad file is an outcome: it raises `Quarantine`, and the run goes on.

IngestError
├── SourceMissing      there is nothing at that path or URL
├── SourceUnreadable   listing it was refused
├── SourceBusy         another run is writing this source
├── RebuildBusy        another process fills the new collection
├── BadManifest        a line that cannot be understood: names the line and the field; nothing was ingested
├── BadAccessFile      an access.yaml that cannot be understood: names the file
├── BrakeTripped       too many documents would disappear at once
├── UnknownVersion     the document has no such version
├── NoCircle           the document is in no circle of documents that replace each other
├── NotForgotten       there is no tombstone that could be lifted
├── BadReceipt         a receipt of an erasure that cannot be understood: names the file
├── BadRetention       a file of retention rules that cannot be understood: names the rule and the field
├── WorkerUnavailable  the process that reads documents does not start
└── Quarantine         one file cannot be used: carries its reason
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from catalog.errors import PortcullisError, quoted
from privacy.errors import PseudonymCollision

Reason = Literal[
    "encrypted",
    "corrupt",
    "unsupported",
    "empty",
    "no_text",
    "too_large",
    "bomb",
    "timeout",
    "out_of_memory",
    "engine_missing",
    "low_confidence",
    "unreadable",
    "missing",
    "conflict",
    "forgotten",
    "collision",
]
REASONS: tuple[Reason, ...] = get_args(Reason)


class IngestError(PortcullisError):
    code = "ingest_error"


class SourceMissing(IngestError):
    code = "source_missing"


class SourceUnreadable(IngestError):
    code = "source_unreadable"


class SourceBusy(IngestError):
    code = "source_busy"
    retryable = True


class RebuildBusy(IngestError):
    code = "rebuild_busy"
    retryable = True

    def __init__(self, collection: str) -> None:
        super().__init__(f"The collection {collection} is being filled by another process. Wait for it, or run this again later.")


class BadManifest(IngestError):
    code = "bad_manifest"


class BadAccessFile(IngestError):
    code = "bad_access_file"


class BrakeTripped(IngestError):
    code = "brake_tripped"


class UnknownVersion(IngestError):
    code = "unknown_version"

    def __init__(self, document: str, version: int) -> None:
        super().__init__(f"{document} has no version {version}. `portcullis versions {document}` lists them.")


class NoCircle(IngestError):
    code = "no_circle"

    def __init__(self, document: str) -> None:
        super().__init__(
            f"{document} is in no circle of documents that take each other's place; to settle its content, name a VERSION "
            f"(`portcullis versions {document}`)."
        )


class NotForgotten(IngestError):
    code = "not_forgotten"

    def __init__(self, document: str) -> None:
        super().__init__(f"The document {quoted(document)} was not forgotten: there is nothing to lift.")


class BadReceipt(IngestError):
    code = "bad_receipt"

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"The receipt {file} cannot be understood, so nobody knows whether what it forgot came back. Restore it from a "
            "backup, or move it away and `portcullis forget` its documents again."
        )


class BadRetention(IngestError):
    code = "bad_retention"


class WorkerUnavailable(IngestError):
    code = "worker_unavailable"
    retryable = True


class Quarantine(IngestError):
    """This file cannot be used. `detail` names the remedy and holds no text of the document."""

    code = "quarantined"

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def collision(error: PseudonymCollision) -> Quarantine:
    """A document with a value that the vault refuses."""
    return Quarantine("collision", str(error))
