"""What was done, by whom, to what. Append-only and chained; ids and counts, never texts."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from catalog.audit_tail import keys_of, note
from catalog.chain import Checked, Entry, Head, Link, check
from catalog.ids import TenantId
from catalog.session import ReadSession, WriteSession
from catalog.tables import AuditEntry, AuditHead

AT_ONCE = 1000
"""Rows that a walk through the log holds in memory."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to export: `since` inclusive, `until` exclusive, of these `actions`; empty means all."""

    since: datetime | None = None
    until: datetime | None = None
    actions: frozenset[str] = frozenset()


ALL = Wanted()
Tell = Callable[[int, int], None]
"""Called with how many entries are done and how many there are."""


def _silent(_done: int, _all: int) -> None:
    """Nobody watches."""


def record(
    session: WriteSession,
    tenant_id: TenantId,
    *,
    actor: str,
    action: str,
    object_: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add one entry, in the transaction of what it tells of. `actor` is `key:ID`, `user:NAME` or `operator`.

    It gets its place in the chain when the transaction commits: a query before sees nothing of it. Raises ValueError when
    `details` holds a number that is not whole, which databases would give back otherwise than they took it.
    """
    given = dict(details or {})
    if not _whole(given):
        raise ValueError(f"the details of {action} hold something else than texts, whole numbers, lists and objects of them")
    note(session.sql, tenant_id, (actor, action, object_, given))


def count_since(session: ReadSession | WriteSession, tenant_id: TenantId, action: str, object_: str, since: datetime) -> int:
    """How many entries tell of this action on this object since then; those of the running transaction do not count."""
    entry = AuditEntry
    asked = select(func.count()).where(
        entry.tenant_id == tenant_id, entry.at > since, entry.action == action, entry.object == object_
    )
    return int(session.sql.execute(asked).scalar_one())


def head_of(session: ReadSession, tenant_id: TenantId) -> Head:
    """The last entry of the tenant: kept elsewhere, it is the anchor that shows whether the log was made anew."""
    row = session.sql.execute(select(AuditHead.sequence, AuditHead.digest).where(AuditHead.tenant_id == tenant_id)).one_or_none()
    return Head() if row is None else Head(row.sequence, row.digest)


def links_of(session: ReadSession, tenant_id: TenantId, wanted: Wanted = ALL) -> Generator[Link, None, None]:
    """The entries in order, read as they are asked for. Raises ValueError at one whose columns hold nonsense."""
    row = AuditEntry
    asked = select(
        row.sequence, row.at, row.actor, row.action, row.object, row.details, row.key_id, row.digest
    ).where(row.tenant_id == tenant_id)  # fmt: skip
    if wanted.since is not None:
        asked = asked.where(row.at >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(row.at < wanted.until)
    if wanted.actions:
        asked = asked.where(row.action.in_(sorted(wanted.actions)))
    with session.sql.execute(asked.order_by(row.sequence), execution_options={"yield_per": AT_ONCE}) as rows:
        for found in rows:
            entry = Entry(tenant_id, found.sequence, found.at, found.actor, found.action, found.object, found.details)
            yield Link(entry, found.key_id, found.digest)


def check_log(session: ReadSession, tenant_id: TenantId, anchors: Iterable[Head] = (), tell: Tell = _silent) -> Checked:
    """Whether the tenant's log is what was written, entry by entry, by the keys of the session's engine."""
    head = head_of(session, tenant_id)
    with closing(links_of(session, tenant_id)) as links, closing(_told(links, head.sequence, tell)) as told:
        return check(told, head, keys_of(session.sql), anchors)


def _told(links: Iterable[Link], last: int, tell: Tell) -> Generator[Link, None, None]:
    for done, link in enumerate(links, start=1):
        yield link
        if done % AT_ONCE == 0:
            tell(done, last)


def _whole(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(map(_whole, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_whole, value))
    return value is None or isinstance(value, (str, int))
