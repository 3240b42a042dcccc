"""What was done and what was found, added up over sequences and processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

KINDS = ("leak", "stale", "failed")


@dataclass
class Tally:
    """`asked` by face, `changes` by kind, `cache` by what answers say of it. `findings` by kind, with where to look."""

    sequences: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    cache: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    interrupted: int = 0
    rewritten: int = 0
    results: int = 0
    compared: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("sequences", "refused", "interrupted", "rewritten", "results", "compared"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.asked, other.asked), (self.changes, other.changes), (self.cache, other.cache)):
            mine.update(theirs)
        self.findings += other.findings

    @property
    def passed(self) -> bool:
        """Nothing was found, and not for want of answers."""
        return self.sequences > 0 and self.results > 0 and not self.findings

    def described(self) -> dict[str, Any]:
        """For `--json`."""
        found = Counter(kind for kind, _ in self.findings)
        return {
            "passed": self.passed,
            "sequences": self.sequences,
            "asked": dict(self.asked.most_common()),
            "changes": dict(self.changes.most_common()),
            "cache": dict(self.cache.most_common()),
            "refused": self.refused,
            "interrupted": self.interrupted,
            "rewritten": self.rewritten,
            "results": self.results,
            "compared": self.compared,
            "findings": {kind: found[kind] for kind in KINDS},
            "where": [f"{where}: {kind}" for kind, where in self.findings[:50]],
        }

    def told(self) -> str:
        """For people."""
        said = self.described()
        counts = ", ".join(f"{count} {kind}" for kind, count in said["findings"].items())
        asked = ", ".join(f"{count} by {face}" for face, count in said["asked"].items())
        changes = ", ".join(f"{count} {kind}" for kind, count in said["changes"].items())
        lines = [
            f"{self.sequences} sequences; asked {asked}; {self.results} results, {self.refused} refused",
            f"{self.interrupted} questions with a change in their midst, {self.rewritten} made to stand alone",
            f"changes: {changes}",
            f"cache: {', '.join(f'{count} {kind}' for kind, count in said['cache'].items())}; {self.compared} compared",
            f"found: {counts}",
            *said["where"],
        ]
        return "\n".join(lines)
