"""All that a run needs to know of its source before it opens a document: the listing, the manifest, the access files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.documents import FileEntry
from ingest.entries import RefusedEntry, entries
from ingest.errors import BadAccessFile, BadManifest, Quarantine
from ingest.folder_access import FolderRule, folder_of, parse_access_file
from ingest.manifest import ManifestLine, parse_manifest
from ingest.sources import ACCESS_FILE, MANIFEST, Listing, Source

CONTROL_FILE_BYTES = 1 << 30
"""A manifest of a few million lines; what is larger is no manifest."""

MISSPELT = frozenset({"access.yml", "access.yaml"})
"""What `access.yaml` looks like when it is written otherwise: `access.yml`, `Access.yaml`."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """`complete`: what is not among `entries` and `refused` is gone. `warnings` are for the operator."""

    entries: tuple[FileEntry, ...]
    refused: tuple[RefusedEntry, ...]
    complete: bool
    warnings: tuple[str, ...]

    @property
    def paths(self) -> frozenset[str]:
        """Every file that is here, readable or not."""
        return frozenset(e.path for e in self.entries) | frozenset(r.path for r in self.refused)

    @property
    def documents(self) -> frozenset[str]:
        """Every document that has a file here, readable or not."""
        return frozenset(e.document for e in self.entries) | frozenset(r.document for r in self.refused)


def gather(source: Source, name: str, manifest: str | None) -> Gathered:
    """List the source and read what steers it. Raises `BadManifest`, `BadAccessFile`: nothing is ingested on half an order."""
    lines = _manifest(source, manifest)
    listing = source.list(hidden=lines is not None)  # a manifest that names a hidden file means it
    _refuse_lost_rules(listing)
    rules = {folder_of(path): _rule(source, path) for path in listing.access_files}
    found = entries(name, listing, lines, rules)
    return Gathered(found.entries, found.refused, listing.complete, _warnings(listing, manifested=lines is not None))


def _manifest(source: Source, path: str | None) -> tuple[ManifestLine, ...] | None:
    if path is not None:
        try:
            return parse_manifest(Path(path).read_bytes(), path)
        except OSError as error:
            raise BadManifest(f"The manifest {path} cannot be read ({error.strerror}).") from error
    try:
        return parse_manifest(source.read(MANIFEST, CONTROL_FILE_BYTES), MANIFEST)
    except Quarantine as absent:
        if absent.reason == "missing":
            return None
        raise BadManifest(f"The manifest {MANIFEST} cannot be used: {absent.detail}.") from absent


def _refuse_lost_rules(listing: Listing) -> None:
    """An access file that is there but not read would open its folder to whom the folder above allows. Raises `BadAccessFile`."""
    for hidden in (*listing.unreadable, *listing.left_out):
        if hidden.path.rpartition("/")[2] == ACCESS_FILE:
            raise BadAccessFile(f"{hidden.path} is not used: {hidden.why}. Without it nobody's access is certain.")
    for file in listing.files:
        if file.path.rpartition("/")[2].casefold() in MISSPELT:
            raise BadAccessFile(f"{file.path} is not used. Rename it to {ACCESS_FILE}, or to something quite different.")


def _rule(source: Source, path: str) -> FolderRule:
    try:
        return parse_access_file(source.read(path, CONTROL_FILE_BYTES), path)
    except Quarantine as unreadable:
        raise BadAccessFile(f"{path} cannot be read: {unreadable.detail}. Without it nobody's access is certain.") from unreadable


def _warnings(listing: Listing, *, manifested: bool) -> tuple[str, ...]:
    """What could not be listed always matters; what was left out on purpose matters where no manifest chose the files."""
    unlisted = [f"{n.path or '.'} could not be listed: {n.why}; nothing under it is retired" for n in listing.unreadable]
    left_out = [f"{n.path} was left out: {n.why}" for n in listing.left_out if n.is_folder and not manifested]
    return (*unlisted, *left_out)
