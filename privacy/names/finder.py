"""The seam to whatever finds names: of people, places, organisations, and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from privacy.span import Span


class NameFinder(Protocol):
    """Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Equal for two finders exactly when they give equal finds."""

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """The names in each text, in order, not overlapping, whatever their score. `privacy.names.encode.HOLE` is a hole."""
