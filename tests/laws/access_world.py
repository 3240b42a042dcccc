"""A tenant in a real catalog and a real index beside its model: every change is made in both, every question asked of both.

Changes go through the public functions that everything else uses (`acl/members.py`, `acl/snapshot.py`, `acl/store.py`, absorbing,
publishing, forgetting). A further way of change (SCIM, `acl set`) is a further method here and a further rule of the machine.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal
from sqlalchemy import Engine

from acl import members, store
from acl.errors import NameTaken, UnknownPerson
from acl.parse import parse_snapshot
from acl.principal import Name
from acl.scopes import Scopes
from acl.snapshot import apply_snapshot
from catalog.collections import open_collection
from catalog.documents import follow_current, get_document, open_source, retire, set_access
from catalog.findings import Findings
from catalog.ids import DocumentKey, Label, PrincipalId, SourceId, TenantId, VersionId
from catalog.session import reading, transaction
from catalog.tenants import create_tenant
from catalog.version_access import set_versions_access
from catalog.versions import When
from index.calls import IndexCalls
from ingest.absorb import MadeBy, absorb
from ingest.documents import Access, Chunk, Element, FileEntry, RedactedDocument, SourceDocument
from ingest.erasure import Eraser
from ingest.errors import Quarantine
from ingest.forget import forget, lift
from ingest.publish import publish, relabel, withdraw
from ingest.receipts import Journal
from ingest.shelve import Target
from ingest.stores import CatalogStore, IndexStore
from privacy.span import Redaction
from retrieval.cache import Cache, open_cache
from retrieval.identity import Asker
from retrieval.query import Query
from retrieval.search import search
from retrieval.services import Services
from tests.laws.access_model import SCIM, Model, Paper, Taken, Version
from tests.service.words import WordEmbedder

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
MADE_BY = MadeBy("machine", "machine")


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


class Unredacted:
    """Questions and documents of the machine hold nothing personal."""

    def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
        raise AssertionError("nothing is redacted here")


class Rows(CatalogStore):
    """Erases as ever; that freed pages leave the file is another law's."""

    def compact(self) -> str:
        return ""


class Points(IndexStore):
    """The same of the index."""

    def compact(self) -> str:
        return ""


@dataclass
class Bench:
    """Catalog and index, opened once for a whole machine."""

    catalog: Engine
    index: IndexCalls
    folder: Path
    portal: BlockingPortal
    embedder: WordEmbedder = field(default_factory=WordEmbedder)
    cache: Cache | None = field(default_factory=lambda: open_cache("exact", token_bytes(32), 1000, 600, None, lambda: None))

    @property
    def services(self) -> Services:
        return Services(self.catalog, self.index, self.embedder, Unredacted(), cache=self.cache)  # type: ignore[arg-type]


class World:
    """One tenant of the bench, and its model."""

    def __init__(self, bench: Bench, tenant: str) -> None:
        self.bench, self.tenant, self.model = bench, tenant, Model()
        self.ids: dict[PrincipalId, PrincipalId] = {}  # the model's numbers to the catalog's
        self.versions: dict[VersionId, int] = {}
        self.scopes = Scopes()
        self.askers: dict[PrincipalId, Asker] = {}  # who asked before, with the scope that he had then
        self.sequence = itertools.count(1)
        self.numbers = itertools.count(1)
        with transaction(bench.catalog) as write:
            self.id = create_tenant(write, tenant)
            self.source: SourceId = open_source(write, self.id, "papers", "/papers")
            self.collection = open_collection(write, bench.embedder.fingerprint, bench.embedder.dimensions)
        for shelf in self.collection.shelves:
            bench.index.ensure(shelf.name, bench.embedder.dimensions)
        stores = (Points(bench.catalog, bench.index), Rows(bench.catalog))
        self.eraser = Eraser(bench.catalog, stores, Journal(bench.folder / tenant))

    @property
    def target(self) -> Target:
        bench = self.bench
        return Target(bench.catalog, bench.index, self.collection, bench.embedder, self.id, self.source)

    # ---- people and groups ----------------------------------------------------------------------------------------------

    def bind(self, name: Name, active: bool) -> None:
        with self._as_the_model(lambda: self.model.bind(name, SCIM, active)), transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.bind(write, self.id, name, SCIM, active=active)

    def rename(self, who: PrincipalId, name: Name) -> None:
        id_ = self._id(who)
        with self._as_the_model(lambda: self.model.rename(who, name)), transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.rename(write, self.id, id_, name)

    def set_active(self, who: PrincipalId, active: bool) -> None:
        id_ = self._id(who)
        with transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.set_active(write, self.id, id_, active)
        self.model.everybody[who].active = active

    def set_aliases(self, who: PrincipalId, names: Collection[Name]) -> None:
        id_ = self._id(who)
        with self._as_the_model(lambda: self.model.set_aliases(who, names)), transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.set_aliases(write, self.id, id_, names)

    def remove(self, who: PrincipalId) -> None:
        id_ = self._id(who)
        with transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.remove(write, self.id, [id_])
        self.model.remove(who)

    def join(self, group: PrincipalId, who: PrincipalId) -> None:
        group_id, member_id = self._id(group), self._id(who)
        with transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            members.add_members(write, self.id, group_id, [member_id], "test")
        self.model.members.add((group, who))

    def leave(self, group: PrincipalId, who: PrincipalId) -> None:
        group_id, member_id = self._id(group), self._id(who)
        with transaction(self.bench.catalog) as write:
            store.lock_policy(write, self.id)
            assert members.remove_members(write, self.id, group_id, [member_id]) == 1
        self.model.members.discard((group, who))

    def apply(self, people: Mapping[Name, bool], groups: Mapping[Name, Collection[Name]]) -> None:
        said = {
            "sequence": next(self.sequence),
            "users": [{"id": name.name, "active": active} for name, active in people.items()],
            "groups": [{"id": name.name, "members": sorted(map(str, held))} for name, held in groups.items()],
        }
        with transaction(self.bench.catalog) as write:
            apply_snapshot(write, self.id, parse_snapshot(json.dumps(said)))
        self.model.apply(people, groups)

    # ---- documents ------------------------------------------------------------------------------------------------------

    def write(self, name: str, time: int, allow: Iterable[Name], deny: Iterable[Name]) -> None:
        """Another version of a document, absorbed and published."""
        label = self._label(allow, deny)
        number = next(self.numbers)
        texts = (f"boiler {name} common", f"boiler {name} number {number}")
        document = _document(name, time, number, texts)
        chunks = tuple(_chunk(texts, n) for n in range(len(texts)))
        if name in self.model.forgotten:
            with pytest.raises(Quarantine, match="forgotten"), transaction(self.bench.catalog) as write:
                absorb(write, self.id, self.source, document, chunks, label, MADE_BY, None)
            return
        with transaction(self.bench.catalog) as write:
            taken = absorb(write, self.id, self.source, document, chunks, label, MADE_BY, None)
        publish(self.target, [taken.key], lambda _: None, lambda _: None)
        self.versions[taken.version_id] = number
        paper = self.model.papers.setdefault(name, Paper())
        paper.versions.append(Version(number, time, label, texts))
        paper.served = True
        paper.indexed = paper.due()
        paper.label = paper.due()

    def permit(self, name: str, version: Version, allow: Iterable[Name], deny: Iterable[Name]) -> None:
        """Another list for one version; the document follows its latest, the index follows later."""
        label = self._label(allow, deny)
        id_ = next(id_ for id_, number in self.versions.items() if number == version.number)
        with transaction(self.bench.catalog) as write:
            set_versions_access(write, self.id, [id_], label, None)
            follow_current(write, self.id, self.source)
        version.label = label
        paper = self.model.papers[name]
        if paper.served:
            paper.label = paper.due()

    def decide(self, name: str, access: tuple[Iterable[Name], Iterable[Name]] | None) -> None:
        """An operator's list for the document, or none any more; the index follows later."""
        label = None if access is None else self._label(*access)
        with transaction(self.bench.catalog) as write:
            set_access(write, get_document(write, self.id, name), label)
        paper = self.model.papers[name]
        paper.decided = label
        if paper.served:
            paper.label = paper.due()

    def relabel(self) -> None:
        """The index catches up."""
        relabel(self.target)
        for paper in self.model.papers.values():
            if paper.served:
                paper.indexed = paper.label

    def retire(self, name: str, *, at_once: bool) -> None:
        """Out of service: with its points, or in the catalog alone, as if what follows were cut off."""
        key = self._key(name)
        if at_once:
            withdraw(self.target, [key], lambda _: None, lambda _: None)
        else:
            with transaction(self.bench.catalog) as write:
                retire(write, key)
        self.model.papers[name].served = False

    def forget(self, name: str) -> None:
        receipt, _ = forget(self.eraser, self.tenant, name, "forget")
        assert receipt.clean
        gone = self.model.papers.pop(name)
        self.versions = {id_: n for id_, n in self.versions.items() if n not in {v.number for v in gone.versions}}
        self.model.forgotten.add(name)

    def lift(self, name: str) -> None:
        lift(self.eraser, self.tenant, name)
        self.model.forgotten.discard(name)

    # ---- questions ------------------------------------------------------------------------------------------------------

    def check(self, names: Iterable[Name], at: int | None = None, every: bool = False) -> None:
        """Each of these people finds what the law says, though he comes with the scope that he had when he asked last."""
        asking: dict[PrincipalId, Asker] = {}
        model = self.model
        with reading(self.bench.catalog) as read:
            for name in names:
                who = model.asking(name)
                try:
                    person = store.find_person(read, self.id, str(name))
                except UnknownPerson:
                    assert who is None, f"{name} is not known"
                    continue
                assert who is not None, f"{name} is known"
                assert self.ids.setdefault(who, person.id) == person.id, f"{name} is somebody else"
                asker = Asker(self.id, person, self.scopes.find(read, self.id, person), "test")
                assert asker.scope.labels == model.labels(who), f"{name} may read by other lists"
                asking[who] = asker
        late = {who: asker for who, asker in self.askers.items() if who not in asking}
        expected = {who: model.found(who, at, every) for who in (*asking, *late)}
        asked = {who: self.askers.get(who, asker) for who, asker in (asking | late).items()}
        self.askers |= asking
        for who in late:
            if not model.held(who):
                del self.askers[who]
        found = self.bench.portal.call(self._ask, asked, When(None if at is None else day(at), every))
        for who, passages in found.items():
            assert passages == expected[who], f"{model.everybody[who].name} finds {passages}, not {expected[who]}"

    async def _ask(self, asked: Mapping[PrincipalId, Asker], when: When) -> dict[PrincipalId, dict[tuple[str, str], int]]:
        async def one(who: PrincipalId, asker: Asker) -> tuple[PrincipalId, dict[tuple[str, str], int]]:
            found = await search(self.bench.services, asker, Query("boiler", 100, when=when, dedup="off"))
            assert found.complete
            chunks = [passage.chunk for passage in found.passages]
            answer = {(c.document_name, c.text): self.versions[c.version_id] for c in chunks}
            assert len(answer) == len(chunks)
            return who, answer

        return dict(await asyncio.gather(*(one(who, asker) for who, asker in asked.items())))

    # ---- between the two ------------------------------------------------------------------------------------------------

    @contextmanager
    def _as_the_model(self, change: Any) -> Any:
        """The change in the catalog is refused exactly when the model refuses it."""
        try:
            change()
        except Taken:
            with pytest.raises(NameTaken):
                yield
        else:
            yield

    def _label(self, allow: Iterable[Name], deny: Iterable[Name]) -> Label:
        """The catalog's label of a list; one that it has given before stands for an equal list."""
        access = self.model.access(allow, deny)
        with transaction(self.bench.catalog) as write:
            label = store.intern(write, self.id, allow, deny)
        assert self.model.lists.setdefault(label, access) == access
        return label

    def _id(self, who: PrincipalId) -> PrincipalId:
        """The catalog's number of somebody of the model: by his name when he is first met, then for good."""
        if who not in self.ids:
            name = self.model.everybody[who].name
            with transaction(self.bench.catalog) as write:
                self.ids[who] = store.resolve(write, self.id, [name])[name]
        return self.ids[who]

    def _key(self, name: str) -> DocumentKey:
        with reading(self.bench.catalog) as read:
            return get_document(read, self.id, name).key


def _document(name: str, time: int, number: int, texts: Sequence[str]) -> RedactedDocument:
    entry = FileEntry(
        path=f"{name}-{number}.md",
        size_bytes=1,
        changed_mark="",
        modified_at=day(time),
        dated=True,
        document=name,
        version_label="",
        title=name,
        supersedes=(),
        access=Access(),
        metadata={},
        line_hash="",
    )
    source = SourceDocument(entry, b"", uuid4().hex, "text/markdown")
    return RedactedDocument(source, name, tuple(Element("paragraph", text) for text in texts), {}, Findings())


def _chunk(texts: Sequence[str], n: int) -> Chunk:
    start = sum(len(text) + 2 for text in texts[:n])
    return Chunk(texts[n], 0, start, start + len(texts[n]), len(texts[n].split()), (), (), 0)
