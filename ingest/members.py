"""What a file inside another is called: `PARENT!/name`, as path and as document. The name is the container's word: it is mended.

No name leads anywhere (nothing is ever opened by it), none is given twice, none is one that the source itself lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from catalog.ids import digest
from ingest.documents import FileEntry, Member

INSIDE = "!/"
UNNAMED = "unnamed"
NAME_CHARACTERS = 1000
_UNPRINTABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]+")


def member_entries(
    container: FileEntry, members: Sequence[Member], names: Sequence[str], taken: Collection[str]
) -> list[FileEntry]:
    """An entry for each member: who may read it, its time and its metadata are its container's. `names` are redacted already.

    `taken` are the paths and documents that the source lists; what is called like one of them gets a number.
    """
    used: set[str] = set()
    attempts: Counter[str] = Counter()
    entries = []
    for member, name in zip(members, names, strict=True):
        mended = plain(name)
        while True:
            attempts[mended] += 1
            said = _numbered(mended, attempts[mended])
            path, document = _bounded(container.path + INSIDE + said), _bounded(container.document + INSIDE + said)
            if path not in used and path not in taken and document not in taken:
                break
        used.add(path)
        entries.append(
            FileEntry(
                path=path,
                size_bytes=len(member.data),
                changed_mark=container.changed_mark,
                modified_at=container.modified_at,
                dated=container.dated,
                document=document,
                version_label=container.version_label,
                title=None,
                supersedes=(),
                access=container.access,
                metadata=container.metadata,
                line_hash=container.line_hash,
                password=container.password,
            )
        )
    return entries


def plain(name: str) -> str:
    """A relative path with slashes: no root, no way up, nothing that cannot be printed or stored."""
    steps = [step.strip() for step in _UNPRINTABLE.sub(" ", name).replace("\\", "/").split("/")]
    return "/".join(step for step in steps if step not in ("", ".", "..")) or UNNAMED


def _numbered(name: str, attempt: int) -> str:
    if attempt == 1:
        return name
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem} ({attempt}){path.suffix}"))


def _bounded(name: str) -> str:
    """As long as the catalog takes; what is cut off is told by a digest."""
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 17]}~{digest(name)[:16]}"
