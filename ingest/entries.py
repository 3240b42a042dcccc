"""What a run has before it: each file or manifest line becomes an entry, or an outcome that says why it cannot be one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.ids import digest
from ingest.documents import Access, FileEntry
from ingest.errors import Reason
from ingest.folder_access import FolderRule, folder_access
from ingest.manifest import DOCUMENT_CHARACTERS, ManifestLine
from ingest.sources import ListedFile, Listing

IN_MANIFEST = "manifest"
"""What stands for the manifest's line of the file, where it is told who said what."""


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """A file or line that cannot be opened: quarantined with its reason."""

    path: str
    document: str
    access: Access  # followed all the same: what was served of it earlier is revoked with it
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Entries:
    """All that a source offers, each file once. `entries` and `refused` are what a run must account for."""

    entries: tuple[FileEntry, ...]
    refused: tuple[RefusedEntry, ...]


def entries(
    source_name: str, listing: Listing, manifest: Sequence[ManifestLine] | None, rules: Mapping[str, FolderRule]
) -> Entries:
    """With a manifest its lines, in their order, and no other file; without one every listed file. `rules` is by folder."""
    if manifest is not None:
        return _of_manifest(source_name, listing, manifest, rules)
    found = [_entry(source_name, file, None, rules) for file in listing.files]
    too_long = f"its name is longer than {DOCUMENT_CHARACTERS} characters; shorten it"
    refused = [
        RefusedEntry(e.path, e.document, e.access, "unreadable", too_long) for e in found if len(e.document) > DOCUMENT_CHARACTERS
    ]
    refused += [
        RefusedEntry(n.path, f"{source_name}/{n.path}", folder_access(n.path, rules), "unreadable", n.why)
        for n in (*listing.unreadable, *listing.left_out)
        if not n.is_folder
    ]
    return Entries(tuple(e for e in found if len(e.document) <= DOCUMENT_CHARACTERS), tuple(refused))


def _of_manifest(
    source_name: str, listing: Listing, manifest: Sequence[ManifestLine], rules: Mapping[str, FolderRule]
) -> Entries:
    by_path = {file.path: file for file in listing.files}
    found: list[FileEntry] = []
    refused: list[RefusedEntry] = []
    for line in manifest:
        file = by_path.get(line.path)
        if file is not None:
            found.append(_entry(source_name, file, line, rules))
        else:
            reason, detail = _absence(line.path, listing)
            document = line.document or f"{source_name}/{line.path}"
            refused.append(RefusedEntry(line.path, document, _access(line.path, line, rules), reason, detail))
    return Entries(tuple(found), tuple(refused))


def _absence(path: str, listing: Listing) -> tuple[Reason, str]:
    """Why a manifest's file is not listed: a folder that was not readable hides it, or it is not there."""
    for hidden in (*listing.unreadable, *listing.left_out):
        if path == hidden.path or (hidden.is_folder and path.startswith(f"{hidden.path}/")):
            return "unreadable", hidden.why
    return "missing", "the manifest names it and it is not there; restore it or remove its line"


def _entry(source_name: str, file: ListedFile, line: ManifestLine | None, rules: Mapping[str, FolderRule]) -> FileEntry:
    stated = line or ManifestLine(0, file.path)
    document = stated.document or f"{source_name}/{file.path}"
    return FileEntry(
        path=file.path,
        size_bytes=file.size_bytes,
        changed_mark=file.changed_mark,
        modified_at=stated.modified_at or file.modified_at,
        dated=stated.modified_at is not None,
        document=document,
        version_label=stated.version,
        title=stated.title,
        supersedes=stated.supersedes,
        access=_access(file.path, stated, rules),
        metadata=stated.metadata,
        line_hash=line_hash(document, stated),
        password=stated.password,
    )


def _access(path: str, stated: ManifestLine, rules: Mapping[str, FolderRule]) -> Access:
    """A line's `allow` replaces the folder's, its `deny` adds to it."""
    by_folder = folder_access(path, rules)
    return Access(
        by_folder.allow if stated.allow is None else stated.allow,
        by_folder.deny | stated.deny,
        allowed_by=by_folder.allowed_by if stated.allow is None else IN_MANIFEST,
        denied_by=(*([(IN_MANIFEST, stated.deny)] if stated.deny else []), *by_folder.denied_by),
    )


def line_hash(document: str, line: ManifestLine) -> str:
    """Of what a line says about content and nothing else: a changed access list opens no file.

    Nor is the password in it, which a hash of guessable things would give away: `plan` reopens what it may open.
    """
    time = line.modified_at.isoformat() if line.modified_at else None
    said = [document, line.version, time, line.title, dict(line.metadata), list(line.supersedes)]
    return digest(json.dumps(said, sort_keys=True, ensure_ascii=True))
