"""A file and the files inside it, each read for itself. What holds too much, or itself, is a bomb: nothing of it is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from catalog.ids import digest_bytes
from ingest.documents import FileEntry, Member
from ingest.errors import Quarantine
from ingest.members import member_entries
from ingest.parse.engine import Options
from ingest.read import ReadDocument
from ingest.worker import Worker


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the files inside one file of a source may amount to, all together. Depth 1 is an attachment of an e-mail."""

    depth: int = 3
    members: int = 1000
    unpacked_bytes: int = 500_000_000
    seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read, or why it could not be. Its bytes are not kept. `parent` is the source's file that it came in."""

    entry: FileEntry
    parent: str | None
    content_hash: str
    document: ReadDocument | Quarantine = field(repr=False)
    seconds: float

    @property
    def has_members(self) -> bool:
        return isinstance(self.document, ReadDocument) and bool(self.document.members)


@dataclass(slots=True)
class _Waiting:
    entry: FileEntry
    member: Member  # under the name that its container gave it, for the sniffer alone
    depth: int


def expand(
    worker: Worker,
    entry: FileEntry,
    data: bytes,
    options: Options,
    bounds: Bounds,
    taken: Collection[str],
    redact_names: Callable[[Sequence[str]], list[str]],
) -> tuple[ReadFile, ...]:
    """The file itself first, then what it holds, each container before its members. Names are redacted before they are used.

    A bomb, or a container that takes too long in all, is one quarantined file without members.
    """
    begun = time.monotonic()
    found: list[ReadFile] = []
    waiting = [_Waiting(entry, Member(entry.path, data), 0)]
    members = unpacked_bytes = 0
    try:
        while waiting:
            file = waiting.pop()
            since = time.monotonic()
            if since - begun > bounds.seconds:
                told = f"the files inside it took more than {bounds.seconds:g} seconds; split it"
                raise Quarantine("timeout", f"{told}, or raise INGEST_MAX_CONTAINER_SECONDS")
            document = _read(worker, file.member, options)
            inner = document.members if isinstance(document, ReadDocument) else ()
            if isinstance(document, ReadDocument):
                empty = tuple(replace(member, data=b"") for member in inner)
                document = replace(document, members=empty)
            parent = None if file.depth == 0 else entry.path
            content_hash = digest_bytes(file.member.data)
            found.append(ReadFile(file.entry, parent, content_hash, document, time.monotonic() - since))
            if not inner:
                continue
            members += len(inner)
            unpacked_bytes += sum(len(member.data) for member in inner)
            _refuse_bomb(file.depth + 1, members, unpacked_bytes, bounds)
            entries = member_entries(file.entry, inner, redact_names([member.name for member in inner]), taken)
            pairs = zip(entries, inner, strict=True)
            waiting.extend(reversed([_Waiting(e, member, file.depth + 1) for e, member in pairs]))
    except Quarantine as bad:
        return (ReadFile(entry, None, digest_bytes(data), bad, time.monotonic() - begun),)
    return tuple(found)


def _read(worker: Worker, member: Member, options: Options) -> ReadDocument | Quarantine:
    try:
        return worker.read(member.name, member.data, options)
    except Quarantine as bad:
        return bad


def _refuse_bomb(depth: int, members: int, unpacked_bytes: int, bounds: Bounds) -> None:
    if depth > bounds.depth:
        raise Quarantine("bomb", f"files lie in it more than {bounds.depth} deep (INGEST_MAX_DEPTH); send what it holds as files")
    if members > bounds.members:
        raise Quarantine("bomb", f"it holds more than {bounds.members} files (INGEST_MAX_MEMBERS); send what it holds as files")
    if unpacked_bytes > bounds.unpacked_bytes:
        told = f"it unpacks to more than {bounds.unpacked_bytes} bytes (INGEST_MAX_UNPACKED_BYTES)"
        raise Quarantine("bomb", f"{told}; send what it holds as files")
