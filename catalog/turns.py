"""A session's turns: kept for a while, a bounded number of them, for one person of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from catalog.ids import ChunkId, PrincipalId, TenantId
from catalog.insert import batches
from catalog.session import ReadSession, WriteSession
from catalog.turn_tables import TurnResult, TurnRow


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Whose session, and which: `digest` is a keyed one of the id that the application chose."""

    tenant_id: TenantId
    person_id: PrincipalId
    digest: str


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """`results` are chunk ids by their place in the answer, from 1; one that was erased since is not there."""

    number: int
    question: str
    results: dict[int, ChunkId]


def load_turns(session: ReadSession, key: SessionKey, now: datetime) -> tuple[KeptTurn, ...]:
    """The session's turns, oldest first; none when it has expired, was never there, or is somebody else's."""
    kept = session.sql.execute(
        select(TurnRow.number, TurnRow.question).where(*_of(TurnRow, key), TurnRow.expires_at > now).order_by(TurnRow.number)
    ).all()
    results: dict[int, dict[int, ChunkId]] = {}
    for number, place, chunk_id in session.sql.execute(
        select(TurnResult.number, TurnResult.place, TurnResult.chunk_id).where(*_of(TurnResult, key))
    ):
        results.setdefault(number, {})[place] = ChunkId(chunk_id)
    return tuple(KeptTurn(number, question, results.get(number, {})) for number, question in kept)


def append_turn(
    session: WriteSession, key: SessionKey, question: str, results: Sequence[ChunkId], now: datetime, life: timedelta, most: int
) -> int:
    """Add a turn, let the session live on, and drop what is beyond `most` turns or expired in the tenant. The turn's number."""
    if session.dialect == "postgresql":  # two turns of one session, asked at once, get two numbers; SQLite has one writer anyway
        session.sql.execute(select(func.pg_advisory_xact_lock(int(key.digest[:15], 16))))
    drop_expired_turns(session, key.tenant_id, now)
    last = session.sql.scalar(select(func.max(TurnRow.number)).where(*_of(TurnRow, key))) or 0
    of = {"tenant_id": key.tenant_id, "person_id": key.person_id, "session": key.digest}
    expires_at = now + life
    session.sql.execute(update(TurnRow).where(*_of(TurnRow, key)).values(expires_at=expires_at))
    session.sql.execute(insert(TurnRow), [{**of, "number": last + 1, "question": question, "expires_at": expires_at}])
    rows = [{**of, "number": last + 1, "place": place, "chunk_id": id_} for place, id_ in enumerate(results, start=1)]
    if rows:
        session.sql.execute(insert(TurnResult), rows)
    session.sql.execute(delete(TurnRow).where(*_of(TurnRow, key), TurnRow.number <= last + 1 - most))
    return last + 1


def drop_expired_turns(session: WriteSession, tenant_id: TenantId, now: datetime) -> int:
    """Let go of the sessions that ended. How many turns they had."""
    return _drop(session, TurnRow.tenant_id == tenant_id, TurnRow.expires_at <= now)


def drop_turns_of(session: WriteSession, tenant_id: TenantId, people: Iterable[PrincipalId | int]) -> int:
    """Let go of all sessions of these people. How many turns they had."""
    mine = TurnRow.tenant_id == tenant_id
    return sum(_drop(session, mine, TurnRow.person_id.in_(batch)) for batch in batches(people))


def _drop(session: WriteSession, *conditions: ColumnElement[bool]) -> int:
    done = session.sql.execute(delete(TurnRow).where(*conditions).execution_options(synchronize_session=False))
    return max(0, int(getattr(done, "rowcount", 0)))


def _of(table: type[TurnRow] | type[TurnResult], key: SessionKey) -> tuple[ColumnElement[bool], ...]:
    return (table.tenant_id == key.tenant_id, table.person_id == key.person_id, table.session == key.digest)
