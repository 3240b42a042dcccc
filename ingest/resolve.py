"""Which version of a document is the current one, and which held when: the version order, whatever order they came in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any

from natsort import natsort_keygen

from catalog.ids import VersionId
from catalog.sources import NO_RULE, StatusRule
from catalog.versions import Span, VersionRow


def latest(versions: Iterable[VersionRow], rule: StatusRule = NO_RULE) -> VersionRow | None:
    """The highest of `versions`, drafts below all others; None of none, and where the highest is withdrawn."""
    highest = max(versions, key=lambda version: _rank(version, rule), default=None)
    return None if highest is None or rule.withdraws(highest.custom) else highest


def current(versions: Sequence[VersionRow], pinned: VersionId | None = None, rule: StatusRule = NO_RULE) -> VersionRow | None:
    """The one that is served: the latest, or in its stead the pinned one. None: the document is withdrawn, pinned or not."""
    newest = latest(versions, rule)
    chosen = next((version for version in versions if version.id == pinned), None)
    return newest if newest is None or chosen is None else newest_reading(versions, chosen)


def held(versions: Iterable[VersionRow], rule: StatusRule = NO_RULE) -> dict[VersionId, Span]:
    """When each version held: at `t` it is the latest of those whose time is not after `t`.

    A version without an entry never held: another of the same time is above it, it is withdrawn, or a draft after a final one.
    """
    governors = [*_governors(sorted(versions, key=version_order), rule)]
    spans: list[tuple[VersionRow, Span]] = [(v, (since, until)) for (since, v), (until, _) in pairwise(governors)]
    spans += [(version, (since, None)) for since, version in governors[-1:]]
    return {
        version.id: (since, until)
        for version, (since, until) in spans
        if (until is None or since < until) and not rule.withdraws(version.custom)
    }


def newest_reading(versions: Iterable[VersionRow], version: VersionRow) -> VersionRow:
    """The same version as the pipeline made it last."""
    return max((v for v in versions if v.arrival == version.arrival), key=lambda v: v.id)


def version_order(version: VersionRow) -> tuple[datetime, Any, int, int]:
    """Time, then the natural order of the version's label ("10" after "9"), then arrival; of one content the newest reading."""
    return version.modified_at, _natural()(version.version_label), version.arrival, version.id


def later(own: datetime, replaced: datetime | None) -> datetime:
    """The time of a file without a stated one: its own, but never before that of the content which it replaced in place.

    A file restored from a backup, or checked out anew, carries an old time; it is what the source holds now all the same.
    """
    return own if replaced is None else max(own, replaced)


def _rank(version: VersionRow, rule: StatusRule) -> tuple[bool, tuple[datetime, Any, int, int]]:
    return not rule.is_draft(version.custom), version_order(version)


def _governors(rising: Iterable[VersionRow], rule: StatusRule) -> Iterator[tuple[datetime, VersionRow]]:
    """Each version that was the highest of those up to it, and since when."""
    highest: VersionRow | None = None
    for version in rising:
        if highest is None or _rank(version, rule) > _rank(highest, rule):
            highest = version
            yield version.modified_at, version


@cache
def _natural() -> Any:
    return natsort_keygen()
