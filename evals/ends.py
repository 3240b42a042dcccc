"""How each file of a share ended, counted, and which ends look wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

SLOW_SECONDS = 60.0
_OFFICE = (".pdf", ".docx", ".pptx", ".xlsx", ".xls", ".odt", ".rtf", ".epub", ".doc", ".ppt", ".csv", ".tsv")
_TEXT = (".html", ".htm", ".md", ".rst", ".org", ".xml", ".json", ".txt", ".eml", ".msg")
_PACKED = (".zip", ".tar", ".gz", ".tgz")
_PICTURE = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
PROMISED = frozenset((*_OFFICE, *_TEXT, *_PACKED, *_PICTURE))
"""Extensions that never end as unsupported: what no longer looks like what its name says is corrupt."""
PEER_WORDS = 20
"""A file of which the peer reads at least so many words has text."""
_NO_TEXT = frozenset(("no_text", "unsupported", "corrupt", "low_confidence", "empty"))


@dataclass(frozen=True, slots=True)
class End:
    """`status` is None for a file of which the report says nothing."""

    path: str
    size_bytes: int
    status: str | None
    reason: str | None
    detail: str | None
    seconds: float
    chunks: int = 0

    @property
    def name(self) -> str:
        if self.status is None:
            return "no named end"
        return f"{self.status}: {self.reason}" if self.reason else self.status


def ask_the_peer(end: End) -> bool:
    """Whether it is worth knowing what the peer reads of the file."""
    return end.status == "quarantined" and end.reason in _NO_TEXT and end.size_bytes > 0


def looks_wrong(end: End, password: str | None, peer_words: int) -> str | None:
    """Why somebody should look at this end, None when nothing speaks against it. A heuristic: it accuses, it does not convict."""
    if end.status is None:
        return "the report does not name it"
    if end.seconds > SLOW_SECONDS:
        return f"took {end.seconds:.0f} s"
    if end.status == "indexed" and not end.chunks:
        return "indexed without a chunk"
    if end.status != "quarantined":
        return None
    if end.reason == "encrypted" and password is not None:
        return "its password was given"
    if end.reason == "empty" and end.size_bytes:
        return f"it has {end.size_bytes} bytes"
    if end.reason in _NO_TEXT and peer_words >= PEER_WORDS:
        return f"unstructured reads {peer_words} words of it"
    if end.reason == "unsupported" and (extension := PurePosixPath(end.path).suffix.lower()) in PROMISED:
        return f"{extension} is promised: corrupt, if it is none"
    if end.reason in ("timeout", "out_of_memory", "bomb", "unreadable"):
        return "costly or refused: see whether it is what it is called"
    return None


def summary(ends: Sequence[End]) -> dict[str, Any]:
    """Counts by end, the slowest ten, and what took too long."""
    slowest = sorted(ends, key=lambda end: -end.seconds)[:10]
    return {
        "files": len(ends),
        "ends": dict(Counter(end.name for end in ends).most_common()),
        "slowest": [{"path": end.path, "seconds": round(end.seconds, 2), "end": end.name} for end in slowest],
        "over_60_seconds": [end.path for end in ends if end.seconds > SLOW_SECONDS],
    }


def from_report(files: Sequence[Mapping[str, Any]], sizes: Mapping[str, int]) -> list[End]:
    """The ends of the files in `sizes`, out of the rows of `ingest --json`. Members of containers count as rows of their own."""
    rows = {row["path"]: row for row in files}
    named = [*sizes, *(path for path in rows if path not in sizes)]
    return [_end(path, sizes.get(path, -1), rows.get(path)) for path in named]


def _end(path: str, size_bytes: int, row: Mapping[str, Any] | None) -> End:
    if row is None:
        return End(path, size_bytes, None, None, None, 0.0)
    return End(path, size_bytes, row["status"], row["reason"], row["detail"], float(row["seconds"]), int(row["chunks"]))
