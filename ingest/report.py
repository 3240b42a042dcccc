"""How a run ended, file by file: the body of `ingest --json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

Status = Literal["indexed", "unchanged", "duplicate", "superseded", "retired", "quarantined"]
STATUSES: tuple[Status, ...] = ("indexed", "unchanged", "duplicate", "superseded", "retired", "quarantined")


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """A file's named end. `chunks` counts those of the version that the file became.

    `parent` is set for a file inside another: the path of the source's file that it came in. `warning` says which pages were
    doubtful, `repairs` how often each rule of cleaning mended something.
    """

    path: str
    document: str
    status: Status
    reason: str | None = None
    detail: str | None = None
    chunks: int = 0
    seconds: float = 0.0
    parent: str | None = None
    warning: str | None = None
    repairs: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The last three only where there is something to say."""
        said = {"parent": self.parent, "warning": self.warning, "repairs": dict(self.repairs)}
        return {
            "path": self.path,
            "document": self.document,
            "status": self.status,
            "reason": self.reason,
            "detail": self.detail,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 4),
            **{name: value for name, value in said.items() if value},
        }


@dataclass(frozen=True, slots=True)
class ChunkCounts:
    """`embedded`: texts that went through the model. `reused`: points kept, or written with a known vector."""

    embedded: int = 0
    reused: int = 0
    deleted: int = 0

    def __add__(self, other: ChunkCounts) -> ChunkCounts:
        return ChunkCounts(self.embedded + other.embedded, self.reused + other.reused, self.deleted + other.deleted)


@dataclass(frozen=True, slots=True)
class BatchReport:
    files: tuple[FileOutcome, ...]
    chunks: ChunkCounts


@dataclass(frozen=True, slots=True)
class Report:
    """A run. `warnings` are for the operator: names without a person, folders that could not be listed."""

    run_id: UUID
    source: str
    seconds: float
    files: tuple[FileOutcome, ...]
    chunks: ChunkCounts
    warnings: tuple[str, ...] = field(default=())

    @property
    def documents(self) -> dict[Status, int]:
        """Files by how they ended; sums to the number of files plus the documents retired."""
        return _counted(f for f in self.files if f.parent is None)

    @property
    def children(self) -> dict[Status, int]:
        """The files inside files by how they ended, those retired among them."""
        return _counted(f for f in self.files if f.parent is not None)

    def summary(self) -> dict[str, Any]:
        """The figures, without the files: what the catalog keeps of a run."""
        return {
            "run_id": str(self.run_id),
            "source": self.source,
            "seconds": round(self.seconds, 3),
            "documents": dict(self.documents),
            "children": dict(self.children),
            "warned": sum(f.warning is not None for f in self.files),
            "chunks": {"embedded": self.chunks.embedded, "reused": self.chunks.reused, "deleted": self.chunks.deleted},
            "warnings": list(self.warnings),
        }

    def as_json(self) -> dict[str, Any]:
        """The body of `ingest --json`."""
        return {**self.summary(), "files": [f.as_json() for f in self.files]}


def _counted(files: Iterable[FileOutcome]) -> dict[Status, int]:
    counted = Counter(f.status for f in files)
    return {status: counted[status] for status in STATUSES}


def merge(reports: Sequence[BatchReport]) -> BatchReport:
    """All of them as one."""
    return BatchReport(tuple(f for r in reports for f in r.files), sum((r.chunks for r in reports), start=ChunkCounts()))
