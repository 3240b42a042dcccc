"""A folder of this machine, or one file of it. Links are followed to files inside the root and nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import Quarantine, SourceMissing, SourceUnreadable
from ingest.sources import ACCESS_FILE, MANIFEST, ListedFile, Listing, NotListed, is_hidden, is_inside, name_fault, printable


def open_local(path: Path) -> LocalFiles:
    """Raises `SourceMissing`, `SourceUnreadable`."""
    try:
        root = path.expanduser().resolve(strict=True)
        mode = root.stat().st_mode
    except FileNotFoundError:
        raise SourceMissing(f"There is no file or folder {printable(str(path))}. Check the path.") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceUnreadable(f"{printable(str(path))} cannot be opened ({type(error).__name__}).") from None
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise SourceUnreadable(f"{printable(str(path))} is neither a file nor a folder.")
    if fault := name_fault(str(root)):
        raise SourceUnreadable(f"{printable(str(root))} cannot be a source: {fault}.")
    return LocalFiles(root, is_file=stat.S_ISREG(mode))


@dataclass(slots=True)
class _Found:
    files: list[ListedFile] = field(default_factory=list)
    access_files: list[str] = field(default_factory=list)
    unreadable: list[NotListed] = field(default_factory=list)
    left_out: list[NotListed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A `Source` over `path`, which is resolved. With `is_file` it is that one file, and the access file beside it counts."""

    path: Path
    is_file: bool

    @property
    def root(self) -> str:
        return str(self.path)

    @property
    def default_name(self) -> str:
        return self.path.name or "root"

    def list(self, *, hidden: bool = False) -> Listing:
        found = _Found()
        if self.is_file:
            self._list_one(found)
        else:
            waiting = [""]
            while waiting:
                waiting.extend(self._list_folder(waiting.pop(), found, hidden))
        return Listing(
            tuple(sorted(found.files, key=lambda f: f.path)),
            tuple(sorted(found.access_files)),
            tuple(sorted(found.unreadable, key=lambda n: n.path)),
            tuple(sorted(found.left_out, key=lambda n: n.path)),
        )

    def read(self, path: str, limit_bytes: int) -> bytes:
        if not is_inside(path):
            raise Quarantine("missing", "its path leads out of the source")
        target = self._base / path
        try:
            resolved = target.resolve(strict=True)
            if not resolved.is_relative_to(self._base):
                raise Quarantine("unreadable", "it is a link out of the source; put the file itself there")
            with open(resolved, "rb", opener=_open_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Quarantine("unreadable", "it is no regular file")
                data = file.read(limit_bytes + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Quarantine("missing", "it is not there; restore it or remove it from the manifest") from None
        except (OSError, RuntimeError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Quarantine("unreadable", f"it cannot be read ({why}); give this user access to it") from None
        if len(data) > limit_bytes:
            raise Quarantine("too_large", f"it has more than {limit_bytes} bytes; split it, or raise INGEST_MAX_FILE_BYTES")
        return data

    @property
    def _base(self) -> Path:
        return self.path.parent if self.is_file else self.path

    def _list_one(self, found: _Found) -> None:
        found.files.append(_listed(self.path.name, self.path.stat()))
        if (self._base / ACCESS_FILE).is_file():
            found.access_files.append(ACCESS_FILE)

    def _list_folder(self, folder: str, found: _Found, hidden: bool) -> Iterator[str]:
        """Sort what stands in one folder; gives the folders to look into next."""
        try:
            with os.scandir(self.path / folder) as entries:
                inside = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            if not folder:
                raise SourceUnreadable(f"{self.path} cannot be listed ({error.strerror}). Give this user access to it.") from None
            found.unreadable.append(NotListed(printable(folder), True, f"it cannot be listed ({error.strerror})"))
            return
        for entry in inside:
            if is_hidden(entry.name) and not hidden:
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if fault := name_fault(path):
                found.left_out.append(NotListed(printable(path), entry.is_dir(follow_symlinks=False), fault))
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    yield path
                else:
                    self._sort(path, entry, found)
            except OSError as error:
                found.unreadable.append(NotListed(path, False, f"it cannot be looked at ({error.strerror})"))

    def _sort(self, path: str, entry: os.DirEntry[str], found: _Found) -> None:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            try:
                target = (self.path / path).resolve(strict=True)
            except (FileNotFoundError, RuntimeError, NotADirectoryError):
                found.left_out.append(NotListed(path, False, "it is a link that leads nowhere"))
                return
            if not target.is_relative_to(self.path):
                found.left_out.append(NotListed(path, target.is_dir(), "it is a link out of the source"))
                return
            if target.is_dir():
                found.left_out.append(
                    NotListed(path, True, "it is a link to a folder of the source, whose files are listed there")
                )
                return
            status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            found.left_out.append(NotListed(path, False, "it is no regular file"))
        elif entry.name == ACCESS_FILE:
            found.access_files.append(path)
        elif entry.name != MANIFEST:
            found.files.append(_listed(path, status))


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe that took the file's place must not hold the run up, nor a link lead it away."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _listed(path: str, status: os.stat_result) -> ListedFile:
    """The time of the last status change is in the mark too: so a copy that keeps the old time of modification is seen."""
    modified_at = datetime.fromtimestamp(max(0.0, status.st_mtime), UTC)
    return ListedFile(path, status.st_size, f"{status.st_mtime_ns}:{status.st_ctime_ns}", modified_at)
