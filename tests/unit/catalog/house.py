"""A tenant with a source and two access lists, to test the catalog in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from acl.principal import parse
from acl.store import intern
from catalog.documents import make_current, open_document, open_source
from catalog.findings import Finding, Findings
from catalog.ids import ChunkId, DocumentKey, Label, digest
from catalog.placements import Placement
from catalog.session import WriteSession
from catalog.tables import Document
from catalog.tenants import create_tenant
from catalog.versions import NewVersion, add_version


def label(session: WriteSession, key: DocumentKey, label: Label) -> None:
    """Give a document a list of its own, as following its current version would."""
    session.sql.execute(update(Document).where(Document.id == key.document_id).values(label=label))


class House:
    """Everything that the catalog needs before it takes a document."""

    def __init__(self, session: WriteSession, tenant: str = "t") -> None:
        self.session = session
        self.tenant = create_tenant(session, tenant)
        self.source = open_source(session, self.tenant, "wiki", "/wiki")
        self.anyone = intern(session, self.tenant, [parse("everyone")], [])
        self.nobody = intern(session, self.tenant, [], [])

    def document(self, name: str) -> DocumentKey:
        return open_document(self.session, self.tenant, self.source, name).key

    def serve(self, name: str, label: Label) -> DocumentKey:
        """A document that is served under this list."""
        key = self.document(name)
        make_current(self.session, key, add_version(self.session, key, new_version(label)), label)
        return key


def new_version(label: Label, text: str = "text", **changes: Any) -> NewVersion:
    return replace(
        NewVersion(
            version_label="1",
            modified_at=datetime(2024, 5, 1, 9, tzinfo=UTC),
            content_hash=digest(text),
            text_hash=digest(text),
            fingerprint=digest("pipeline"),
            cutting="",
            outline=(),
            label=label,
            path="docs/a.md",
            media_type="text/markdown",
            title="A title",
            custom={"status": "final", "tags": ["a", "ü"]},
            text=text,
            findings=Findings("a policy", (Finding("EMAIL_ADDRESS", "EmailRecognizer", 2),)),
        ),
        **changes,
    )


def placement(chunk_id: ChunkId, position: int, text: str = "text") -> Placement:
    return Placement(
        chunk_id=chunk_id,
        text_hash=digest(text),
        nth=0,
        position=position,
        char_start=position * 10,
        char_end=position * 10 + len(text),
        body_start=0,
        tokens=3,
        pages=(1, 2),
        headings=("One", "Two"),
    )
