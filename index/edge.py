"""The index calls over the embedded engine: Qdrant Edge in a process of its own, reached by a local socket.

The engine is started by the first call and again after it left or died. Every call may be repeated without harm, so a call whose
connection broke is made again.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.check import check_collection, check_points
from index.errors import BadCollection, BadVector, CollectionMissing, IndexFault, IndexUnavailable, UnfilteredRefused
from index.frames import BadFrame, Message, pack_ids, pack_lexical, pack_point, pack_vector, receive, send, unpack_vector
from index.launch import reach_engine
from index.plan import plan
from index.point import Hit, IndexedChunk, SearchQuery, StoredPoint, Vector
from index.where import where

BATCH = 256
PAGE = 1000
CONNECTIONS = 8
COMPACT_SECONDS = 3600.0
ATTEMPTS = 3
_FAULTS: dict[str, type[IndexFault]] = {f.code: f for f in (BadCollection, BadVector, IndexUnavailable, UnfilteredRefused)}


class EdgeIndex:
    """Meets `index.calls.IndexCalls`. Several threads share a few connections; a forked child makes its own."""

    def __init__(self, data: Path, *, idle_seconds: float = 300.0, timeout_seconds: float = 60.0) -> None:
        """`idle_seconds` is told to the engine if this client is the one that starts it."""
        self._data = data
        self._idle_seconds = idle_seconds
        self._timeout_seconds = timeout_seconds
        self._closed = False
        self._begin()

    def ensure(self, collection: str, dimensions: int) -> None:
        self._call("ensure", collection, dimensions=dimensions)

    def upsert(self, collection: str, points: Sequence[IndexedChunk]) -> None:
        if len(points) > BATCH:  # the engine tests each batch, but here a fault in the last one must stop the first
            check_points(points, points[0].dense.size)
        try:
            packed = [pack_point(point) for point in points]
        except OverflowError as error:
            raise BadVector("A lexical vector has a term number that is not within 32 bits.") from error
        for start in range(0, max(len(packed), 1), BATCH):
            self._call("upsert", collection, points=packed[start : start + BATCH])

    def set_label(self, collection: str, tenant_id: TenantId, documents: Sequence[DocumentId], label: Label) -> None:
        for start in range(0, max(1, len(documents)), PAGE):
            these = list(documents[start : start + PAGE])
            self._call("set_label", collection, tenant=tenant_id, documents=these, label=label)

    def delete(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> None:
        ids = pack_ids(chunk_ids)
        for start in range(0, max(len(ids), 1), PAGE):
            self._call("delete", collection, tenant=tenant_id, ids=ids[start : start + PAGE])

    def vectors(self, collection: str, tenant_id: TenantId, chunk_ids: Sequence[ChunkId]) -> dict[ChunkId, Vector]:
        ids = pack_ids(chunk_ids)
        found: dict[ChunkId, Vector] = {}
        for start in range(0, max(len(ids), 1), PAGE):
            reply = self._call("vectors", collection, tenant=tenant_id, ids=ids[start : start + PAGE])
            found |= {_id(i): unpack_vector(v) for i, v in zip(reply["ids"], reply["vectors"], strict=True)}
        return found

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        condition, way = where(scope, query), plan(query)
        if condition is None or way is None:
            return []
        reply = self._call(
            "search",
            collection,
            tenant=condition.tenant_id,
            labels=condition.labels,
            sources=condition.sources,
            documents=condition.documents,
            skip=pack_ids(list(condition.skip)),
            dense=None if way.dense is None else pack_vector(way.dense),
            lexical=None if way.lexical is None else pack_lexical(way.lexical),
            limit=way.limit,
            floor=way.floor,
            exact=query.exact,
        )
        return [Hit(_id(i), DocumentId(document), Label(label), *scores) for i, document, label, *scores in reply["hits"]]

    def scan(self, collection: str, tenant_id: TenantId) -> Iterator[StoredPoint]:
        after: bytes | None = None
        while True:
            reply = self._call("scan", collection, tenant=tenant_id, after=after, limit=PAGE)
            for id_, document, label in reply["points"]:
                yield StoredPoint(_id(id_), tenant_id, DocumentId(document), Label(label))
            after = reply["next"]
            if after is None:
                return

    def count(self, collection: str) -> int:
        number: int = self._call("count", collection)["count"]
        return number

    def drop(self, collection: str) -> None:
        self._call("drop", collection)

    def flush(self, collection: str) -> None:
        self._call("flush", collection)

    def compact(self, collection: str) -> bool:
        done: bool = self._call("compact", collection, wait_seconds=COMPACT_SECONDS)["compacted"]
        return done

    def close(self) -> None:
        self._closed = True
        self._drop_idle()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle: queue.LifoQueue[socket.socket] = queue.LifoQueue()
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def _call(self, operation: str, collection: str, *, wait_seconds: float | None = None, **content: Any) -> Message:
        check_collection(collection)
        if self._process != os.getpid():  # after a fork the sockets are the parent's: two speakers would garble each other
            self._begin()
        message = {"op": operation, "collection": collection, **content}
        with self._places:
            for _ in range(ATTEMPTS):
                reply = self._attempt(message, wait_seconds or self._timeout_seconds)
                if reply is not None:
                    return _accepted(reply, collection)
        raise IndexUnavailable(f"The index engine of {self._data} breaks off: see {self._data / 'engine.log'}.")

    def _attempt(self, message: Message, wait_seconds: float) -> Message | None:
        """The engine's reply, or None when the connection broke or the engine is leaving: worth another attempt."""
        sock = self._connection()
        try:
            send(sock, message)
            reply = receive(sock, wait_seconds)
        except TimeoutError as error:
            sock.close()
            raise IndexUnavailable(
                f"The index engine of {self._data} does not answer within {wait_seconds:g} s. Try again."
            ) from error
        except (OSError, EOFError):
            sock.close()
            self._drop_idle()
            return None
        except BadFrame as error:
            sock.close()
            raise IndexFault(f"The index engine cannot take this call: {error}.") from error
        except BaseException:
            sock.close()
            raise
        if reply.get("code") == "stopping":
            sock.close()
            self._drop_idle()
            return None
        self._idle.put(sock)
        return reply

    def _connection(self) -> socket.socket:
        if self._closed:
            raise IndexUnavailable("This client of the index was closed. Open another.")
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return reach_engine(self._data, self._idle_seconds, self._timeout_seconds)

    def _drop_idle(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return


def _accepted(reply: Message, collection: str) -> Message:
    if reply.get("ok"):
        return reply
    code, told = str(reply.get("code")), str(reply.get("message"))
    if code == CollectionMissing.code:
        raise CollectionMissing(collection)
    raise _FAULTS.get(code, IndexFault)(told)


def _id(packed: bytes) -> ChunkId:
    return ChunkId(UUID(bytes=packed))
