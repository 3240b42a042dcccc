"""The request log of a tenant that wants one: kept for so many days, and gone with what it speaks of. Nothing here can open it.

Whether a tenant has one is asked in the transaction that writes: from the end of the one that switches it off nothing is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from catalog.ids import ChunkId, DocumentId, Label, PrincipalId, TenantId, VersionId
from catalog.insert import batches
from catalog.request_tables import Judgement, RequestLeaning, RequestResult, RequestRow
from catalog.session import ReadSession, WriteSession
from catalog.tables import Principal, Tenant, Version
from catalog.text import hold_chunks

_NEVER = datetime.max.replace(tzinfo=UTC)
LOG_LOCK = 0x6C6F6721 << 32  # "log!", any number that all processes agree on


@dataclass(frozen=True, slots=True)
class KeptResult:
    """A passage that answered. `place` counts from 1; `arrival` numbers its version; `label` was the document's list then."""

    place: int
    chunk_id: ChunkId
    document_id: DocumentId
    arrival: int
    label: Label
    score: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request as it is kept. `leanings`: passages whose words stand in the sealed question, each with its document."""

    tenant_id: TenantId
    request_id: UUID
    person_id: PrincipalId
    made_at: datetime
    sealed: bytes = field(repr=False)
    results: tuple[KeptResult, ...] = ()
    leanings: tuple[tuple[ChunkId, DocumentId], ...] = ()


@dataclass(frozen=True, slots=True)
class LogState:
    """`days` None: the tenant's requests are not kept."""

    days: int | None
    requests: int
    judged: int
    oldest: datetime | None


def log_days(session: ReadSession, tenants: Iterable[TenantId]) -> dict[TenantId, int]:
    """For how many days requests are kept, of those of the tenants that want it."""
    rows = session.sql.execute(select(Tenant.id, Tenant.log_days).where(Tenant.id.in_(sorted(tenants)), Tenant.log_days > 0))
    return {TenantId(row.id): row.log_days or 0 for row in rows}


def kept_after(session: ReadSession, tenant_id: TenantId, now: datetime) -> datetime:
    """What the tenant keeps is from after this moment: the end of time where it keeps nothing."""
    days = log_days(session, [tenant_id]).get(tenant_id)
    return _NEVER if days is None else now - timedelta(days=days)


def log_state(session: ReadSession, tenant_id: TenantId) -> LogState:
    """What the tenant's log holds."""
    days = session.sql.scalars(select(Tenant.log_days).where(Tenant.id == tenant_id)).one()
    judged = exists().where(Judgement.tenant_id == RequestRow.tenant_id, Judgement.request_id == RequestRow.id)
    mine = RequestRow.tenant_id == tenant_id
    count, oldest = session.sql.execute(select(func.count(), func.min(RequestRow.made_at)).where(mine)).one()
    return LogState(days, count, session.sql.scalars(select(func.count()).where(mine, judged)).one(), oldest)


def set_log_days(session: WriteSession, tenant_id: TenantId, days: int | None, now: datetime) -> int:
    """Keep the tenant's requests for so many days from now on; with None none, and none that was. How many left the log."""
    _hold(session, tenant_id, alone=True)
    lapsed = drop_lapsed(session, tenant_id, now)  # what was over stays over, though the days become more
    session.sql.execute(update(Tenant).where(Tenant.id == tenant_id).values(log_days=days))
    return lapsed + drop_lapsed(session, tenant_id, now)


def keep_requests(session: WriteSession, requests: Sequence[KeptRequest], now: datetime) -> int:
    """Keep those whose tenants want it, and let go of what lapsed in these. How many were kept.

    What was erased since they were answered is not written down: no id of it, and no question that may hold its words.
    """
    tenants = sorted({one.tenant_id for one in requests})
    for tenant_id in tenants:
        _hold(session, tenant_id, alone=False)
    wanting = log_days(session, tenants)
    for tenant_id in wanting:
        drop_lapsed(session, tenant_id, now)
    there = {tenant_id: hold_chunks(session, tenant_id, _named(requests, tenant_id)) for tenant_id in tenants}
    kept = [one for one in requests if one.tenant_id in wanting and there[one.tenant_id].issuperset(_leant(one))]
    for one in kept:
        mine = {"tenant_id": one.tenant_id, "request_id": one.request_id}
        row = {"person_id": one.person_id, "made_at": one.made_at, "kept_from": one.made_at, "sealed": one.sealed}
        session.sql.execute(insert(RequestRow), [{"tenant_id": one.tenant_id, "id": one.request_id, **row}])
        still = [result for result in one.results if result.chunk_id in there[one.tenant_id]]
        results = [mine | {name: getattr(result, name) for name in KeptResult.__slots__} for result in still]
        if results:
            session.sql.execute(insert(RequestResult), results)
        leanings = [mine | {"chunk_id": chunk, "document_id": document} for chunk, document in dict.fromkeys(one.leanings)]
        if leanings:
            session.sql.execute(insert(RequestLeaning), leanings)
    return len(kept)


def find_request(session: ReadSession, tenant_id: TenantId, request_id: UUID, now: datetime) -> KeptRequest | None:
    """The request as it is kept, without what was erased of it; None when it lapsed, was never kept, or is another tenant's."""
    mine = (RequestRow.tenant_id == tenant_id, RequestRow.id == request_id)
    after = kept_after(session, tenant_id, now)
    row = session.sql.scalar(select(RequestRow).where(*mine, RequestRow.kept_from > after))
    if row is None:
        return None
    results = session.sql.scalars(
        select(RequestResult)
        .where(RequestResult.tenant_id == tenant_id, RequestResult.request_id == request_id)
        .order_by(RequestResult.place)
    )
    leanings = session.sql.execute(
        select(RequestLeaning.chunk_id, RequestLeaning.document_id).where(
            RequestLeaning.tenant_id == tenant_id, RequestLeaning.request_id == request_id
        )
    )
    return KeptRequest(
        tenant_id,
        request_id,
        PrincipalId(row.person_id),
        row.made_at,
        bytes(row.sealed),
        tuple(_result(one) for one in results),
        tuple((ChunkId(chunk), DocumentId(document)) for chunk, document in leanings),
    )


def drop_lapsed(session: WriteSession, tenant_id: TenantId, now: datetime) -> int:
    """Let go of requests that were kept long enough; of all where none are kept. How many they were."""
    mine = RequestRow.tenant_id == tenant_id
    return _drop(session, mine & (RequestRow.kept_from <= kept_after(session, tenant_id, now)))


def drop_requests_of_removed(session: WriteSession, tenant_id: TenantId) -> int:
    """Let go of what was written down just when its person was removed. How many requests they were."""
    removed = select(Principal.id).where(Principal.tenant_id == tenant_id, Principal.deleted_at.is_not(None))
    return _drop(session, (RequestRow.tenant_id == tenant_id) & RequestRow.person_id.in_(removed))


def drop_requests_of(session: WriteSession, tenant_id: TenantId, people: Iterable[PrincipalId | int]) -> int:
    """Let go of all that these people asked. How many they were."""
    return sum(_drop(session, (RequestRow.tenant_id == tenant_id) & RequestRow.person_id.in_(batch)) for batch in batches(people))


def drop_leaning(session: WriteSession, tenant_id: TenantId, documents: Collection[DocumentId]) -> int:
    """Let go of the requests whose question may hold words of these documents. How many they were."""
    return sum(_drop(session, leaning_on(tenant_id, batch)) for batch in batches(documents))


def leaning_on(tenant_id: TenantId, documents: Collection[DocumentId]) -> ColumnElement[bool]:
    """A request whose question may hold words of these documents."""
    leant = exists().where(
        RequestLeaning.tenant_id == RequestRow.tenant_id,
        RequestLeaning.request_id == RequestRow.id,
        RequestLeaning.document_id.in_(documents),
    )
    return (RequestRow.tenant_id == tenant_id) & leant


def documents_of(session: ReadSession, tenant_id: TenantId, versions: Collection[VersionId]) -> set[DocumentId]:
    """Whose versions these are."""
    found: set[DocumentId] = set()
    for batch in batches(versions):
        rows = select(Version.document_id).where(Version.tenant_id == tenant_id, Version.id.in_(batch))
        found.update(map(DocumentId, session.sql.scalars(rows)))
    return found


def _named(requests: Iterable[KeptRequest], tenant_id: TenantId) -> set[ChunkId]:
    """The chunks that requests of this tenant name."""
    mine = [one for one in requests if one.tenant_id == tenant_id]
    return {chunk for one in mine for chunk in (*(result.chunk_id for result in one.results), *_leant(one))}


def _leant(one: KeptRequest) -> set[ChunkId]:
    return {chunk for chunk, _ in one.leanings}


def _result(row: RequestResult) -> KeptResult:
    return KeptResult(
        row.place,
        ChunkId(row.chunk_id),
        DocumentId(row.document_id),
        row.arrival,
        Label(row.label),
        row.score,
        row.dense,
        row.lexical,
    )


def _drop(session: WriteSession, condition: ColumnElement[bool]) -> int:
    done = session.sql.execute(delete(RequestRow).where(condition).execution_options(synchronize_session=False))
    return max(0, int(getattr(done, "rowcount", 0)))


def _hold(session: WriteSession, tenant_id: TenantId, *, alone: bool) -> None:
    """Until the transaction ends the log is not switched; `alone`: nothing is kept either. SQLite has one writer anyway."""
    if session.dialect == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        session.sql.execute(select(lock(LOG_LOCK + tenant_id)))
