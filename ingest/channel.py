"""What travels between a run and its worker: an eight-byte big-endian length, then one msgpack map. No pickle.

A job goes one way; back come any number of `step`, which only say that it gets on, and then either `refused`, or the document and
a frame for each file inside it.
The worker has read hostile bytes, so what it says is checked like any input.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import msgpack

from ingest.documents import Element, ElementKind, Member, PageQuality
from ingest.errors import REASONS, Quarantine
from ingest.parse.engine import Options
from ingest.read import ReadDocument

LENGTH = struct.Struct("!Q")
MOST_BYTES = 1 << 31
Message = Mapping[str, Any]
_KINDS = frozenset(get_args(ElementKind))
_READ_BY = frozenset(("text_layer", "ocr", "nothing"))
_SURROGATES = "surrogatepass"


class BadMessage(Exception):
    """What came is no message of this protocol."""


def pack(message: Message) -> bytes:
    """A whole frame. Halves of surrogate pairs pass: what to do with them is for the stages to say."""
    body: bytes = msgpack.packb(message, unicode_errors=_SURROGATES)
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes | bytearray | memoryview) -> Message:
    """The map in a frame's body. Raises `BadMessage`."""
    try:
        message = msgpack.unpackb(body, unicode_errors=_SURROGATES)
    except (ValueError, msgpack.UnpackException) as error:
        raise BadMessage("not msgpack") from error
    if not isinstance(message, dict):
        raise BadMessage("not a map")
    return message


def pack_job(name: str, data: bytes, options: Options) -> bytes:
    return pack({"name": name, "data": data, "options": asdict(options)})


def unpack_job(message: Message) -> tuple[str, bytes, Options]:
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in message["options"].items()}
    return message["name"], message["data"], Options(**options)


def pack_document(document: ReadDocument) -> Message:
    """The first frame of an answer; `members` says how many follow."""
    return {
        "media_type": document.media_type,
        "title": document.title,
        "elements": [(e.kind, e.text, e.level, e.page, e.confidence) for e in document.elements],
        "repairs": dict(document.repairs),
        "pages": [(p.page, p.score, p.read_by) for p in document.pages],
        "members": len(document.members),
    }


def unpack_document(message: Message, members: tuple[Member, ...]) -> ReadDocument:
    """Raises `BadMessage`; `Quarantine` when that is the answer."""
    if refused := message.get("refused"):
        _require(isinstance(refused, list) and len(refused) == 2 and refused[0] in REASONS and isinstance(refused[1], str))
        raise Quarantine(refused[0], refused[1])
    try:
        title, repairs = message["title"], message["repairs"]
        _require(isinstance(message["media_type"], str) and (title is None or isinstance(title, str)))
        _require(all(isinstance(rule, str) and type(count) is int for rule, count in repairs.items()))
        elements = tuple(_element(*row) for row in message["elements"])
        pages = tuple(_page(*row) for row in message["pages"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BadMessage("not a document") from error
    return ReadDocument(message["media_type"], title, elements, repairs, pages, members)


def pack_member(member: Member) -> Message:
    return {"name": member.name, "data": member.data}


def unpack_member(message: Message) -> Member:
    name, data = message.get("name"), message.get("data")
    if not isinstance(name, str) or not isinstance(data, bytes):
        raise BadMessage("not a member")
    return Member(name, data)


def _element(kind: Any, text: Any, level: Any, page: Any, confidence: Any) -> Element:
    _require(kind in _KINDS and isinstance(text, str) and type(level) is int)
    _require((page is None or type(page) is int) and (confidence is None or isinstance(confidence, float | int)))
    return Element(kind, text, level, page, confidence)


def _page(page: Any, score: Any, read_by: Any) -> PageQuality:
    _require(type(page) is int and isinstance(score, float | int) and read_by in _READ_BY)
    return PageQuality(page, score, read_by)


def _require(holds: bool) -> None:
    if not holds:
        raise BadMessage("a field of another type")
