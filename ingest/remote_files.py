"""Anything that fsspec opens: object stores, archives, web servers, memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ingest.errors import Quarantine, SourceMissing, SourceUnreadable
from ingest.sources import ACCESS_FILE, MANIFEST, ListedFile, Listing, NotListed, is_hidden, is_inside, name_fault, printable

UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
_TIMES = ("mtime", "LastModified", "last_modified", "modified", "updated", "created", "date_time")
_MARKS = ("ETag", "etag", "md5Hash", "checksum", "crc", "CRC", "version_id", "generation")
_REFUSED = (PermissionError, OSError, ValueError, RuntimeError)


def open_remote(url: str) -> RemoteFiles:
    """Raises `SourceMissing`, `SourceUnreadable`: also for a scheme that fsspec does not know or has no package for."""
    from fsspec.core import url_to_fs

    shown = without_secrets(url)
    try:
        files, path = url_to_fs(url)
        path = str(path).rstrip("/")
        if not files.exists(path) and not _is_listable(files, path):
            raise SourceMissing(f"There is nothing at {shown}. Check the URL.")
        return RemoteFiles(files, path, shown, bool(files.isfile(path)))
    except FileNotFoundError:
        raise SourceMissing(f"There is nothing at {shown}. Check the URL.") from None
    except (ImportError, *_REFUSED) as error:
        raise SourceUnreadable(
            f"{shown} cannot be opened ({type(error).__name__}). Check the scheme, its package, and your rights."
        ) from None


def without_secrets(url: str) -> str:
    """The URL without user, password, query and final slash, in each link of a chain."""
    return "::".join(_bare(link) for link in url.split("::"))


def _bare(link: str) -> str:
    parts = urlsplit(link)
    if not parts.scheme:
        return link
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))


def _is_listable(files: Any, path: str) -> bool:
    """The top of an archive or of memory is no file and no folder to some of fsspec's systems, and yet it lists."""
    try:
        return bool(files.ls(path, detail=False))
    except FileNotFoundError:
        return False


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """A `Source` over a filesystem of fsspec, from `path` downwards."""

    files: Any
    path: str
    root: str
    is_file: bool

    @property
    def default_name(self) -> str:
        return (
            self.root.split("::")[0].rstrip("/").rpartition("/")[2]
            or self.root.split("::")[-1].rstrip("/").rpartition("/")[2]
            or "root"
        )

    def list(self, *, hidden: bool = False) -> Listing:
        if self.is_file:
            return Listing((_listed(self.path.rpartition("/")[2], self.files.info(self.path)),))
        files: list[ListedFile] = []
        access_files: list[str] = []
        unreadable: list[NotListed] = []
        left_out: list[NotListed] = []
        waiting, visited = [""], {""}
        while waiting:
            folder = waiting.pop()
            try:
                entries = self.files.ls(self._full(folder), detail=True, refresh=True)
            except FileNotFoundError:
                if not folder:
                    raise SourceMissing(f"There is nothing at {self.root}. Check the URL.") from None
                unreadable.append(NotListed(printable(folder), True, "it vanished while it was listed"))
                continue
            except _REFUSED as error:
                if not folder:
                    raise SourceUnreadable(f"{self.root} cannot be listed ({type(error).__name__}). Check your rights.") from None
                unreadable.append(NotListed(printable(folder), True, f"it cannot be listed ({type(error).__name__})"))
                continue
            for info in entries:
                name = str(info["name"]).rstrip("/").rpartition("/")[2]
                path = f"{folder}/{name}" if folder else name
                if (
                    not name
                    or (is_hidden(name) and not hidden)
                    or str(info["name"]).rstrip("/") == self._full(folder).rstrip("/")
                ):
                    continue  # object stores list a folder's own marker inside it
                if fault := name_fault(path):
                    left_out.append(NotListed(printable(path), info.get("type") == "directory", fault))
                elif not is_inside(path):
                    left_out.append(NotListed(path, False, "its name leads out of the source"))
                elif info.get("type") == "directory":
                    if path not in visited:
                        visited.add(path)
                        waiting.append(path)
                elif name == ACCESS_FILE:
                    access_files.append(path)
                elif name != MANIFEST:
                    files.append(_listed(path, info))
        return Listing(
            tuple(sorted(files, key=lambda f: f.path)),
            tuple(sorted(access_files)),
            tuple(sorted(unreadable, key=lambda n: n.path)),
            tuple(sorted(left_out, key=lambda n: n.path)),
        )

    def read(self, path: str, limit_bytes: int) -> bytes:
        if not is_inside(path):
            raise Quarantine("missing", "its path leads out of the source")
        full = self.path if self.is_file and path == self.path.rpartition("/")[2] else self._full(path)
        try:
            with self.files.open(full, "rb") as file:
                data = bytes(file.read(limit_bytes + 1))
        except (FileNotFoundError, IsADirectoryError, KeyError):
            raise Quarantine("missing", "it is not there; restore it or remove it from the manifest") from None
        except _REFUSED as error:
            raise Quarantine("unreadable", f"it cannot be read ({type(error).__name__}); check your rights") from None
        if len(data) > limit_bytes:
            raise Quarantine("too_large", f"it has more than {limit_bytes} bytes; split it, or raise INGEST_MAX_FILE_BYTES")
        return data

    def _full(self, path: str) -> str:
        base = self.path.rpartition("/")[0] if self.is_file else self.path
        return f"{base}/{path}" if base and path else base or path


def _listed(path: str, info: dict[str, Any]) -> ListedFile:
    modified_at = next((t for t in (_time(info.get(name)) for name in _TIMES) if t is not None), None)
    mark = next((str(info[name]) for name in _MARKS if info.get(name)), None)
    if mark is None:
        # Without etag or time nobody can tell whether it changed: a mark that never comes again has it opened each time.
        mark = modified_at.isoformat() if modified_at is not None else f"unknown-{time.time_ns()}"
    return ListedFile(path, int(info.get("size") or 0), mark[:200], modified_at or UNKNOWN_TIME)


def _time(value: Any) -> datetime | None:
    """What fsspec's systems call a time: a datetime, seconds, an ISO string, zip's six numbers. Without a zone it is UTC."""
    try:
        match value:
            case datetime():
                moment = value
            case bool() | None:
                return None
            case int() | float():
                moment = datetime.fromtimestamp(value, UTC)
            case str():
                moment = datetime.fromisoformat(value)
            case (int(), int(), int(), int(), int(), int()):
                moment = datetime(*value)  # noqa: DTZ001  the zone is added below
            case _:
                return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
