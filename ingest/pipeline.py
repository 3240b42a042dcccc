"""The whole way of a source, readable as one page: begin, a batch at a time, finish.

begin         list the source, read manifest and access files, take the lease, let known documents follow their access lists
ingest_batch  cut anew what another cutter cut; open -> in a worker: sniff -> parse -> clean; here: trust -> redact -> chunk
              -> absorb (catalog) -> publish (index, flip, delete); first the files of the source, then the files inside them;
              what a container lost leaves
finish        retire what is gone, bring lagging labels up to date, sweep, give the lease back
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from catalog.collections import open_collection
from catalog.documents import open_source as open_catalog_source
from catalog.documents import served_documents
from catalog.ids import DocumentKey
from catalog.runs import FileState, file_states, finish_run, forget_file, record_file, start_run
from catalog.session import WriteSession, reading, transaction
from catalog.tenants import open_tenant
from catalog.versions import cut_otherwise, stale_documents
from ingest.ahead import Ahead, Lead
from ingest.embed_ahead import EmbedAhead
from ingest.errors import BrakeTripped
from ingest.file import ingest_file, refused_state, untouched
from ingest.gather import gather
from ingest.inside import ingest_inside
from ingest.lease import lease, owner_name, release
from ingest.permit import permit
from ingest.plan import batched, batches, brake_tripped, listed_roots, members_of, plan
from ingest.publish import publish, relabel, sweep, withdraw
from ingest.recut import recut
from ingest.report import BatchReport, ChunkCounts, FileOutcome, Report, merge
from ingest.run import Batch, Leaving, Request, Run, Tools
from ingest.settle import settle
from ingest.shelve import Target, check_embedder
from ingest.sources import open_source
from ingest.withhold import withhold

STALE = "{} documents are served as an earlier pipeline read them: their files could not be read again (`portcullis status`)"


def run(tools: Tools, request: Request, run_id: UUID, on_batch: Callable[[BatchReport], None] | None = None) -> Report:
    """All of it, in this process."""
    begun = begin(tools, request, run_id)
    try:
        reports = []
        for batch in begun.batches:
            reports.append(ingest_batch(tools, begun, batch))
            if on_batch is not None:
                on_batch(reports[-1])
        return finish(tools, begun, reports)
    except BaseException:
        abandon(tools, begun)
        raise


def begin(tools: Tools, request: Request, run_id: UUID) -> Run:
    """Decide what there is to do. Revocations take effect here, before any file is opened."""
    started = time.monotonic()
    source = open_source(request.path)
    name = request.source or source.default_name
    listing = gather(source, name, request.manifest)
    stages = tools.stages
    owner = owner_name(str(run_id))
    with transaction(tools.catalog) as write:
        tenant_id = open_tenant(write, request.tenant)
        source_id = open_catalog_source(write, tenant_id, name, source.root)
        lease(write, tenant_id, source_id, owner, name)
        collection = open_collection(write, tools.embedder.fingerprint, tools.embedder.dimensions, tools.model)
        check_embedder(collection, tools.embedder)
        start_run(write, tenant_id, source_id, run_id)
        known = file_states(write, tenant_id, source_id)
        listing = withhold(write, tenant_id, listing, known)
        labels = permit(write, tenant_id, source_id, (*listing.entries, *listing.refused), known)
        retry = listed_roots(request.retry, known)
        refused = {r.path: refused_state(r, known.get(r.path)) for r in listing.refused}
        for state in refused.values():
            record_file(write, tenant_id, source_id, state)
        todo = plan(
            listing.entries,
            {path: state for path, state in known.items() if (state.parent or path) not in refused},
            stages.readings,
            complete=listing.complete,
            full=request.full,
            retry=retry,
            passwords=bool(tools.settings.passwords),
        )
        served = served_documents(write, tenant_id, source_id)
        anew = cut_otherwise(write, tenant_id, source_id, stages.cutting)
        leaving = _leaving(todo.gone, known, served, listing.documents) if listing.complete else ()
    embedder = tools.embedder
    target = Target(tools.catalog, tools.index, collection, embedder, tenant_id, source_id, EmbedAhead(embedder))
    settings, members = tools.settings, members_of(known)
    lead = Lead(2 * settings.batch_documents, settings.batch_bytes)
    begun = Run(
        id=run_id,
        owner=owner,
        name=name,
        source=source,
        target=target,
        stages=stages,
        redactor=tools.redactor.for_source(name),
        known=known,
        members=members,
        labels=labels,
        batches=(  # what is cut anew comes first: a version that is new now arrived after those
            *(Batch(recut=tuple(keys)) for keys in batched(anew, settings.batch_documents)),
            *(Batch(files) for files in batches(todo.open, settings.batch_documents, settings.batch_bytes)),
        ),
        settled=(
            *(FileOutcome(r.path, r.document, "quarantined", r.reason, r.detail) for r in listing.refused),
            *(end for entry in todo.skip for end in untouched(entry, known[entry.path], members.get(entry.path, ()))),
        ),
        gone=todo.gone,
        leaving=leaving,
        warnings=(*tools.notes, *listing.warnings),
        anew=request.full or retry,
        listed=listing.documents | listing.paths,
        ahead=Ahead(settings.limits(), tools.reader, settings.workers, todo.open, lead),
        started=started,
    )
    try:
        of_members = {state.document_id for inside in members.values() for state in inside}
        at_stake = sum(key.document_id not in of_members for key in served.values())
        lost = sum(gone.parent is None for gone in leaving)
        if brake_tripped(lost, at_stake) and not request.yes:
            raise BrakeTripped(
                f"{lost} of the {at_stake} documents of {name!r} are gone from the source. "
                "If that is right, run again with --yes. Access lists were brought up to date, nothing else was changed."
            )
        for shelf in collection.shelves:
            tools.index.ensure(shelf.name, collection.dimensions)
        relabel(target)
    except BaseException:
        abandon(tools, begun)
        raise
    return begun


def ingest_batch(tools: Tools, run: Run, batch: Batch) -> BatchReport:
    """One batch, from bytes to served. It can be repeated, wholly or after any part of it."""
    for key in batch.recut:
        recut(tools, run, key)
    files = [ingest_file(tools, run, entry) for entry in batch.files]
    inside = ingest_inside(tools, run, files)
    ends = [*files, *inside.ends]
    left = ChunkCounts()
    if inside.lost:
        left = withdraw(run.target, [gone.key for gone in inside.leaving], run.hold, partial(_forget, run, inside.lost))
    absorbed = [end.absorbed for end in ends if end.absorbed is not None]

    def record(write: WriteSession) -> None:
        for end in ends:
            record_file(write, run.target.tenant_id, run.target.source_id, end.state, same=end.absorbed is None)

    chunks = publish(run.target, dict.fromkeys((*batch.recut, *(a.key for a in absorbed))), run.hold, record)
    with reading(tools.catalog) as read:
        statuses = settle(read, run.target.tenant_id, absorbed)
    retired = (FileOutcome("", gone.name, "retired", parent=gone.parent) for gone in inside.leaving)
    return BatchReport((*(end.outcome(statuses) for end in ends), *retired), chunks + left)


def finish(tools: Tools, run: Run, reports: Sequence[BatchReport]) -> Report:
    """What the run owes beyond its files: retirement, lagging labels, left-over points, the report, the lease."""
    target = run.target

    run.end_ahead()
    withdrawn = withdraw(target, [gone.key for gone in run.leaving], run.hold, partial(_forget, run, run.gone))
    relabel(target)
    swept = ChunkCounts(deleted=sweep(target))
    retired = (FileOutcome("", gone.name, "retired", parent=gone.parent) for gone in run.leaving)
    with reading(tools.catalog) as read:
        stale = stale_documents(read, target.tenant_id, run.stages.readings, target.source_id)
    done = merge(reports)
    report = Report(
        run_id=run.id,
        source=run.name,
        seconds=time.monotonic() - run.started,
        files=(*run.settled, *done.files, *retired),
        chunks=done.chunks + withdrawn + swept,
        warnings=(*run.warnings, *([STALE.format(len(stale))] if stale else [])),
    )
    with transaction(tools.catalog) as write:
        run.hold(write)
        finish_run(write, target.tenant_id, run.id, report.summary())
        release(write, target.tenant_id, target.source_id, run.owner)
    return report


def abandon(tools: Tools, run: Run) -> None:
    """End the workers and give the lease back after a failure. What was published stays; the next run does the rest."""
    run.end_ahead()
    with transaction(tools.catalog) as write:
        release(write, run.target.tenant_id, run.target.source_id, run.owner)


def _leaving(
    gone: Collection[str], known: Mapping[str, FileState], served: Mapping[str, DocumentKey], listed: Collection[str]
) -> tuple[Leaving, ...]:
    """The served documents that no file of a complete listing claims, nor any that lies inside a file which stays."""
    inside = {state.document_id: state for state in known.values() if state.parent is not None}
    held = {document_id for document_id, state in inside.items() if state.path not in gone}
    return tuple(
        Leaving(name, key, inside[key.document_id].parent if key.document_id in inside else None)
        for name, key in served.items()
        if name not in listed and key.document_id not in held
    )


def _forget(run: Run, paths: Iterable[str], write: WriteSession) -> None:
    for path in paths:
        forget_file(write, run.target.tenant_id, run.target.source_id, path)
