"""Which documents say the same as others. Each keeps its own identity, access list and citation all the same (law 9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catalog.ids import DocumentId


def is_duplicate(document: DocumentId, holders: Sequence[DocumentId], together: Collection[DocumentId]) -> bool:
    """Whether another of the `holders` of the same text was there first.

    `together` arrived in the same batch; among those the lowest number counts as first, so that one of them is no duplicate.
    """
    return any(other != document and (other not in together or other < document) for other in holders)
