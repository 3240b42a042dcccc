"""Which searchable copy serves, and which one beside it keeps the past. Switching to another model is one row's change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from sqlalchemy import ColumnElement, Row, Select, delete, or_, select, update
from sqlalchemy.orm import aliased

from catalog.errors import NoLiveCollection
from catalog.ids import CollectionId, utc_now
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Collection, LedgerEntry, Tenant


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection and what it is for: `past` False holds what current versions are made of, True what earlier ones alone are."""

    id: CollectionId
    name: str
    past: bool


@dataclass(frozen=True, slots=True)
class LiveCollection:
    """The searchable copy that serves, its history beside it, and the fingerprint and width of the embedder that made both."""

    id: CollectionId
    name: str
    embedder: str
    dimensions: int
    history_id: CollectionId
    history_name: str
    model: str = ""  # the name or folder that the embedder was opened by; empty where it is not known

    @property
    def current(self) -> Shelf:
        return Shelf(self.id, self.name, past=False)

    @property
    def history(self) -> Shelf:
        return Shelf(self.history_id, self.history_name, past=True)

    @property
    def shelves(self) -> tuple[Shelf, Shelf]:
        return self.current, self.history


def live_collection(session: ReadSession) -> LiveCollection:
    """The collection that serves. Raises `NoLiveCollection` before anything was indexed."""
    row = session.plain.execute(_live()).one_or_none()
    if row is None:
        raise NoLiveCollection
    return _collection(row)


def builder_of(session: ReadSession, collection: LiveCollection) -> str | None:
    """Who says to be filling the collection, his time over or not."""
    return session.sql.scalar(select(Collection.builder).where(Collection.id == collection.id))


def claim(session: WriteSession, collection: LiveCollection, owner: str, seconds: float, *, dead: str | None = None) -> bool:
    """Take or renew the right to fill the collection. False while another has it, unless that one is `dead`."""
    now = utc_now()
    free = or_(Collection.builder.is_(None), Collection.builder.in_((owner, dead)), Collection.builder_until < now)
    done = session.sql.execute(
        update(Collection)
        .where(Collection.id == collection.id, free)
        .values(builder=owner, builder_until=now + timedelta(seconds=seconds))
        .returning(Collection.id)
    )
    return done.first() is not None


def retired_collections(session: ReadSession) -> list[Shelf]:
    """What neither serves, nor is filled now, nor is the past of what does: left over from a switch or from a build given up."""
    used = or_(Collection.live, Collection.builder_until > utc_now())
    serving = {id_ for one in _found(session, used) for id_ in (one.id, one.history_id)}
    rows = session.sql.execute(select(Collection.id, Collection.name).order_by(Collection.id))
    return [Shelf(CollectionId(r.id), r.name, past=False) for r in rows if r.id not in serving]


def open_collection(session: WriteSession, embedder: str, dimensions: int, model: str = "") -> LiveCollection:
    """The live collection, made for this embedder if there is none yet. One from before there was a history gets it here."""
    with suppress(NoLiveCollection):
        return live_collection(session)
    _make(session, embedder, dimensions, model, live=True)
    return live_collection(session)


def next_collection(session: WriteSession, embedder: str, dimensions: int, model: str) -> LiveCollection:
    """A collection for this embedder beside the live one, made if it is not there: it serves nobody yet."""
    name = _make(session, embedder, dimensions, model, live=False)
    return _found(session, Collection.name == name)[0]


def switch(session: WriteSession, collection: LiveCollection) -> None:
    """From the end of this transaction on `collection` serves, in every tenant."""
    session.sql.execute(update(Collection).where(Collection.live, Collection.id != collection.id).values(live=False))
    done = {"live": True, "builder": None, "builder_until": None}
    session.sql.execute(update(Collection).where(Collection.id == collection.id).values(**done))
    session.sql.execute(update(Tenant).values(corpus_epoch=Tenant.corpus_epoch + 1))


def forget_collection(session: WriteSession, collection_id: CollectionId) -> None:
    """Its row goes, and with it all that the ledger says of it. It must be out of the engine, and serve nobody."""
    session.sql.execute(update(Collection).where(Collection.history_id == collection_id).values(history_id=None))
    session.sql.execute(delete(LedgerEntry).where(LedgerEntry.collection_id == collection_id))
    session.sql.execute(delete(Collection).where(Collection.id == collection_id, Collection.live.is_(False)))


def _with_history() -> Select[int, str, str, int, int, str, str]:
    one, past = Collection, aliased(Collection)
    columns = (one.id, one.name, one.embedder, one.dimensions, past.id, past.name, one.model)
    return select(*columns).join(past, past.id == one.history_id)


@cache
def _live() -> Select[int, str, str, int, int, str, str]:
    """Built once: every question asks it."""
    return _with_history().where(Collection.live.is_(True))


def _found(session: ReadSession, condition: ColumnElement[bool]) -> list[LiveCollection]:
    return [_collection(row) for row in session.plain.execute(_with_history().where(condition))]


def _collection(row: Row[int, str, str, int, int, str, str]) -> LiveCollection:
    id_, name, embedder, dimensions, history_id, history_name, model = row
    return LiveCollection(CollectionId(id_), name, embedder, dimensions, CollectionId(history_id), history_name, model)


def _make(session: WriteSession, embedder: str, dimensions: int, model: str, *, live: bool) -> str:
    made = {"embedder": embedder, "dimensions": dimensions, "model": model, "created_at": utc_now()}
    insert_ignore(session, Collection, [{**made, "name": f"chunks-{embedder[:12]}", "live": live}])
    serving = Collection.live if live else Collection.name == f"chunks-{embedder[:12]}"
    row = session.sql.scalars(select(Collection).where(serving)).one()
    name = f"history-{row.embedder[:12]}"
    insert_ignore(
        session,
        Collection,
        [{**made, "embedder": row.embedder, "dimensions": row.dimensions, "name": name, "live": False}],
    )
    history = select(Collection.id).where(Collection.name == name).scalar_subquery()
    session.sql.execute(update(Collection).where(Collection.id == row.id).values(history_id=history))
    return row.name
