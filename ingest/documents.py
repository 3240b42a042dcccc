"""The stages of a document, in order of flow. The state of a document is its type: no field is filled in later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from acl.principal import Name
from catalog.findings import Findings
from catalog.ids import digest
from privacy.original import Original

ElementKind = Literal["title", "heading", "paragraph", "list_item", "table", "code"]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read a file, by name, as its manifest line and folders say. Nobody unless somebody is allowed."""

    allow: frozenset[Name] = frozenset()
    deny: frozenset[Name] = frozenset()
    allowed_by: str | None = field(default=None, compare=False)  # the file that says who may: an access file, or the manifest
    denied_by: tuple[tuple[str, frozenset[Name]], ...] = field(default=(), compare=False)  # each file that forbids, and whom

    @property
    def stated_by(self) -> dict[str, Any] | None:
        """The same for the catalog; None where no file says anything."""
        if self.allowed_by is None and not self.denied_by:
            return None
        return {"allow": self.allowed_by, "deny": {place: sorted(map(str, names)) for place, names in self.denied_by}}


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that a source listed (or a manifest line named), before it is opened."""

    path: str  # relative to the source's root, with slashes
    size_bytes: int
    changed_mark: str  # mtime in nanoseconds, or an object store's etag: equal mark and size means unopened
    modified_at: datetime  # the manifest's, else the file's own
    dated: bool  # whether the manifest states the time; if not, what replaces a file counts as later than what it replaced
    document: str
    version_label: str
    title: str | None
    supersedes: tuple[str, ...]
    access: Access
    metadata: Mapping[str, Any]
    line_hash: str  # of what the manifest says about content (document, version, ..., supersedes), not about access
    password: str | None = field(default=None, repr=False)  # the manifest's; it is nowhere stored, not even as a hash


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A file with its bytes."""

    entry: FileEntry
    data: bytes
    content_hash: str
    media_type: str  # sniffed from the content, never from the name alone


@dataclass(frozen=True, slots=True)
class Element:
    """A block of a document in reading order. `level` is 1 for the outermost heading, 0 for what is none. Pages count from 1."""

    kind: ElementKind
    text: str
    level: int = 0
    page: int | None = None
    confidence: float | None = None  # of OCR, from 0 to 1; None for text that was never a picture


@dataclass(frozen=True, slots=True)
class PageQuality:
    """How far a page's text can be trusted, from 0 to 1, and by what it was read. Pages count from 1.

    Read by `nothing`: a picture, and the engine that would read it is not here. It has no text, and 0 for a score.
    """

    page: int
    score: float
    read_by: Literal["text_layer", "ocr", "nothing"]


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a file: an attachment, a member of an archive. It becomes a document that inherits the access list."""

    name: str  # as the container says it, with slashes; not trusted
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The text as the parser read it, and the title that the file itself carries. A container may have members and no text."""

    source: SourceDocument
    title: str | None
    elements: tuple[Element, ...]
    members: tuple[Member, ...] = ()
    pages: tuple[PageQuality, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """The text without the damage of its journey. `repairs` counts what each rule mended."""

    source: SourceDocument
    title: str | None
    elements: tuple[Element, ...]
    repairs: Mapping[str, int]
    pages: tuple[PageQuality, ...] = ()


@dataclass(frozen=True, slots=True)
class RedactedDocument:
    """The text as it may be stored. Made by `ingest/redact.py` alone; titles, headings and metadata values are redacted too."""

    source: SourceDocument
    title: str
    elements: tuple[Element, ...]
    metadata: Mapping[str, Any]
    findings: Findings
    originals: tuple[Original, ...] = field(default=(), repr=False)  # one for each pseudonym, for the vault alone; else none

    @property
    def text(self) -> str:
        """The whole text: elements joined by `SEPARATOR`. `location.chars` counts in it."""
        return SEPARATOR.join(element.text for element in self.elements)

    @property
    def text_hash(self) -> str:
        """Equal for two documents that say the same, whatever their format: hash of the words alone."""
        return digest(" ".join(self.text.split()))


SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece that fits the model. `text` is what is embedded: heading prefix, then the document's text[start:end].

    `text[body_start:]` is exactly `RedactedDocument.text[start:end]`. `tokens` counts `text` with the model's tokenizer.
    """

    text: str
    body_start: int
    start: int
    end: int
    tokens: int
    headings: tuple[str, ...]
    pages: tuple[int, ...]
    nth: int  # how many earlier chunks of this document have the same text

    @property
    def text_hash(self) -> str:
        return digest(self.text)
