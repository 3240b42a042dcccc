"""What differs between an answer of then and the same question asked again, and why. Pure: facts in, one line a passage out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from catalog.ids import ChunkId

Reason = Literal[
    "same",
    "moved",
    "erased",
    "retired",
    "not_readable",
    "no_version",
    "replaced",
    "read_anew",
    "superseded",
    "other_source",
    "filtered",
    "screened",
    "collapsed",
    "below_min_score",
    "max_per_document",
    "ranked_lower",
    "not_found",
    "not_asked",
    "arrived",
    "not_there_then",
]


@dataclass(frozen=True, slots=True)
class Place:
    """A passage in an answer. `version` is its version's label, `arrival` its number; `document` a name, or None where that is
    not known any more."""

    place: int
    chunk_id: ChunkId
    document: str | None
    arrival: int
    version: str | None
    score: float
    dense: float | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What the catalog says today of a passage that answered then.

    `served`: its document is. `readable`: today's lists let the person read it; `access` says why not. `relabelled`: the list of
    the document is another one. `meant`: the version that is asked for now, its label and when it came. `stored`: the passage
    stands in that version, or in one of those that are asked for. `superseded`, `elsewhere` (in a source that was not asked for),
    `filtered`, `screened`: what keeps it out all the same. `deeper`: where it stands when 100 passages are asked for.
    """

    served: bool
    readable: bool = True
    access: str = ""
    relabelled: bool = False
    meant: tuple[int, str, datetime | None] | None = None
    stored: bool = False
    superseded: bool = False
    elsewhere: bool = False
    filtered: bool = False
    screened: bool = False
    deeper: Place | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the request itself bounds."""

    min_score: float | None = None
    max_per_document: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A passage of one answer or of both. `why` is a sentence, and holds nothing of a text."""

    then: Place | None
    now: Place | None
    reason: Reason
    why: str


def differences(
    then: Sequence[Place],
    erased: Iterable[int],
    now: Sequence[Place],
    fates: Mapping[ChunkId, Fate],
    duplicates: Mapping[str, int],
    bounds: Bounds,
    arrived: Mapping[ChunkId, datetime],
) -> list[Difference]:
    """One for each passage: those of then in their places, then what is new. `erased`: places of then that nothing is known of.

    `fates` has every passage of then that is not among those of now. `duplicates`: documents that are collapsed into a passage
    of now, with its place. `arrived`: passages of now whose version came after the answer of then, and when.
    """
    here = {one.chunk_id: one for one in now}
    old = {one.place: _fate_of(one, here, fates, now, duplicates, bounds) for one in then}
    for place in erased:
        gone = Place(place, _NONE, None, 0, None, 0.0)
        old[place] = Difference(gone, None, "erased", "Its document, or what the passage was part of, was erased.")
    known = {one.chunk_id for one in then}
    new = [_new(one, arrived.get(one.chunk_id)) for one in now if one.chunk_id not in known]
    return [*(old[place] for place in sorted(old)), *new]


def unasked(then: Sequence[Place], why: str) -> list[Difference]:
    """The answer of then alone, where the question cannot be asked again."""
    return [Difference(one, None, "not_asked", why) for one in then]


_NONE = ChunkId(UUID(int=0))


def _new(one: Place, came_at: datetime | None) -> Difference:
    if came_at is not None:
        return Difference(None, one, "arrived", f"Its version came on {_day(came_at)}, after the answer.")
    why = "It was not in the answer then: it stood lower, or the person may read it only since."
    return Difference(None, one, "not_there_then", why)


def _fate_of(
    one: Place,
    here: Mapping[ChunkId, Place],
    fates: Mapping[ChunkId, Fate],
    now: Sequence[Place],
    duplicates: Mapping[str, int],
    bounds: Bounds,
) -> Difference:
    if (still := here.get(one.chunk_id)) is not None:
        if still.place == one.place:
            return Difference(one, still, "same", "")
        return Difference(one, still, "moved", "It is found as then; others left, came or were given other scores.")
    reason, why = _lost(one, fates[one.chunk_id], now, duplicates, bounds)
    return Difference(one, None, reason, why)


def _lost(one: Place, fate: Fate, now: Sequence[Place], duplicates: Mapping[str, int], bounds: Bounds) -> tuple[Reason, str]:
    if not fate.served:
        return "retired", "Its document is not served any more."
    if not fate.readable:
        whose = "The document has another list than then" if fate.relabelled else "The document has the same list as then"
        return "not_readable", f"{whose}; {fate.access}"
    if not fate.stored:
        return _other_version(one, fate)
    if fate.superseded:
        return "superseded", "Another document, which the person may read, takes the place of its document."
    if fate.elsewhere:
        return "other_source", "Its document belongs to a source that was not asked for."
    if fate.filtered:
        return "filtered", "Its version does not pass the question's filter any more."
    if fate.screened:
        return "screened", "It seems to speak to a model, and RETRIEVAL_SCREEN leaves such passages out."
    if one.document is not None and one.document in duplicates:
        return "collapsed", f"Its document says the same as what stands at place {duplicates[one.document]}."
    return _ranked(one, fate.deeper, now, bounds)


def _other_version(one: Place, fate: Fate) -> tuple[Reason, str]:
    if fate.meant is None:
        return "no_version", "No version of its document is known for that moment."
    arrival, label, came_at = fate.meant
    if arrival == one.arrival:
        return "read_anew", "Its version was read or cut anew since: its passages are others."
    since = "" if came_at is None else f", which came on {_day(came_at)}"
    return "replaced", f"Another version holds{f': {label}' if label else ''}{since}."


def _ranked(one: Place, deeper: Place | None, now: Sequence[Place], bounds: Bounds) -> tuple[Reason, str]:
    if deeper is None:
        return "not_found", "It may be read and is not among the best 100: the index lags, or others fit better."
    if bounds.min_score is not None and deeper.dense is not None and deeper.dense < bounds.min_score:
        return "below_min_score", f"Its cosine is {deeper.dense:.4f}, below `min_score`."
    of_document = sum(other.document == one.document for other in now)
    if bounds.max_per_document is not None and of_document >= bounds.max_per_document:
        return "max_per_document", f"{of_document} other passages of its document have the places that `max_per_document` leaves."
    return "ranked_lower", f"It stands at place {deeper.place}, with the score {deeper.score:.4f}."


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
