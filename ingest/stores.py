"""Every place where something of a document is kept. A later store joins an erasure by joining the list.

What the catalog knows (`Traces`) tells where to look, so its rows go last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from catalog.compact import compact
from catalog.erase import count_rows, erase_rows, held_elsewhere
from catalog.ids import ChunkId
from catalog.session import WriteSession, reading, transaction
from catalog.traces import Traces, all_collections
from index.calls import IndexCalls
from index.errors import CollectionMissing
from ingest.search_files import search_files

Hold = Callable[[WriteSession], None]


class Store(Protocol):
    """Each call may be repeated, and repeated after any other was cut off."""

    @property
    def name(self) -> str:
        """What a receipt calls it."""

    def remove(self, traces: Traces, hold: Hold) -> int:
        """Take everything out; how much it was. `hold` comes first in every transaction on the catalog."""

    def compact(self) -> str:
        """Make what was taken out leave the files as well. What an operator should know of it, if anything."""

    def look(self, traces: Traces) -> tuple[int, str]:
        """How much of it is found by looking again, and where."""


class IndexStore:
    """The points of every collection, live or not: by their ids, and by the document that they name."""

    name = "index"

    def __init__(self, catalog: Engine, index: IndexCalls) -> None:
        self._catalog = catalog
        self._index = index

    def remove(self, traces: Traces, hold: Hold) -> int:
        removed = 0
        for collection in self._collections():
            try:
                found = self._points(collection, traces)
                self._index.delete(collection, traces.tenant_id, sorted({*traces.chunks, *found}))
                self._index.flush(collection)
            except CollectionMissing:
                continue
            removed += len(found)
        return removed

    def compact(self) -> str:
        told = ""
        for collection in self._collections():
            try:
                if not self._index.compact(collection):
                    told = "deleted; the Qdrant server drops the bytes when it next rewrites their segment"
            except CollectionMissing:
                continue
        return told

    def look(self, traces: Traces) -> tuple[int, str]:
        where = {}
        for collection in self._collections():
            try:
                found = self._points(collection, traces)
                still = self._index.vectors(collection, traces.tenant_id, traces.chunks)
            except CollectionMissing:
                continue
            if count := len({*found, *still}):
                where[collection] = count
        return sum(where.values()), _told(where)

    def _collections(self) -> list[str]:
        with reading(self._catalog) as read:
            return all_collections(read)

    def _points(self, collection: str, traces: Traces) -> list[ChunkId]:
        ids = frozenset(traces.chunks)
        if not ids and not traces.documents:
            return []
        points = self._index.scan(collection, traces.tenant_id)
        return [p.chunk_id for p in points if p.document_id in traces.documents or p.chunk_id in ids]


class CatalogStore:
    """The rows of every table, and the pages that held them."""

    name = "catalog"

    def __init__(self, catalog: Engine) -> None:
        self._catalog = catalog

    def remove(self, traces: Traces, hold: Hold) -> int:
        with transaction(self._catalog) as write:
            hold(write)
            return sum(erase_rows(write, traces).values())

    def compact(self) -> str:
        compact(self._catalog)
        if self._catalog.dialect.name == "postgresql":
            return "its tables were rewritten; archived WAL and backups of the database are yours to let go"
        return ""

    def look(self, traces: Traces) -> tuple[int, str]:
        with reading(self._catalog) as read:
            found = count_rows(read, traces)
        return sum(found.values()), _told(found)


class FileStore:
    """No store of its own: every file of the home, searched for ids and hashes whatever its format."""

    name = "files"

    def __init__(self, catalog: Engine, home: Path) -> None:
        self._catalog = catalog
        self._home = home

    def remove(self, traces: Traces, hold: Hold) -> int:
        return 0

    def compact(self) -> str:
        return ""

    def look(self, traces: Traces) -> tuple[int, str]:
        with reading(self._catalog) as read:
            held = held_elsewhere(read, traces)
        needles = footprints(traces.chunks, (traces.hashes | traces.text_hashes) - held)
        found = search_files(self._home, needles)
        return sum(found.values()), _told(found) or f"searched for {len(needles)} ids and hashes"


def footprints(chunks: Collection[ChunkId], hashes: Collection[str]) -> frozenset[bytes]:
    """How ids of chunks and hashes of texts look in a file: as text with and without dashes, and raw in either order."""
    ids = [form for id_ in chunks for form in (str(id_).encode(), id_.hex.encode(), id_.bytes, id_.bytes[::-1])]
    return frozenset((*ids, *(form for h in hashes for form in (h.encode(), bytes.fromhex(h)))))


def _told(where: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in where.items())
