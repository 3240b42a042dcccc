"""Why somebody may read a document, or may not: the same law as every query, told with its reasons. For operators."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from acl import groups, principal, store
from acl.access import NOBODY, AccessList, may_read
from acl.errors import BadPrincipal
from acl.principal import Name
from catalog.documents import DocumentRow, get_document
from catalog.errors import quoted
from catalog.ids import PrincipalId, TenantId
from catalog.session import ReadSession
from catalog.version_access import served_list, who_said

Reason = Literal["allowed", "denied", "not_listed", "nobody_listed", "earlier_version", "unknown_person", "disabled_person"]
NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Step:
    """A membership on the way: which sync told it, and when."""

    member: Name
    group: Name
    origin: str | None
    since: datetime | None

    def __str__(self) -> str:
        when = "" if self.since is None else f" since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"{self.member} is in {self.group}{when}{f' by {self.origin}' if self.origin else ''}."


@dataclass(frozen=True, slots=True)
class Explanation:
    """`allowed` is what `may_read()` says. A chain runs from the person through his groups to the entry of the list."""

    person: str
    document: str
    allowed: bool
    reason: Reason
    allowed_by: tuple[Name, ...]
    denied_by: tuple[Name, ...]
    allow: tuple[Name, ...]
    deny: tuple[Name, ...]
    removed: tuple[Name, ...]
    """Names on the list whose bearers were removed: whoever has such a name now is somebody else."""
    steps: tuple[Step, ...]
    """How the person comes to hold the entry that decides."""
    places: tuple[str, ...]
    """What says so: files, the manifest's line, or an operator."""
    served: bool
    """False for a document that is retired or was never published: nobody finds it, whatever its list says."""

    def lines(self) -> list[str]:
        """A line, and one for each step and each reason to look twice."""
        lines = [f"{self.person} {'may' if self.allowed else 'may not'} read {self.document}: {self._because()}"]
        lines += map(str, self.steps)
        if self.places:
            lines.append(f"So says {', '.join(self.places)}.")
        if self.denied_by and self.allowed_by:
            lines.append(f"Without that he might read it: {_told(self.allowed_by)} is on its allow list.")
        if self.removed:
            lines.append(f"Removed since the list was made, and bound to nobody of that name now: {_some(self.removed)}.")
        if not self.served:
            lines.append("Nothing of this document is served: it is retired, or was never published.")
        return lines

    def _because(self) -> str:
        match self.reason:
            case "allowed":
                return f"{_told(self.allowed_by)} is on its allow list."
            case "denied":
                return f"{_told(self.denied_by)} is on its deny list, and deny wins."
            case "not_listed":
                return f"its allow list holds {_some(self.allow)}, and he is none of them."
            case "nobody_listed":
                return "its access list allows nobody."
            case "earlier_version":
                return "an earlier version of it is served, and that one has a list of its own, which does not let him."
            case "unknown_person":
                return "there is no such person here. Sync people first: `portcullis groups apply FILE`."
            case "disabled_person":
                return "this person is disabled."


def explain(session: ReadSession, tenant_id: TenantId, person_name: str, document_name: str) -> Explanation:
    """Why `person_name` (`ana` or `user:ana`) may read the document or may not. Raises `UnknownDocument`.

    A person who is unknown, disabled or has a name that cannot be one is an answer here, not an error.
    """
    document = get_document(session, tenant_id, document_name)
    access = NOBODY if document.label is None else store.access_of(session, tenant_id, document.label)
    who, person_id, hindrance = _person(session, tenant_id, person_name)
    held = frozenset[PrincipalId]() if person_id is None else store.principals_of(session, tenant_id, person_id)
    namesakes = store.namesakes_of(session, tenant_id, held)
    listed = may_read(held, access, namesakes)
    own = served_list(session, document.key)
    allowed = listed and (own is None or may_read(held, store.access_of(session, tenant_id, own), namesakes))
    names = store.names_of(session, tenant_id, access.allow | access.deny | held | namesakes)
    member_of = store.groups_of(session, tenant_id, held)
    allowed_by = _way(person_id, access.allow & held, member_of)
    denied_by = _way(person_id, access.deny & held, member_of) or _way(person_id, access.deny & namesakes, {})
    deciding = denied_by or allowed_by
    removed = store.removed_of(session, tenant_id, access.allow | access.deny)
    return Explanation(
        person=who,
        document=document.name,
        allowed=allowed,
        reason=hindrance or ("earlier_version" if listed > allowed else _reason(allowed, held | namesakes, access)),
        allowed_by=tuple(names[i] for i in allowed_by),
        denied_by=tuple(names[i] for i in denied_by),
        allow=_sorted(names, access.allow),
        deny=_sorted(names, access.deny),
        removed=_sorted(names, removed),
        steps=_steps(session, tenant_id, deciding, names),
        places=_places(session, document, names[deciding[-1]] if deciding else None, denied=bool(denied_by)),
        served=document.current_version_id is not None and not document.retired,
    )


def _person(session: ReadSession, tenant_id: TenantId, name: str) -> tuple[str, PrincipalId | None, Reason | None]:
    try:
        who = principal.user(name)
    except BadPrincipal:
        return quoted(name), None, "unknown_person"
    state = store.person_state(session, tenant_id, who)
    if state is None or not state.bound:
        return str(who), None, "unknown_person"
    return (str(who), state.id, None) if state.active else (str(who), None, "disabled_person")


def _reason(allowed: bool, held: Collection[PrincipalId], access: AccessList) -> Reason:
    if allowed:
        return "allowed"
    if not access.deny.isdisjoint(held):
        return "denied"
    return "not_listed" if access.allow else "nobody_listed"


def _way(
    person_id: PrincipalId | None,
    entries: Iterable[PrincipalId],
    member_of: Mapping[PrincipalId, Collection[PrincipalId]],
) -> tuple[PrincipalId, ...]:
    """From the person to the nearest of these entries, each of which he holds: by membership, by another name, or as everyone."""
    if person_id is None:
        return ()
    ways = [groups.chain(person_id, entry, member_of) or (person_id, entry) for entry in entries]
    return min(ways, key=lambda way: (len(way), way), default=())


def _steps(
    session: ReadSession, tenant_id: TenantId, way: Sequence[PrincipalId], names: Mapping[PrincipalId, Name]
) -> tuple[Step, ...]:
    told = store.memberships(session, tenant_id, list(pairwise(way)))
    return tuple(Step(names[m], names[g], *told[m, g]) for m, g in pairwise(way) if (m, g) in told)


def _places(session: ReadSession, document: DocumentRow, entry: Name | None, *, denied: bool) -> tuple[str, ...]:
    if document.set_label is not None:
        return ("an operator, by `acl set`",)
    said = who_said(session, document.key)
    if said is None or entry is None:
        return ()
    path, places = said
    found = [place for place, who in places["deny"].items() if str(entry) in who] if denied else [places["allow"]]
    return tuple(f"the manifest's line of {path}" if place == "manifest" else place for place in found if place)


def _sorted(names: Mapping[PrincipalId, Name], ids: Iterable[PrincipalId]) -> tuple[Name, ...]:
    return tuple(sorted(names[i] for i in ids))


def _told(way: tuple[Name, ...]) -> str:
    """`group:leads (through group:chairs)`: the entry that decides, and how the person comes to hold it."""
    through = f" (through {', '.join(map(str, way[1:-1]))})" if len(way) > 2 else ""
    return f"{way[-1]}{through}"


def _some(names: tuple[Name, ...]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(map(str, names[:NAMES_SHOWN])) + more
