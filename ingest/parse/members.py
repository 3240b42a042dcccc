"""The files inside a file: their names made harmless and distinct, their number and size bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO

from ingest.documents import Member
from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.zipped import check_size

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")
BLOCK_BYTES = 1_000_000
LONGEST_NAME = 200


def safe_name(name: str) -> str:
    """A relative path with slashes that leaves no folder: no drive, no root, no `..`, no control characters. May be empty."""
    parts = [part.strip() for part in _DRIVE.sub("", _CONTROL.sub("", name).replace("\\", "/")).split("/")]
    return "/".join(part[-LONGEST_NAME:] for part in parts if part not in ("", ".", ".."))


def is_clutter(name: str) -> bool:
    """What an operating system leaves in archives, and what begins with a dot: nobody wrote it to be read."""
    parts = name.split("/")
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1].casefold() in (
        "thumbs.db",
        "desktop.ini",
    )


@dataclass(slots=True)
class Members:
    """Collects members. `packed` is the size of the container, against which a bomb is told."""

    options: Options
    packed: int
    members: list[Member] = field(default_factory=list)
    unpacked: int = 0
    skipped: int = 0
    names: set[str] = field(default_factory=set)

    def add(self, name: str, data: bytes) -> None:
        """Raises `Quarantine` bomb or too_large."""
        if len(self.members) >= self.options.members:
            raise Quarantine(
                "bomb", f"it holds more than {self.options.members} files; unpack it and give its folder as the source"
            )
        self.members.append(Member(self.distinct(safe_name(name) or "unnamed"), data))

    def read(self, stream: IO[bytes]) -> bytes:
        """All of `stream`, stopped as soon as the container has given more than it may, whatever its headers say."""
        blocks = []
        while block := stream.read(BLOCK_BYTES):
            self.unpacked += len(block)
            check_size(self.unpacked, self.packed, self.options)
            blocks.append(block)
        return b"".join(blocks)

    def distinct(self, name: str) -> str:
        """`a.txt`, then `a (2).txt`."""
        stem, dot, extension = name.rpartition(".")
        if not dot or "/" in extension or not stem:
            stem, dot, extension = name, "", ""
        candidate, number = name, 1
        while candidate.casefold() in self.names:
            number += 1
            candidate = f"{stem} ({number}){dot}{extension}"
        self.names.add(candidate.casefold())
        return candidate
