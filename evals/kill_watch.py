"""Who looks while runs die: the catalog and real searches are asked all the time what they serve, and held to law 6.

Never none and never two versions of a document that has been served, unless it leaves its source; and a narrowed access list is
in force from the moment that the run's plan is committed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from acl.store import access_of, find_person, find_scope, names_of
from catalog.documents import served_documents
from catalog.errors import PortcullisError
from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.session import reading
from catalog.sources import list_sources
from catalog.tenants import find_tenant
from catalog.text import StoredChunk, document_chunks
from evals.kill_corpus import EDITIONS, SOURCE, Kind, questions
from ingest.run import Tools
from retrieval.identity import Asker
from retrieval.query import Passage, Query
from retrieval.search import search
from retrieval.services import Services

EVERYTHING = 60
"""More results than the corpus has chunks: one search sees all that a person is served."""
PAUSE_SECONDS = 0.05
PEOPLE = ("ana", "ben")


def ask(tools: Tools, person: str, question: str, top_k: int) -> tuple[Passage, ...]:
    """A real search, as the service makes it."""
    with reading(tools.catalog) as read:
        tenant = find_tenant(read, DEFAULT_TENANT)
        who = find_person(read, tenant, person)
        asker = Asker(tenant, who, find_scope(read, tenant, who), "operator")
    services = Services(tools.catalog, tools.index, tools.embedder, tools.redactor)
    return anyio.run(search, services, asker, Query(question, top_k)).passages


def served(tools: Tools) -> dict[str, list[StoredChunk]]:
    """Path in the source to the chunks that the catalog serves of it, from one moment."""
    with reading(tools.catalog) as read:
        tenant = find_tenant(read, DEFAULT_TENANT)
        sources = [row.id for row in list_sources(read, tenant)]
        found = {name: key for source in sources for name, key in served_documents(read, tenant, source).items()}
        return {name.removeprefix(f"{SOURCE}/"): document_chunks(read, key) for name, key in found.items()}


def answers(tools: Tools) -> list[Any]:
    """What the fixed questions find for each person: documents, ids, texts, versions, readers, scores; and all that is served.

    Sorted by document and place, with the fused scores instead of the order, since equal scores come in any order.
    """
    found: list[Any] = [
        (person, question, sorted((*_row(tools, p.chunk), f"{p.score:.4f}") for p in ask(tools, person, question, EVERYTHING)))
        for person in PEOPLE
        for question in questions()
    ]
    return [*found, sorted(_row(tools, chunk) for chunks in served(tools).values() for chunk in chunks)]


def _row(tools: Tools, chunk: StoredChunk) -> tuple[str, ...]:
    readers = _access(tools, chunk.key.tenant_id, chunk)
    return (
        chunk.document_name,
        f"{chunk.position:03}",
        str(chunk.chunk_id),
        chunk.text,
        chunk.version_label,
        str(chunk.modified_at),
        readers,
    )


def _access(tools: Tools, tenant: TenantId, chunk: StoredChunk) -> str:
    with reading(tools.catalog) as read:
        access = access_of(read, tenant, chunk.label)
        names = names_of(read, tenant, access.allow | access.deny)
    return str((sorted(str(names[i]) for i in access.allow), sorted(str(names[i]) for i in access.deny)))


@dataclass
class Watch:
    """Looks in a thread of its own between `start` and `stop`. `faults`: what it saw that must not be."""

    tools: Tools
    kind: Kind
    trace: Path
    faults: list[str] = field(default_factory=list)
    looks: int = 0
    outages: int = 0  # searches that were told that the index or the catalog is not there now
    _seen: set[str] = field(default_factory=set)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """One more look after everything has happened, then no more."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self.look()

    def look(self) -> None:
        """The catalog, then a search by each person."""
        planned = "plan done" in _lines(self.trace)
        try:
            before = served(self.tools)
            shown = {person: ask(self.tools, person, "tide", EVERYTHING) for person in PEOPLE}
        except PortcullisError:
            self.outages += 1
            return
        self.looks += 1
        self._judge("the catalog", before, planned=False)
        for person, passages in shown.items():
            by_document: dict[str, list[StoredChunk]] = {}
            for passage in passages:  # equal texts come once, under one name: they count for all of their documents
                for name in (passage.chunk.document_name, *passage.duplicates):
                    by_document.setdefault(name.removeprefix(f"{SOURCE}/"), []).append(passage.chunk)
            self._judge(person, by_document, planned=planned)
        self._seen |= before.keys()

    def _judge(self, who: str, shown: Mapping[str, Sequence[StoredChunk]], *, planned: bool) -> None:
        barred = self.kind.narrowed if who == "ana" else frozenset()
        owed = self._seen - self.kind.leaves - barred
        self.faults += [f"{who}: {name} is served in no version" for name in owed if not shown.get(name)]
        for name, chunks in shown.items():
            editions = {e for e in EDITIONS for chunk in chunks if e in chunk.text}
            versions = {chunk.version_id for chunk in chunks if chunk.document_name == f"{SOURCE}/{name}"}
            if len(editions) != 1 or len(versions) > 1:
                self.faults.append(f"{who}: {name} is served in {len(versions)} versions, {sorted(editions)}")
            if planned and name in barred:
                self.faults.append(f"{who}: {name} is read although its list was narrowed")

    def _run(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            try:
                self.look()
            except Exception as error:
                self.faults.append(f"looking failed: {type(error).__name__}: {error}")
                return


def _lines(trace: Path) -> list[str]:
    return trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
