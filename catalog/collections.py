"""Which searchable copy serves, and which one beside it keeps the past. Switching to another model is one row's change."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from catalog.errors import NoLiveCollection
from catalog.ids import CollectionId, utc_now
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Collection


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
    past = aliased(Collection)
    row = session.sql.execute(
        select(Collection, past).join(past, past.id == Collection.history_id).where(Collection.live)
    ).one_or_none()
    if row is None:
        raise NoLiveCollection
    live, history = row
    return LiveCollection(
        CollectionId(live.id), live.name, live.embedder, live.dimensions, CollectionId(history.id), history.name
    )


def open_collection(session: WriteSession, embedder: str, dimensions: int) -> LiveCollection:
    """The live collection, made for this embedder if there is none yet. One from before there was a history gets it here."""
    try:
        return live_collection(session)
    except NoLiveCollection:
        made = {"embedder": embedder, "dimensions": dimensions, "created_at": utc_now()}
        insert_ignore(session, Collection, [{**made, "name": f"chunks-{embedder[:12]}", "live": True}])
        live = session.sql.scalars(select(Collection).where(Collection.live)).one()
        name = f"history-{live.embedder[:12]}"
        insert_ignore(
            session,
            Collection,
            [{**made, "embedder": live.embedder, "dimensions": live.dimensions, "name": name, "live": False}],
        )
        history = select(Collection.id).where(Collection.name == name).scalar_subquery()
        session.sql.execute(update(Collection).where(Collection.id == live.id).values(history_id=history))
        return live_collection(session)
