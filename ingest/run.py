"""A run of one source: what was asked, what it works with, what it decided at its beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Engine

from catalog.ids import DocumentKey, Label
from catalog.runs import FileState
from catalog.session import WriteSession
from index.calls import IndexCalls
from index.model import Embedder
from ingest.ahead import Ahead
from ingest.documents import Access, FileEntry
from ingest.lease import lease
from ingest.report import FileOutcome
from ingest.settings import IngestSettings
from ingest.shelve import Target
from ingest.sources import Source
from ingest.stages import Stages, stages
from ingest.worker import READER
from privacy.redactor import Redactor
from privacy.vault import Vault


@dataclass(frozen=True, slots=True)
class Request:
    """What to ingest. `source` defaults to the path's base name; `retry` are paths to open even if nothing changed."""

    tenant: str
    path: str
    source: str | None = None
    manifest: str | None = None
    full: bool = False
    yes: bool = False
    retry: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tools:
    """What a root wires together for a run. `reader` is what workers call, MODULE:FUNCTION of type `ingest.read.Reader`.

    `model` is the name that the embedder was opened by, `notes` what the root has to tell the operator.
    Without a `vault` originals are not kept.
    """

    catalog: Engine
    index: IndexCalls
    embedder: Embedder
    redactor: Redactor
    settings: IngestSettings
    reader: str = READER
    model: str = ""
    notes: tuple[str, ...] = ()
    vault: Vault | None = None

    @property
    def stages(self) -> Stages:
        """What each stage is; a document that another one made goes through it again."""
        return stages(self.settings.pages(), self.settings.chunk_tokens, self.redactor, self.embedder)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some documents with all of their files; or some to cut anew, of which no file is opened."""

    files: tuple[FileEntry, ...] = ()
    recut: tuple[DocumentKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """A served document that has no file any more. `parent`: the source's file that it was in, if it was inside one."""

    name: str
    key: DocumentKey
    parent: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has begun: it holds its source's lease until `finish` or `abandon`."""

    id: UUID
    owner: str
    name: str
    source: Source = field(repr=False)
    target: Target = field(repr=False)
    stages: Stages
    redactor: Redactor = field(repr=False)  # the source's own
    known: Mapping[str, FileState] = field(repr=False)
    members: Mapping[str, list[FileState]] = field(repr=False)  # those of `known` that lie inside a file, by that file's path
    labels: Mapping[Access, Label] = field(repr=False)
    batches: tuple[Batch, ...] = field(repr=False)
    settled: tuple[FileOutcome, ...] = field(repr=False)
    gone: tuple[str, ...]
    leaving: tuple[Leaving, ...]
    warnings: tuple[str, ...]
    anew: bool | frozenset[str]  # open these paths (or all) even if their content is known
    listed: frozenset[str] = field(repr=False)  # every path and document that the source itself names
    ahead: Ahead = field(repr=False)
    started: float

    def reopen(self, path: str) -> bool:
        """Whether this file is to be read again although nothing about it changed."""
        return self.anew if isinstance(self.anew, bool) else path in self.anew

    def inside(self, path: str) -> list[FileState]:
        """What is known of the files inside this one."""
        return self.members.get(path, [])

    def end_ahead(self) -> None:
        """Nothing more is read or embedded ahead of who asks for it."""
        self.ahead.close()
        if self.target.embed_ahead is not None:
            self.target.embed_ahead.close()

    def hold(self, write: WriteSession) -> None:
        """Renew the lease in this transaction; without it nothing is written. Raises `SourceBusy`."""
        lease(write, self.target.tenant_id, self.target.source_id, self.owner, self.name)
