"""A document that was forgotten stays out, although its file is still at its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from catalog.erasures import Tombstone, find_tombstones, has_tombstones
from catalog.ids import TenantId
from catalog.runs import FileState
from catalog.session import ReadSession
from ingest.entries import RefusedEntry
from ingest.gather import Gathered
from ingest.members import INSIDE


def withhold(read: ReadSession, tenant_id: TenantId, listing: Gathered, known: Mapping[str, FileState]) -> Gathered:
    """The listing with every entry refused that a tombstone stands over: none of them is opened.

    An undated file that is known has the time of its version, not its own: of an expired document it is the newer part.
    """
    if not has_tombstones(read, tenant_id):
        return listing
    names = {name for entry in listing.entries for name in _lineage(entry.document)}
    tombstones = find_tombstones(read, tenant_id, names)
    refused = []
    for entry in listing.entries:
        tombstone = _over(tombstones, entry.document, entry.modified_at)
        state = known.get(entry.path)
        newer = not entry.dated and state is not None and state.version_id is not None
        if tombstone is not None and not (newer and tombstone.reason == "expired"):
            refused.append(RefusedEntry(entry.path, entry.document, entry.access, "forgotten", remedy(tombstone)))
    out = {entry.path for entry in refused}
    kept = tuple(entry for entry in listing.entries if entry.path not in out)
    return replace(listing, entries=kept, refused=(*listing.refused, *refused))


def stands_over(read: ReadSession, tenant_id: TenantId, document: str, modified_at: datetime) -> Tombstone | None:
    """The tombstone that keeps a file of this document and time out, be it its own or that of a file it came in."""
    return _over(find_tombstones(read, tenant_id, _lineage(document)), document, modified_at)


def remedy(tombstone: Tombstone) -> str:
    """What can be done about it."""
    said = f"{tombstone.document!r} was {tombstone.reason} on {tombstone.erased_at:%Y-%m-%d}"
    return f"{said}: delete the file at its source, or let it in again with `portcullis forget --lift {tombstone.document}`"


def _over(tombstones: dict[str, Tombstone], document: str, modified_at: datetime) -> Tombstone | None:
    standing = (tombstones.get(name) for name in _lineage(document))
    return next((one for one in standing if one is not None and one.refuses(modified_at)), None)


def _lineage(document: str) -> list[str]:
    """The name and those of the containers in it: `a.zip!/b.eml!/c` is in `a.zip!/b.eml`, which is in `a.zip`."""
    parts = document.split(INSIDE)
    return [INSIDE.join(parts[:count]) for count in range(len(parts), 0, -1)]
