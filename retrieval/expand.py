"""Which chunks around a hit may stand beside it: those next to it in its version, or those of its section.

Nothing here fetches or decides who may read: what is not in `Around` is not there. See `surroundings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog.ids import VersionId
from catalog.text import StoredChunk
from retrieval.query import Expand, Passage

NEIGHBOURS = 1
SECTION = 12
"""Chunks on either side at most: what was fetched is bounded however long a document is."""

Place = tuple[VersionId, int]


@dataclass(frozen=True, slots=True)
class Around:
    """Chunks that were confirmed for the asker, by version and position."""

    chunks: Mapping[Place, StoredChunk] = field(default_factory=dict)


NOTHING = Around()


def windows(passages: Sequence[Passage], expand: Expand) -> list[tuple[StoredChunk, int, int]]:
    """A passage's chunk with the first and last position to fetch; of one version no two windows meet."""
    if expand == "none":
        return []
    reach = NEIGHBOURS if expand == "neighbours" else SECTION
    found: list[tuple[StoredChunk, int, int]] = []
    for chunk in sorted((p.chunk for p in passages), key=lambda c: (c.version_id, c.position)):
        first, last = max(0, chunk.position - reach), chunk.position + reach
        if found and found[-1][0].version_id == chunk.version_id and first <= found[-1][2] + 1:
            found[-1] = (found[-1][0], found[-1][1], last)
        else:
            found.append((chunk, first, last))
    return found


def sides_of(
    passage: Passage, passages: Sequence[Passage], around: Around, expand: Expand
) -> tuple[list[StoredChunk], list[StoredChunk]]:
    """What follows `passage` and what precedes it, each nearest first, up to the next passage or the section's end."""
    sides: tuple[list[StoredChunk], list[StoredChunk]] = ([], [])
    if expand == "none":
        return sides
    own = passage.chunk
    held = {(p.chunk.version_id, p.chunk.position) for p in passages}
    whole = expand == "section" or (expand == "auto" and _shared_section(passage, passages))
    for side, step in zip(sides, (1, -1), strict=True):
        for n in range(1, 1 + (SECTION if whole else NEIGHBOURS)):
            place = (own.version_id, own.position + step * n)
            chunk = around.chunks.get(place)
            if chunk is None or place in held or (whole and not _within(chunk, own)):
                break
            side.append(chunk)
    return sides


def _shared_section(passage: Passage, passages: Sequence[Passage]) -> bool:
    """Whether another hit stands in the same section."""
    own = passage.chunk
    others = (p.chunk for p in passages if p.ref != passage.ref and p.chunk.version_id == own.version_id)
    return any(_within(chunk, own) and abs(chunk.position - own.position) <= SECTION for chunk in others)


def _within(chunk: StoredChunk, own: StoredChunk) -> bool:
    """Whether `chunk` stands under the headings that `own` stands under; a text without headings is no section."""
    return bool(own.headings) and chunk.headings[: len(own.headings)] == own.headings
