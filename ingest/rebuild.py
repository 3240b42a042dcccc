"""Another embedding model: a new collection is filled beside the one that serves, and one catalog row switches.

Nothing is read, cut or redacted again: texts come from the catalog. Runs go on meanwhile and publish where it serves; what they
change is made up for until, with every source held, nothing is missing. A build that was killed is taken up where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from catalog.audit import record
from catalog.collections import (
    LiveCollection,
    Shelf,
    builder_of,
    claim,
    forget_collection,
    live_collection,
    next_collection,
    retired_collections,
    switch,
)
from catalog.documents import read_document
from catalog.ids import DocumentKey, Label, SourceId, TenantId
from catalog.ledger import note_deleted, note_live, note_unserved
from catalog.session import ReadSession, WriteSession, reading, transaction
from catalog.sources import list_sources
from catalog.tenants import all_tenants
from catalog.versions import versions_of
from ingest.errors import RebuildBusy, SourceBusy
from ingest.lease import LEASE_SECONDS, is_dead, lease, owner_name, release
from ingest.run import Tools
from ingest.shelve import Holding, Target, shelve, write_missing
from ingest.verify import Differences, verify

BATCH_DOCUMENTS = 32
LAST_PASSES = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How many points of how many are in the new collection, as far as is known by now."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`collection` serves now. `points` were written, `embedded` texts went through the model. `dropped` are collections."""

    collection: str
    switched: bool
    points: int
    embedded: int
    dropped: tuple[str, ...]
    seconds: float


def rebuild(
    tools: Tools,
    run_id: str,
    *,
    patience_seconds: float = 3600.0,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Rebuilt:
    """Serve every tenant from a collection made by `tools.embedder`. Where one serves already only what is left over is dropped.

    Raises `NoLiveCollection`, `RebuildBusy` while another does it, and `SourceBusy` when a source stays busy for
    `patience_seconds`: the old collection goes on serving, and another call goes on from there.
    """
    since = time.monotonic()
    with reading(tools.catalog) as read:
        live = live_collection(read)
        tenants = all_tenants(read)
    build: _Build | None = None
    if live.embedder != tools.embedder.fingerprint:
        with transaction(tools.catalog) as write:
            fresh = next_collection(write, tools.embedder.fingerprint, tools.embedder.dimensions, tools.model)
        build = _Build(tools, fresh, owner_name(run_id), on_progress)
        build.fill(tenants)
        _switch(build, tenants, patience_seconds)
    return Rebuilt(
        collection=live.name if build is None else build.collection.name,
        switched=build is not None,
        points=0 if build is None else build.points,
        embedded=0 if build is None else build.embedded,
        dropped=_drop_what_is_left(tools),
        seconds=time.monotonic() - since,
    )


@dataclass(slots=True)
class _Build:
    """The filling of a collection that serves nobody yet. Each method can be repeated, also by another process."""

    tools: Tools
    collection: LiveCollection
    owner: str
    on_progress: Callable[[Progress], None]
    points: int = 0
    embedded: int = 0
    total: int = 0

    def fill(self, tenants: Sequence[TenantId]) -> None:
        """Bring every tenant's points in, as the catalog wants them while it goes on."""
        with transaction(self.tools.catalog) as write:
            self.hold(write)
        for shelf in self.collection.shelves:
            self.tools.index.ensure(shelf.name, self.collection.dimensions)
        for tenant_id in tenants:
            self.make_up(tenant_id)

    def hold(self, write: WriteSession) -> None:
        """Renew the right to fill it. Raises `RebuildBusy`."""
        holder = builder_of(write, self.collection)
        dead = holder if holder is not None and is_dead(holder) else None
        if not claim(write, self.collection, self.owner, LEASE_SECONDS, dead=dead):
            raise RebuildBusy(self.collection.name)

    def make_up(self, tenant_id: TenantId) -> bool:
        """Take away what nobody wants, mend labels, write what is missing. False: there was nothing to do."""
        target = Target(self.tools.catalog, self.tools.index, self.collection, self.tools.embedder, tenant_id, SourceId(0))
        found = verify(target)
        for shelf, here in found.items():
            _take_away(target, shelf, here)
            for document, label in {(known.document_id, known.label) for known in here.mislabelled.values()}:
                if label is not None:
                    target.index.set_label(shelf.name, tenant_id, [document], Label(label))
        sources = {point.document_id: point.source_id for here in found.values() for point in here.missing.values()}
        self.total += sum(len(here.missing) for here in found.values())
        for source_id in sorted(set(sources.values())):
            keys = [DocumentKey(tenant_id, id_) for id_ in sorted(sources) if sources[id_] == source_id]
            for start in range(0, len(keys), BATCH_DOCUMENTS):
                self.write(replace(target, source_id=source_id), keys[start : start + BATCH_DOCUMENTS])
        return any(any(here.as_json().values()) for here in found.values())

    def write(self, target: Target, keys: Sequence[DocumentKey]) -> None:
        """The points of these documents that the catalog wants now, live in the ledger."""
        with reading(target.catalog) as read:
            holdings = [holding for key in keys if (holding := _as_served(read, target, key)) is not None]
        self.embedded += write_missing(target, holdings, self.hold)
        with transaction(target.catalog) as write:
            self.hold(write)
            for shelf in target.collection.shelves:
                for key in keys:
                    note_live(write, shelf, key)
        self.points += sum(len(holding.missing) for holding in holdings)
        self.on_progress(Progress(self.points, max(self.points, self.total)))


def _switch(build: _Build, tenants: Sequence[TenantId], patience_seconds: float) -> None:
    """With every source held, so that nobody publishes elsewhere: make up for the rest, then let the new one serve."""
    with _all_held(build.tools, tenants, build.owner, patience_seconds) as hold:
        for tenant_id in tenants:
            if not any(not build.make_up(tenant_id) for _ in range(LAST_PASSES)):
                raise RebuildBusy(build.collection.name)
        for shelf in build.collection.shelves:
            build.tools.index.flush(shelf.name)
        with transaction(build.tools.catalog) as write:
            hold(write)
            build.hold(write)
            switch(write, build.collection)
            for tenant_id in tenants:
                record(write, tenant_id, actor="operator", action="rebuild", object_=build.collection.name)


@contextmanager
def _all_held(
    tools: Tools, tenants: Sequence[TenantId], owner: str, patience_seconds: float
) -> Iterator[Callable[[WriteSession], None]]:
    """The lease of every source of every tenant. Yields what renews them, to be called in the transaction that relies on them."""
    until = time.monotonic() + patience_seconds

    def hold(write: WriteSession) -> None:
        for tenant_id in tenants:
            for source in list_sources(write, tenant_id):
                lease(write, tenant_id, source.id, owner, source.name)

    try:
        while True:
            try:
                with transaction(tools.catalog) as write:
                    hold(write)
                break
            except SourceBusy:
                if time.monotonic() >= until:
                    raise
                time.sleep(min(1.0, max(0.0, until - time.monotonic())))
        yield hold
    finally:
        with transaction(tools.catalog) as write:
            for tenant_id in tenants:
                for source in list_sources(write, tenant_id):
                    release(write, tenant_id, source.id, owner)


def _take_away(target: Target, shelf: Shelf, here: Differences) -> None:
    doomed = [*here.extra, *here.unfinished]
    if doomed:
        target.index.delete(shelf.name, target.tenant_id, doomed)
        target.index.flush(shelf.name)
        with transaction(target.catalog) as write:
            note_unserved(write, target.tenant_id, shelf.id, here.unfinished)
            note_deleted(write, target.tenant_id, shelf.id, doomed)


def _as_served(read: ReadSession, target: Target, key: DocumentKey) -> Holding | None:
    """What of a document belongs on each shelf as it is served now, under the label that its points carry elsewhere."""
    document = read_document(read, key)
    serving, label = document.current_version_id, document.indexed_label
    if serving is None or label is None or document.retired:
        return None
    now = shelve(read, target, target.collection.current, key, [serving])
    earlier = [v.id for v in versions_of(read, key) if v.held_from is not None and v.id != serving]
    past = shelve(read, target, target.collection.history, key, earlier, {chunk.chunk_id for chunk in now.chunks})
    return Holding(key, label, (now, past))


def _drop_what_is_left(tools: Tools) -> tuple[str, ...]:
    with reading(tools.catalog) as read:
        left = retired_collections(read)
    for shelf in left:
        tools.index.drop(shelf.name)
        with transaction(tools.catalog) as write:
            forget_collection(write, shelf.id)
    return tuple(shelf.name for shelf in left)
