"""A tenant in the real catalog and index beside what is true of it: changes are made in both, as users make them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from acl import store
from acl.parse import parse_snapshot
from acl.principal import parse
from acl.snapshot import apply_snapshot
from catalog.documents import follow_current, get_document, open_source, retire, set_access
from catalog.findings import Findings
from catalog.ids import DocumentKey, Label, SourceId, VersionId, utc_now
from catalog.keys import create_key
from catalog.requests import set_log_days
from catalog.session import WriteSession, reading, transaction
from catalog.tenants import create_tenant
from catalog.version_access import set_versions_access
from evals.sequences.house import SHELF, House
from evals.sequences.truth import Edition, Lists, Paper, Truth
from ingest.absorb import MadeBy, absorb
from ingest.documents import Access, Chunk, Element, FileEntry, RedactedDocument, SourceDocument
from ingest.erasure import Eraser
from ingest.forget import forget
from ingest.publish import publish, relabel, withdraw
from ingest.shelve import Target

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
MADE_BY = MadeBy("sequences", "sequences")
SOURCES = ("papers", "letters")
BETWEEN = "\n\n"


def day(number: int) -> datetime:
    """The moment that a `time` stands for."""
    return FIRST + timedelta(days=number)


class World:
    """One tenant. Whatever changes it keeps `truth` and the house in step. `left`: what erasures found on their last look."""

    def __init__(self, house: House, tenant: str, truth: Truth) -> None:
        self.house, self.tenant, self.truth = house, tenant, truth
        self._sequence = itertools.count(1)
        self._versions: dict[int, VersionId] = {}
        with transaction(house.catalog) as write:
            self.id = create_tenant(write, tenant)
            self._apply(write)
            self.key = create_key(write, self.id, "sequences", ("retrieve", "impersonate"))[1]
            self.kept_days: int | None = None
            self.log = 0
            self.left: list[str] = []
            self._sources: dict[str, SourceId] = {name: open_source(write, self.id, name, f"/{name}") for name in SOURCES}

    # ---- people and groups ----------------------------------------------------------------------------------------------

    def follow_directory(self) -> None:
        """The catalog learns of the people and groups as they are now."""
        with transaction(self.house.catalog) as write:
            self._apply(write)

    def _apply(self, write: WriteSession) -> None:
        said = {
            "sequence": next(self._sequence),
            "users": [{"id": name, "active": active} for name, active in self.truth.people.items()],
            "groups": [{"id": name, "members": sorted(members)} for name, members in self.truth.groups.items()],
        }
        apply_snapshot(write, self.id, parse_snapshot(json.dumps(said)))

    # ---- requests -------------------------------------------------------------------------------------------------------

    def keep_requests(self, days: int | None) -> None:
        """From now on the tenant's requests are kept for so many days, or none are, and none of those that were."""
        self.house.flush()
        with transaction(self.house.catalog) as write:
            set_log_days(write, self.id, days, utc_now())
        self.log += days is not None
        self.kept_days = days

    # ---- documents ------------------------------------------------------------------------------------------------------

    def publish(self, arrived: Sequence[tuple[Paper, Edition]]) -> None:
        """These versions come, in this order, each of a document that is there or is new. What follows is served."""
        keys: dict[str, dict[DocumentKey, None]] = {}
        with transaction(self.house.catalog) as write:
            for paper, edition in arrived:
                document = _document(paper.name, edition)
                label = self._label(write, edition.lists)
                where = self._sources[paper.source]
                taken = absorb(write, self.id, where, document, _chunks(edition), label, MADE_BY, None)
                keys.setdefault(paper.source, {})[taken.key] = None
                self._versions[edition.number] = taken.version_id
        for source, those in keys.items():
            publish(self._target(source), those, _nothing_more, _nothing_more)
        for paper, edition in arrived:
            self.truth.papers[paper.name] = paper
            paper.editions.append(edition)
            paper.served = True
        for paper, _ in arrived:
            paper.indexed = paper.due()

    def permit(self, paper: Paper, edition: Edition, lists: Lists) -> None:
        """Another list for one version, which its document follows; the index hears of it later."""
        with transaction(self.house.catalog) as write:
            label = self._label(write, lists)
            set_versions_access(write, self.id, [self._versions[edition.number]], label, None)
            follow_current(write, self.id, self._sources[paper.source])
        edition.lists = lists

    def decide(self, paper: Paper, lists: Lists | None) -> None:
        """An operator's list for the document, or none any more; the index hears of it later."""
        with transaction(self.house.catalog) as write:
            label = None if lists is None else self._label(write, lists)
            set_access(write, get_document(write, self.id, paper.name), label)
        paper.decided = lists

    def catch_up(self) -> None:
        """The index learns of the lists."""
        for source in SOURCES:
            relabel(self._target(source))
        for paper in self.truth.papers.values():
            if paper.served:
                paper.indexed = paper.due()

    def retire(self, paper: Paper, *, at_once: bool) -> None:
        """Out of service: with its points, or in the catalog alone, as if what follows were cut off."""
        with reading(self.house.catalog) as read:
            key = get_document(read, self.id, paper.name).key
        if at_once:
            withdraw(self._target(paper.source), [key], _nothing_more, _nothing_more)
        else:
            with transaction(self.house.catalog) as write:
                retire(write, key)
        paper.served = False

    def erase(self, paper: Paper) -> None:
        """Out of every store."""
        eraser: Eraser = self.house.eraser
        receipt, _ = forget(eraser, self.tenant, paper.name, str(uuid4()))
        self.left += [f"{store.store} {store.note}" for store in receipt.stores if store.found]
        del self.truth.papers[paper.name]
        self.truth.erased.add(paper.name)

    def _target(self, source: str) -> Target:
        house = self.house
        return Target(house.catalog, house.index, house.collection, house.embedder, self.id, self._sources[source])

    def _label(self, write: WriteSession, lists: Lists) -> Label:
        return store.intern(write, self.id, map(parse, sorted(lists.allow)), map(parse, sorted(lists.deny)))


def _nothing_more(_: WriteSession) -> None: ...


def _document(name: str, edition: Edition) -> RedactedDocument:
    entry = FileEntry(
        path=f"{name}-{edition.number}.md",
        size_bytes=1,
        changed_mark="",
        modified_at=day(edition.time),
        dated=True,
        document=name,
        version_label=str(edition.number),
        title=edition.title,
        supersedes=edition.replaces,
        access=Access(),
        metadata={},
        line_hash="",
    )
    source = SourceDocument(entry, b"", uuid4().hex, "text/markdown")
    elements = tuple(Element("paragraph", text) for text in edition.texts)
    return RedactedDocument(source, edition.title, elements, {SHELF: edition.shelf, "mark": edition.mark}, Findings())


def _chunks(edition: Edition) -> tuple[Chunk, ...]:
    return tuple(_chunk(edition.texts[:n], text, edition.heading) for n, text in enumerate(edition.texts))


def _chunk(before: Iterable[str], text: str, heading: str) -> Chunk:
    start = sum(len(earlier) + len(BETWEEN) for earlier in before)
    return Chunk(text, 0, start, start + len(text), len(text.split()), (heading,), (), 0)
