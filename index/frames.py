"""What travels between the embedded engine and its clients: a four-byte big-endian length, then one msgpack map. No pickle.

Vectors are little-endian bytes (float32, term numbers uint32), ids the 16 bytes of a UUID. `hello` and `stop` keep their form in
every version of the protocol, so that a newer client can send an older engine home.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgpack
import numpy as np

from catalog.ids import ChunkId, DocumentId, Label, SourceId, TenantId
from index.point import IndexedChunk, Lexical, Vector

PROTOCOL = 3
MOST_BYTES = 64 * 2**20
PATIENCE_SECONDS = 30.0
Message = dict[str, Any]
_LENGTH = struct.Struct("!I")


class BadFrame(Exception):
    """What came is no message of this protocol. Its sender is at fault, and is hung up on."""


class FrameTooBig(BadFrame):
    """A length above the bound: nothing of it was read, or nothing of it was sent."""


def send(sock: socket.socket, message: Mapping[str, Any]) -> None:
    """Raises `FrameTooBig` before the first byte, OSError when the other side is gone or does not read."""
    body: bytes = msgpack.packb(message)
    if len(body) > MOST_BYTES:
        raise FrameTooBig(f"a message of {len(body)} bytes is above the bound of {MOST_BYTES}")
    sock.sendall(_LENGTH.pack(len(body)) + body)


def receive(sock: socket.socket, wait_seconds: float | None) -> Message:
    """The next message. The first byte may take `wait_seconds` (None: for ever), the rest of a frame `PATIENCE_SECONDS`.

    Raises EOFError when the other side hung up, whether between messages or half-way, TimeoutError, or `BadFrame`.
    """
    sock.settimeout(wait_seconds)
    first = sock.recv(1)
    sock.settimeout(PATIENCE_SECONDS)
    (length,) = _LENGTH.unpack(first + _exactly(sock, _LENGTH.size - 1)) if first else _hung_up()
    if length > MOST_BYTES:
        raise FrameTooBig(f"a message of {length} bytes is above the bound of {MOST_BYTES}")
    try:
        message = msgpack.unpackb(_exactly(sock, length))
    except (ValueError, msgpack.UnpackException) as error:
        raise BadFrame("not msgpack") from error
    if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
        raise BadFrame("not a map")
    return message


def pack_point(point: IndexedChunk) -> tuple[Any, ...]:
    return (
        point.chunk_id.bytes,
        point.tenant_id,
        point.document_id,
        point.source_id,
        point.label,
        pack_vector(point.dense),
        *pack_lexical(point.lexical),
    )


def unpack_point(packed: Any) -> IndexedChunk:
    try:
        id_, tenant, document, source, label, dense, indices, values = packed
        if not all(type(number) is int for number in (tenant, document, source, label)):
            raise BadFrame("a point whose payload is not of integers")
        return IndexedChunk(
            chunk_id=ChunkId(UUID(bytes=id_)),
            tenant_id=TenantId(tenant),
            document_id=DocumentId(document),
            source_id=SourceId(source),
            label=Label(label),
            dense=unpack_vector(dense),
            lexical=unpack_lexical(indices, values),
        )
    except (TypeError, ValueError) as error:
        raise BadFrame("not a point") from error


def pack_vector(vector: Vector) -> bytes:
    return vector.astype("<f4").tobytes()


def unpack_vector(packed: bytes) -> Vector:
    return np.frombuffer(packed, "<f4").astype(np.float32)


def pack_lexical(lexical: Lexical) -> tuple[bytes, bytes]:
    return np.array(lexical.indices, "<u4").tobytes(), np.array(lexical.values, "<f4").tobytes()


def unpack_lexical(indices: bytes, values: bytes) -> Lexical:
    return Lexical(tuple(np.frombuffer(indices, "<u4").tolist()), tuple(np.frombuffer(values, "<f4").tolist()))


def unpack_ids(packed: Any) -> list[ChunkId]:
    try:
        return [ChunkId(UUID(bytes=id_)) for id_ in packed]
    except (TypeError, ValueError) as error:
        raise BadFrame("not a list of ids") from error


def pack_ids(ids: Sequence[ChunkId]) -> list[bytes]:
    return [id_.bytes for id_ in ids]


def _exactly(sock: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        piece = sock.recv(min(size - len(received), 2**20))
        if not piece:
            _hung_up()
        received += piece
    return bytes(received)


def _hung_up() -> Any:
    raise EOFError("the other side hung up")
