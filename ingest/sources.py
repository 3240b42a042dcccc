"""Where files come from: a folder, a single file, or anything that fsspec opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

MANIFEST = "manifest.jsonl"
ACCESS_FILE = "access.yaml"
PATH_CHARACTERS = 1000
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:://|::)")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that could be a document. `path` is relative to the root, with slashes. Equal mark and size: equal content."""

    path: str
    size_bytes: int
    changed_mark: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class NotListed:
    """A file or folder that is there and is no candidate. `path` is printable whatever the name was; "" is the root."""

    path: str
    is_folder: bool
    why: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds now. Documents under `unreadable` are unknown, not gone: nothing there may be retired.

    `left_out` was passed over on purpose (links out of the root, names that no catalog can hold): each says why.
    """

    files: tuple[ListedFile, ...]
    access_files: tuple[str, ...] = ()
    unreadable: tuple[NotListed, ...] = ()
    left_out: tuple[NotListed, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether a file that is not listed is gone."""
        return not self.unreadable


class Source(Protocol):
    """Safe to read from several threads."""

    @property
    def root(self) -> str:
        """The absolute path, or the URL without user, password and query: what tells two sources apart."""

    @property
    def default_name(self) -> str:
        """The base name of the root."""

    def list(self, *, hidden: bool = False) -> Listing:
        """What is there now, sorted by path; names that begin with a dot only if `hidden`.

        Raises `SourceMissing`, `SourceUnreadable` for the root.
        """

    def read(self, path: str, limit_bytes: int) -> bytes:
        """The bytes of a listed path, an access file or the manifest. Raises `Quarantine`: missing, unreadable, too_large."""


def open_source(path_or_url: str) -> Source:
    """The source at a path or URL. Raises `SourceMissing`, `SourceUnreadable`."""
    from ingest.local_files import open_local
    from ingest.remote_files import open_remote

    if path_or_url.casefold().startswith("file://"):
        from urllib.parse import unquote, urlsplit

        return open_local(Path(unquote(urlsplit(path_or_url).path)))
    if _URL.match(path_or_url):
        return open_remote(path_or_url)
    return open_local(Path(path_or_url))


def is_hidden(name: str) -> bool:
    """Whether a name, file or folder, is nobody's document."""
    return name.startswith(".")


def name_fault(path: str) -> str | None:
    """Why no catalog can hold this path; None when one can."""
    if any("\ud800" <= c <= "\udfff" for c in path):
        return "its name is not UTF-8; rename it"
    if "\0" in path:
        return "its name holds a zero character; rename it"
    if len(path) > PATH_CHARACTERS:
        return f"its path is longer than {PATH_CHARACTERS} characters; shorten it"
    return None


def printable(path: str) -> str:
    """`path` with what cannot be written in UTF-8 escaped."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def is_inside(path: str) -> bool:
    """Whether a relative path stays under its root: no absolute path, no way up, no empty step."""
    return bool(path) and "\0" not in path and all(step not in ("", ".", "..") for step in path.split("/"))
