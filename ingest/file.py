"""One file, from its bytes to a version in the catalog, or to a named reason why not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.errors import PortcullisError
from catalog.ids import VersionId, digest_bytes
from catalog.runs import FileState
from catalog.session import transaction
from catalog.text import unknown_texts
from catalog.versions import unfinished
from ingest.absorb import Absorbed, MadeBy, absorb
from ingest.chunk import chunk
from ingest.documents import Chunk, CleanDocument, FileEntry, RedactedDocument, SourceDocument
from ingest.entries import RefusedEntry
from ingest.errors import Quarantine
from ingest.expand import ReadFile, expand
from ingest.members import INSIDE
from ingest.plan import same_content
from ingest.redact import redact
from ingest.report import FileOutcome, Status
from ingest.run import Run, Tools
from ingest.stages import Stages
from ingest.trust import trust
from ingest.worker import Worker
from privacy.stand_in import as_read


@dataclass(frozen=True, slots=True)
class FileEnd:
    """Where one file stands before its batch is published. `members` were read and wait for their turn."""

    entry: FileEntry
    state: FileState
    absorbed: Absorbed | None
    seconds: float
    warning: str | None = None
    repairs: Mapping[str, int] = field(default_factory=dict)
    members: tuple[ReadFile, ...] = field(default=(), repr=False)

    def outcome(self, statuses: Mapping[VersionId, Status]) -> FileOutcome:
        end = as_before(self.entry, self.state)
        if self.absorbed is not None:
            status = statuses[self.absorbed.version_id]
            end = replace(end, status=status, chunks=self.absorbed.chunks)
        return replace(end, seconds=self.seconds, warning=self.warning, repairs=self.repairs)


@dataclass(frozen=True, slots=True)
class _Unchanged:
    """It was opened, and its content is what is known already."""

    content_hash: str


def ingest_file(tools: Tools, run: Run, entry: FileEntry) -> FileEnd:
    """Read one file and absorb what it says. A file that cannot be used ends quarantined; nothing else of the run notices."""
    known = run.known.get(entry.path)
    since = time.monotonic()

    def open_now(worker: Worker, ahead: FileEntry) -> tuple[ReadFile, ...] | _Unchanged:
        return _open(tools, run, worker, ahead)

    def renew() -> None:
        with transaction(tools.catalog) as write:
            run.hold(write)

    try:
        found = run.ahead.take(entry, open_now, renew)
    except Quarantine as bad:
        content_hash = known.content_hash if known is not None else ""
        return FileEnd(entry, _file_state(run, entry, content_hash, bad=bad), None, time.monotonic() - since)
    if isinstance(found, _Unchanged):
        return FileEnd(entry, _file_state(run, entry, found.content_hash), None, time.monotonic() - since)
    end = absorb_file(tools, run, found[0])
    return end if end.absorbed is None else replace(end, members=found[1:])


def _open(tools: Tools, run: Run, worker: Worker, entry: FileEntry) -> tuple[ReadFile, ...] | _Unchanged:
    """A file's bytes, and what they say. Runs in another thread, ahead of the rest: it writes nothing. Raises `Quarantine`."""
    data = run.source.read(entry.path, tools.settings.max_file_bytes)
    content_hash = digest_bytes(data)
    if not run.reopen(entry.path) and same_content(entry, content_hash, run.known.get(entry.path), run.stages.readings):
        return _Unchanged(content_hash)

    def redact_names(names: Sequence[str]) -> list[str]:
        return [done.text for done in run.redactor.redact(run.target.tenant_id, names)]

    options = tools.settings.options(entry.password)
    return expand(worker, entry, data, options, tools.settings.bounds(), run.listed, redact_names)


def absorb_file(tools: Tools, run: Run, file: ReadFile) -> FileEnd:
    """The stages that need a key, the model's tokenizer or the catalog."""
    since = time.monotonic() - file.seconds
    entry = file.entry
    try:
        redacted, chunks, warning = _prepare(tools, run, file)
        with transaction(tools.catalog) as write:
            run.hold(write)
            label, known = run.labels[entry.access], run.known.get(entry.path)
            made_by = MadeBy(_read_by(run.stages, file), run.stages.cutting)
            new = unknown_texts(write, run.target.tenant_id, (chunk.text_hash for chunk in chunks))
            absorbed = absorb(
                write, run.target.tenant_id, run.target.source_id, redacted, chunks, label, made_by, known, tools.vault
            )
    except Quarantine as bad:
        state = _file_state(run, entry, file.content_hash, parent=file.parent, bad=bad)
        return FileEnd(entry, state, None, time.monotonic() - since)
    if run.target.embed_ahead is not None:
        run.target.embed_ahead.offer(as_read(chunk.text) for chunk in chunks if chunk.text_hash in new)
    repairs = {} if isinstance(file.document, Quarantine) else file.document.repairs
    state = replace(absorbed.state, parent=file.parent)
    return FileEnd(entry, state, absorbed, time.monotonic() - since, warning, repairs)


def _read_by(stages: Stages, file: ReadFile) -> str:
    """What stands for the stages that read it. With unread pages it is nobody's: the next run reads it anew, with what came."""
    read = file.document
    if isinstance(read, Quarantine):
        return stages.mixed
    reading = stages.read_as(read.media_type, members=file.has_members)
    return unfinished(reading) if any(page.read_by == "nothing" for page in read.pages) else reading


def _prepare(tools: Tools, run: Run, file: ReadFile) -> tuple[RedactedDocument, tuple[Chunk, ...], str | None]:
    """Raises `Quarantine`. Whatever a stage cannot digest costs this file alone; the message is dropped, it may hold text."""
    read = file.document
    if isinstance(read, Quarantine):
        raise read
    settings = tools.settings
    source = SourceDocument(file.entry, b"", file.content_hash, read.media_type)  # its bytes have done their duty
    cleaned = CleanDocument(source, read.title, read.elements, read.repairs, read.pages)
    try:
        cleaned, warning = trust(cleaned, settings.min_page_score, settings.warn_page_score)
        redacted = redact(cleaned, run.redactor, run.target.tenant_id, with_originals=tools.vault is not None)
        chunks = chunk(redacted, tools.embedder.tokens, run.stages.max_tokens)
    except PortcullisError:
        raise
    except Exception as error:
        raise Quarantine("corrupt", f"reading it failed ({type(error).__name__}); repair or re-export the file") from error
    if not chunks and not file.has_members:
        raise Quarantine("no_text", "nothing of its text was left after cleaning; if it is a scan, send one of higher quality")
    return redacted, chunks, warning


def _file_state(
    run: Run, entry: FileEntry, content_hash: str, *, parent: str | None = None, bad: Quarantine | None = None
) -> FileState:
    """What to remember of a file that became no new version. A quarantined one keeps its last good version in service,
    unless that was forgotten."""
    known = None if bad is not None and bad.reason == "forgotten" else run.known.get(entry.path)
    return FileState(
        path=entry.path,
        document_id=known.document_id if known is not None else None,
        version_id=known.version_id if known is not None else None,
        size_bytes=entry.size_bytes,
        changed_mark=entry.changed_mark,
        content_hash=content_hash,
        line_hash=entry.line_hash,
        fingerprint=run.stages.mixed if known is None or bad is not None else known.fingerprint,
        reason=bad.reason if bad is not None else None,
        detail=bad.detail if bad is not None else None,
        parent=parent,
    )


def as_before(entry: FileEntry, known: FileState) -> FileOutcome:
    """The outcome of a file that nobody opened."""
    status: Status = "unchanged" if known.reason is None else "quarantined"
    return FileOutcome(entry.path, entry.document, status, known.reason, known.detail, parent=known.parent)


def untouched(entry: FileEntry, known: FileState, members: Sequence[FileState]) -> list[FileOutcome]:
    """The outcomes of a file that nobody opened and of the files inside it."""
    return [as_before(entry, known), *(as_before(entry_of(entry, state), state) for state in members)]


def refused_state(refused: RefusedEntry, known: FileState | None) -> FileState:
    """What to remember of a file that could not even be listed. Its last good version stays in service."""
    return FileState(
        path=refused.path,
        document_id=known.document_id if known is not None else None,
        version_id=known.version_id if known is not None else None,
        size_bytes=-1,
        changed_mark="",
        content_hash="",
        line_hash="",
        fingerprint="",
        reason=refused.reason,
        detail=refused.detail,
    )


def entry_of(container: FileEntry, state: FileState) -> FileEntry:
    """A member that is known from an earlier run, as far as an outcome tells of it."""
    inside = state.path.removeprefix(container.path + INSIDE)
    return replace(container, path=state.path, document=container.document + INSIDE + inside)
