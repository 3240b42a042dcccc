"""Which version of a document is the current one, and which held when: the version order, whatever order they came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from natsort import natsort_keygen

from catalog.ids import VersionId
from catalog.versions import Span, VersionRow


def latest(versions: Iterable[VersionRow]) -> VersionRow | None:
    """The highest of `versions`, or None of none."""
    return max(versions, key=version_order, default=None)


def current(versions: Sequence[VersionRow], pinned: VersionId | None = None) -> VersionRow | None:
    """The one that is served: the pinned one if there is one, else the latest."""
    return next((version for version in versions if version.id == pinned), None) or latest(versions)


def held(versions: Iterable[VersionRow]) -> dict[VersionId, Span]:
    """When each version held: at `t` it is the highest of those whose time is not after `t`.

    A version without an entry never held: another of the same time is above it.
    """
    rising = sorted(versions, key=version_order)
    spans: dict[VersionId, Span] = {v.id: (v.modified_at, after.modified_at) for v, after in pairwise(rising)}
    spans |= {last.id: (last.modified_at, None) for last in rising[-1:]}
    return {id_: (since, until) for id_, (since, until) in spans.items() if until is None or since < until}


def version_order(version: VersionRow) -> tuple[datetime, Any, int]:
    """Time, then the natural order of the version's label ("10" after "9"), then arrival."""
    return version.modified_at, _natural()(version.version_label), version.id


def later(own: datetime, replaced: datetime | None) -> datetime:
    """The time of a file without a stated one: its own, but never before that of the content which it replaced in place.

    A file restored from a backup, or checked out anew, carries an old time; it is what the source holds now all the same.
    """
    return own if replaced is None else max(own, replaced)


@cache
def _natural() -> Any:
    return natsort_keygen()
