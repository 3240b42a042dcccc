"""The chain of the audit: each entry's digest covers the one before it, so none can be changed, taken out or put between unseen.

With a key a digest is an HMAC-SHA256: who can write the database but has no key cannot make one. Without, it is a SHA-256, which
anybody can compute anew from a forged entry on: then only an anchor that is kept elsewhere tells. What a digest covers is named
by the first word of `_content`: a second form may come, the first must stay.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from catalog.ids import TenantId

FORM = "portcullis audit 1"
START = "0" * 64
"""What the first entry of a tenant has before it."""
UNKEYED = ""

Kind = Literal["changed", "missing", "unreadable", "truncated", "head", "anchor", "unkeyed", "key_missing"]


class AuditKeys:
    """Keys of the chain, the newest first: that one makes digests, all check them. None at all: digests without a key."""

    __slots__ = ("_keys", "newest")

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self.newest = next(iter(self._keys), UNKEYED)

    def __repr__(self) -> str:
        return f"AuditKeys({', '.join(self._keys)})"

    def holds(self, key_id: str) -> bool:
        return key_id == UNKEYED or key_id in self._keys

    def digest(self, previous: str, key_id: str, entry: Entry) -> str:
        """The digest of `entry` after one with the digest `previous`. Raises KeyError without the key, TypeError for no JSON."""
        content = _content(previous, key_id, entry)
        if key_id == UNKEYED:
            return hashlib.sha256(content).hexdigest()
        return hmac.new(self._keys[key_id], content, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says. Numbers in `details` are whole: databases disagree on how they keep others."""

    tenant_id: TenantId
    sequence: int
    at: datetime
    actor: str
    action: str
    object_: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it is stored. `key_id` names the key of its digest."""

    entry: Entry
    key_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a tenant as its own row remembers it; sequence 0 before the first."""

    sequence: int = 0
    digest: str = START


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that cannot be trusted, and why."""

    sequence: int
    kind: Kind
    told: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the chain holds. `keyed_from`: the first entry with a key; what is before it is as safe as a digest without one."""

    head: Head
    keyed_from: int | None
    fault: Fault | None


def check(links: Iterable[Link], head: Head, keys: AuditKeys, anchors: Iterable[Head] = ()) -> Checked:
    """Walk the chain from its first entry to the first fault. It holds one entry at a time.

    `head` is the tenant's row of the last entry, `anchors` what earlier exports said.
    """
    kept = {anchor.sequence: anchor.digest for anchor in anchors}
    last, keyed_from = Head(), None
    walking = iter(links)
    while True:
        try:
            link = next(walking, None)
        except (ValueError, TypeError):  # not even a time, or no JSON
            return Checked(last, keyed_from, Fault(last.sequence + 1, "unreadable", "its columns do not hold what they should"))
        if link is None:
            return Checked(last, keyed_from, _end_fault(last, head, kept))
        fault = _fault(last, link, keys, keyed=keyed_from is not None) or _anchor_fault(link, kept)
        if fault is not None:
            return Checked(last, keyed_from, fault)
        if keyed_from is None and link.key_id != UNKEYED:
            keyed_from = link.entry.sequence
        last = Head(link.entry.sequence, link.digest)


def _fault(last: Head, link: Link, keys: AuditKeys, *, keyed: bool) -> Fault | None:
    at = last.sequence + 1
    if link.entry.sequence != at:
        return Fault(at, "missing", f"the next one there is has number {link.entry.sequence}")
    if keyed and link.key_id == UNKEYED:
        return Fault(at, "unkeyed", "it has no key although one before it has")
    if not keys.holds(link.key_id):
        return Fault(at, "key_missing", f"its key {link.key_id} is not among those given")
    try:
        made = keys.digest(last.digest, link.key_id, link.entry)
    except (TypeError, ValueError, AttributeError):
        return Fault(at, "unreadable", "its columns do not hold what they should")
    if not hmac.compare_digest(made.encode(), str(link.digest).encode("utf-8", "replace")):
        return Fault(at, "changed", "it is not what was written after the one before it")
    return None


def _anchor_fault(link: Link, kept: Mapping[int, str]) -> Fault | None:
    anchor = kept.get(link.entry.sequence, link.digest)
    if anchor == link.digest:
        return None
    return Fault(link.entry.sequence, "anchor", "its digest is not the anchor's: this entry or one before it was made anew")


def _end_fault(last: Head, head: Head, kept: Mapping[int, str]) -> Fault | None:
    most = max((head.sequence, *kept))
    if most > last.sequence:
        return Fault(last.sequence + 1, "truncated", f"there were {most} entries, and there are {last.sequence}")
    if head != last:
        return Fault(last.sequence, "head", f"the log's head says {head.sequence} entries, or another digest for the last")
    return None


def _content(previous: str, key_id: str, entry: Entry) -> bytes:
    """One spelling for one entry: ASCII, keys sorted, the time in UTC to the microsecond."""
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    row = [entry.tenant_id, entry.sequence, moment, entry.actor, entry.action, entry.object_, entry.details]
    return json.dumps([FORM, previous, key_id, *row], sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _key_id(key: bytes) -> str:
    return hmac.new(key, b"portcullis audit key id", hashlib.sha256).hexdigest()[:16]
