"""What the engine does for each message. It demands the scope and builds every filter itself: none is taken from the wire.

A search must name its tenant and at least one label, a deletion its tenant and ids; else `UnfilteredRefused`. There is no message
that reads or deletes across tenants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from catalog.ids import ChunkId, DocumentId, Label, SourceId, TenantId
from index.errors import UnfilteredRefused
from index.frames import BadFrame, Message, pack_ids, pack_vector, unpack_ids, unpack_lexical, unpack_point, unpack_vector
from index.plan import plan
from index.point import SearchQuery
from index.shards import Shards
from index.where import Where

LONGEST_PAGE = 10_000


def handle(shards: Shards, message: Message) -> Message:
    """The reply's content. Raises `IndexFault` for what is refused, `BadFrame` for what is no request."""
    operation = _OPERATIONS.get(message.get("op", ""))
    if operation is None:
        raise BadFrame("an unknown operation")
    collection = message.get("collection")
    if not isinstance(collection, str):
        raise BadFrame("no collection")
    return operation(shards, collection, message)


def _ensure(shards: Shards, collection: str, message: Message) -> Message:
    dimensions = _integer(message, "dimensions")
    if not 1 <= dimensions <= 65_536:
        raise BadFrame("dimensions out of range")
    shards.ensure(collection, dimensions)
    return {}


def _upsert(shards: Shards, collection: str, message: Message) -> Message:
    shards.upsert(collection, [unpack_point(point) for point in _list(message, "points")])
    return {}


def _set_label(shards: Shards, collection: str, message: Message) -> Message:
    numbers = _list(message, "documents")
    if not all(type(number) is int for number in numbers):
        raise UnfilteredRefused("A change of labels names its documents by numbers. This is a fault in the caller.")
    shards.set_label(collection, _tenant(message), [DocumentId(number) for number in numbers], Label(_integer(message, "label")))
    return {}


def _delete(shards: Shards, collection: str, message: Message) -> Message:
    if not isinstance(message.get("ids"), list):
        raise UnfilteredRefused("A deletion without ids was refused. This is a fault in the caller.")
    shards.delete(collection, _tenant(message), unpack_ids(message["ids"]))
    return {}


def _vectors(shards: Shards, collection: str, message: Message) -> Message:
    found = shards.vectors(collection, _tenant(message), unpack_ids(_list(message, "ids")))
    return {"ids": pack_ids(list(found)), "vectors": [pack_vector(vector) for vector in found.values()]}


def _search(shards: Shards, collection: str, message: Message) -> Message:
    sources, documents, labels = message.get("sources"), message.get("documents"), message.get("labels")
    if not isinstance(labels, list) or not all(given is None or isinstance(given, list) for given in (sources, documents)):
        raise UnfilteredRefused("A search without its labels was refused. This is a fault in the caller, not in the question.")
    skip = frozenset(unpack_ids(message.get("skip") or []))
    chosen = None if sources is None else tuple(map(SourceId, sources))
    among = None if documents is None else tuple(map(DocumentId, documents))
    condition = Where(_tenant(message), tuple(map(Label, labels)), chosen, skip, among)
    dense, lexical = message.get("dense"), message.get("lexical")
    try:
        query = SearchQuery(
            dense=None if dense is None else unpack_vector(dense),
            lexical=None if lexical is None else unpack_lexical(*lexical),
            limit=_integer(message, "limit"),
            floor=_floor(message),
            exact=message.get("exact") is True,
        )
    except (TypeError, ValueError) as error:
        raise BadFrame("not a query") from error
    way = plan(query, shards.readable(collection, condition))
    hits = [] if way is None else shards.search(collection, way, condition)
    return {"hits": [(h.chunk_id.bytes, h.document_id, h.label, h.score, h.dense, h.lexical) for h in hits]}


def _scan(shards: Shards, collection: str, message: Message) -> Message:
    after = message.get("after")
    limit = min(max(_integer(message, "limit"), 1), LONGEST_PAGE)
    start = None if after is None else unpack_ids([after])[0]
    points, following = shards.scan(collection, _tenant(message), start, limit)
    return {
        "points": [(point.chunk_id.bytes, point.document_id, point.label) for point in points],
        "next": None if following is None else ChunkId(UUID(str(following))).bytes,
    }


def _count(shards: Shards, collection: str, _message: Message) -> Message:
    return {"count": shards.count(collection)}


def _drop(shards: Shards, collection: str, _message: Message) -> Message:
    shards.drop(collection)
    return {}


def _flush(shards: Shards, collection: str, _message: Message) -> Message:
    shards.flush(collection)
    return {}


def _compact(shards: Shards, collection: str, _message: Message) -> Message:
    shards.compact(collection)
    return {"compacted": True}


_OPERATIONS: dict[str, Callable[[Shards, str, Message], Message]] = {
    "ensure": _ensure,
    "upsert": _upsert,
    "set_label": _set_label,
    "delete": _delete,
    "vectors": _vectors,
    "search": _search,
    "scan": _scan,
    "count": _count,
    "drop": _drop,
    "flush": _flush,
    "compact": _compact,
}


def _tenant(message: Message) -> TenantId:
    if type(message.get("tenant")) is not int:
        raise UnfilteredRefused("A request without its tenant was refused. This is a fault in the caller, not in the question.")
    return TenantId(message["tenant"])


def _integer(message: Message, key: str) -> int:
    number = message.get(key)
    if type(number) is not int:
        raise BadFrame(f"{key} is not an integer")
    return number


def _floor(message: Message) -> float | None:
    floor = message.get("floor")
    if floor is not None and type(floor) is not float:
        raise BadFrame("floor is not a number")
    return floor


def _list(message: Message, key: str) -> list[Any]:
    content = message.get(key)
    if not isinstance(content, list):
        raise BadFrame(f"{key} is not a list")
    return content
