"""Which documents give way to others: resolved among what the asker may read, so that nobody learns of what he may not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import aliased

from catalog.ids import DocumentId, Label, TenantId
from catalog.insert import batches
from catalog.session import ReadSession
from catalog.tables import Document, Supersession, Version
from catalog.version_access import own_list
from catalog.versions import NOW, When

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Succession:
    """A served document takes the place of another one. `at` is the time of the version that says so.

    `preferred`: when an operator said that the successor stays where documents replace each other in a circle.
    """

    successor: DocumentId
    predecessor: DocumentId
    at: datetime
    preferred: datetime | None = None

    @property
    def weight(self) -> tuple[datetime, datetime, DocumentId]:
        """Of a circle the heaviest stays: an operator's word counts before what was said last, and that before the number."""
        return self.preferred or _NEVER, self.at, self.successor


def superseded(
    session: ReadSession, tenant_id: TenantId, documents: Iterable[DocumentId], when: When, labels: Collection[Label]
) -> frozenset[DocumentId]:
    """Those of `documents` whose place another one takes that a holder of `labels` may read too.

    With `when.every` none does: whoever asks for all versions asks for what was replaced.
    """
    if when.every:
        return frozenset()
    wanted = frozenset(documents)
    found: set[Succession] = set()
    seen: set[DocumentId] = set()
    frontier = set(wanted)
    while frontier:  # upwards, so that a cycle is seen whole; chains are short
        new = _successors(session, tenant_id, frontier, when, labels)
        seen |= frontier
        found |= new
        frontier = {one.successor for one in new} - seen
    return replaced(found) & wanted


def replaced(successions: Collection[Succession]) -> frozenset[DocumentId]:
    """The documents that give way. Of a circle the preferred one stays, else the one that said so last."""
    said: dict[DocumentId, tuple[datetime, datetime, DocumentId]] = {}
    for one in successions:
        said[one.successor] = max(said.get(one.successor, one.weight), one.weight)
    last = {max(circle, key=lambda document: said[document]): circle for circle in cycles(successions)}
    return frozenset(one.predecessor for one in successions if one.successor not in last.get(one.predecessor, frozenset()))


def cycles(successions: Iterable[Succession]) -> frozenset[frozenset[DocumentId]]:
    """The largest sets of documents that take each other's place in a circle."""
    above: dict[DocumentId, set[DocumentId]] = {}
    for one in successions:
        above.setdefault(one.predecessor, set()).add(one.successor)
    reach = {document: _reachable(document, above) for document in above}
    return frozenset(
        frozenset(d for d in beyond if document in reach.get(d, frozenset()))
        for document, beyond in reach.items()
        if document in beyond
    )


def successions(session: ReadSession, tenant_id: TenantId) -> frozenset[Succession]:
    """Every one that current versions state, whoever may read them: for operators."""
    return frozenset(one for one, _ in _stated(session, tenant_id, None, NOW))


def _reachable(start: DocumentId, above: Mapping[DocumentId, Collection[DocumentId]]) -> frozenset[DocumentId]:
    reached: set[DocumentId] = set()
    open_ = list(above.get(start, ()))
    while open_:
        document = open_.pop()
        if document not in reached:
            reached.add(document)
            open_.extend(above.get(document, ()))
    return frozenset(reached)


def _successors(
    session: ReadSession, tenant_id: TenantId, documents: Iterable[DocumentId], when: When, labels: Collection[Label]
) -> set[Succession]:
    stated = (pair for batch in batches(documents) for pair in _stated(session, tenant_id, batch, when))
    return {one for one, wanted in stated if wanted <= set(labels)}


def _stated(
    session: ReadSession, tenant_id: TenantId, predecessors: Sequence[DocumentId] | None, when: When
) -> Iterator[tuple[Succession, frozenset[Label]]]:
    """Successions of these documents (None: of all), each with the labels that one must hold to read the successor."""
    given = {"tenant": tenant_id, "at": when.at, "predecessors": list(predecessors or ())}
    for r in session.plain.execute(_statement(when.at is None, predecessors is None), given):
        one = Succession(DocumentId(r.successor), DocumentId(r.predecessor), r.modified_at, r.preferred_at)
        yield one, frozenset((Label(r.label), Label(r.own)))


@cache
def _statement(now: bool, everything: bool) -> Select[*tuple[Any, ...]]:
    """Built once: to build it costs ten times as much as to run it."""
    old, new = aliased(Document), aliased(Document)
    tenant: BindParameter[int] = bindparam("tenant")
    at: BindParameter[datetime] = bindparam("at")
    held_then = (Version.held_from <= at) & (Version.held_until.is_(None) | (Version.held_until > at))
    statement: Select[*tuple[Any, ...]] = (
        select(
            old.id.label("predecessor"),
            new.id.label("successor"),
            new.label,
            own_list(new, Version).label("own"),
            Version.modified_at,
            new.preferred_at,
        )
        .select_from(Supersession)
        .join(Version, Version.id == Supersession.version_id)
        .join(new, new.id == Version.document_id)
        .join(old, (old.tenant_id == Supersession.tenant_id) & (old.name == Supersession.name))
        .where(
            Supersession.tenant_id == tenant,
            Version.tenant_id == tenant,
            new.tenant_id == tenant,
            old.tenant_id == tenant,
            old.id != new.id,
            new.current_version_id.is_not(None),
            new.retired_at.is_(None),
            new.label.is_not(None),
            Version.id == new.current_version_id if now else held_then,
        )
    )
    return statement if everything else statement.where(old.id.in_(bindparam("predecessors", expanding=True)))
