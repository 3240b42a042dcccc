"""What redaction left in a text: kinds and counts, read off the placeholders."""

from __future__ import annotations

from collections import Counter

from privacy.entities import ENTITIES
from privacy.pseudonym import PLACEHOLDER


def redactions(text: str) -> dict[str, int]:
    """Entity type (or `REMOVED`) to how often it was replaced, sorted by type."""
    found = Counter(_kind(match.group()[1:-1]) for match in PLACEHOLDER.finditer(text))
    return dict(sorted(found.items()))


def _kind(inner: str) -> str:
    head, _, _ = inner.rpartition("_")
    return inner if inner in ENTITIES or not head else head
