"""A small tenant with people and documents, written through the same calls, in the same order, as publishing does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from acl.parse import parse_snapshot
from acl.principal import parse
from acl.snapshot import apply_snapshot
from acl.store import intern
from catalog.collections import LiveCollection, live_collection, open_collection
from catalog.documents import follow_current, get_document, make_current, open_document, open_source, retire
from catalog.findings import Findings
from catalog.ids import ChunkId, DocumentKey, Label, TenantId, digest
from catalog.keys import create_key
from catalog.ledger import note_live, note_writing
from catalog.placements import Placement, place
from catalog.session import WriteSession, reading, transaction
from catalog.tenants import create_tenant
from catalog.text import store_texts
from catalog.version_access import set_versions_access
from catalog.versions import NewVersion, add_version
from index.lexical import document_vector
from index.point import IndexedChunk, chunk_id
from retrieval.services import Services

BETWEEN = "\n\n"
MODIFIED_AT = datetime(2024, 5, 1, 9, tzinfo=UTC)


class Corpus:
    """One tenant. Names of principals are written as in manifests: `user:ana`, `group:leads`, `everyone`."""

    def __init__(self, services: Services, tenant: str = "default") -> None:
        self.services = services
        self.sequence = 0
        with transaction(services.catalog) as session:
            self.tenant_id: TenantId = create_tenant(session, tenant)

    def people(self, *active: str, disabled: Iterable[str] = (), groups: Mapping[str, Sequence[str]] | None = None) -> None:
        """Make this the whole directory of the tenant."""
        self.sequence += 1
        snapshot = {
            "sequence": self.sequence,
            "users": [{"id": name, "active": True} for name in active] + [{"id": n, "active": False} for n in disabled],
            "groups": [{"id": name, "members": list(members)} for name, members in (groups or {}).items()],
        }
        with transaction(self.services.catalog) as session:
            apply_snapshot(session, self.tenant_id, parse_snapshot(json.dumps(snapshot)))

    def key(self, *scopes: str, expires_at: datetime | None = None) -> tuple[str, str]:
        """A new service key: its id and itself."""
        with transaction(self.services.catalog) as session:
            return create_key(session, self.tenant_id, "test", scopes or ("retrieve", "impersonate"), expires_at)

    def publish(
        self,
        name: str,
        *texts: str,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        source: str = "docs",
        version: str = "1",
        title: str | None = None,
        headings: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
        index_label: Label | None = None,
        modified_at: datetime = MODIFIED_AT,
    ) -> DocumentKey:
        """Serve these chunks as the document's current version. `index_label` plants what the index believes."""
        said = dict(metadata or {})
        words = [value for value in said.values() if isinstance(value, str)]
        redacted = [one.text for one in self.services.redactor.redact(self.tenant_id, [*texts, *words])]
        hidden = dict(zip(words, redacted[len(texts) :], strict=True))
        said = {name: hidden.get(value, value) if isinstance(value, str) else value for name, value in said.items()}
        redacted = redacted[: len(texts)]
        with transaction(self.services.catalog) as session:
            source_id = open_source(session, self.tenant_id, source, f"/srv/{source}")
            key = open_document(session, self.tenant_id, source_id, name).key
            label = self._label(session, allow, deny)
            collection = self._collection(session)
            placements = list(_placements(key, redacted, tuple(headings)))
            version_id = add_version(session, key, _version(name, redacted, label, version, title, said, modified_at))
            store_texts(session, self.tenant_id, {digest(text): text for text in redacted})
            place(session, key, version_id, placements)
            ids = [p.chunk_id for p in placements]
            note_writing(session, self.tenant_id, collection.id, ids)
        for shelf in collection.shelves:
            self.services.index.ensure(shelf.name, collection.dimensions)
        dense = self.services.embedder.embed(redacted)
        believed = label if index_label is None else index_label
        self.services.index.upsert(
            collection.name,
            [
                IndexedChunk(
                    id_,
                    self.tenant_id,
                    key.document_id,
                    source_id,
                    believed,
                    vector,
                    document_vector(text, self.services.embedder.language),
                )
                for id_, vector, text in zip(ids, dense, redacted, strict=True)
            ],
        )
        self.services.index.flush(collection.name)
        with transaction(self.services.catalog) as session:
            make_current(session, key, version_id, label)
            note_live(session, collection.current, key)
        return key

    def relabel(self, name: str, *, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        """Change who may read a document in the catalog alone: the index still believes the old list."""
        with transaction(self.services.catalog) as session:
            row = get_document(session, self.tenant_id, name)
            assert row.current_version_id is not None
            set_versions_access(session, self.tenant_id, [row.current_version_id], self._label(session, allow, deny), None)
            follow_current(session, self.tenant_id, row.source_id)

    def retire(self, name: str) -> None:
        """Take a document out of service in the catalog alone: its points are still in the index."""
        with transaction(self.services.catalog) as session:
            retire(session, get_document(session, self.tenant_id, name).key)

    def label(self, *allow: str) -> Label:
        """The label of an access list."""
        with transaction(self.services.catalog) as session:
            return self._label(session, allow, ())

    def chunks(self, key: DocumentKey, *texts: str) -> list[ChunkId]:
        """The ids that `publish` gave."""
        return [p.chunk_id for p in _placements(key, list(texts), ())]

    def collection(self) -> LiveCollection:
        with reading(self.services.catalog) as session:
            return live_collection(session)

    def _collection(self, session: WriteSession) -> LiveCollection:
        embedder = self.services.embedder
        return open_collection(session, embedder.fingerprint, embedder.dimensions)

    def _label(self, session: WriteSession, allow: Iterable[str], deny: Iterable[str]) -> Label:
        return intern(session, self.tenant_id, [parse(name) for name in allow], [parse(name) for name in deny])


def _version(
    name: str,
    texts: list[str],
    label: Label,
    version: str,
    title: str | None,
    metadata: Mapping[str, Any],
    modified_at: datetime,
) -> NewVersion:
    text = BETWEEN.join(texts)
    return NewVersion(
        version_label=version,
        modified_at=modified_at,
        content_hash=digest(text),
        text_hash=digest(" ".join(text.split())),
        fingerprint="test",
        cutting="",
        outline=(),
        label=label,
        path=f"{name}.md",
        media_type="text/markdown",
        title=name.title() if title is None else title,
        custom=metadata,
        text=text,
        findings=Findings(),
    )


def _placements(key: DocumentKey, texts: Sequence[str], headings: tuple[str, ...]) -> Iterable[Placement]:
    start = 0
    for position, text in enumerate(texts):
        nth = list(texts[:position]).count(text)
        yield Placement(
            chunk_id=chunk_id(key, digest(text), nth),
            text_hash=digest(text),
            nth=nth,
            position=position,
            char_start=start,
            char_end=start + len(text),
            body_start=0,
            tokens=len(text.split()),
            pages=(position + 1,),
            headings=headings,
        )
        start += len(text) + len(BETWEEN)
