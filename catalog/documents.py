"""Sources and documents. Every function is scoped by tenant; values go in and out, rows do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.sql.dml import Update

from catalog.errors import SourceRootConflict, UnknownDocument
from catalog.ids import DocumentId, DocumentKey, Label, SourceId, TenantId, VersionId, storable, utc_now
from catalog.insert import batches, insert_ignore
from catalog.requests import drop_leaning
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document, File, Source, Version
from catalog.tenants import bump_corpus
from catalog.versions import drop_versions


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document as the catalog knows it now."""

    key: DocumentKey
    source_id: SourceId
    name: str
    label: Label | None
    set_label: Label | None
    indexed_label: Label | None
    current_version_id: VersionId | None
    pinned_version_id: VersionId | None
    retired: bool


def open_source(session: WriteSession, tenant_id: TenantId, name: str, root: str) -> SourceId:
    """The source called `name`, made if it is new. Raises `SourceRootConflict` when it was made for another root."""
    known = select(Source.id, Source.root).where(Source.tenant_id == tenant_id, Source.name == name)
    found = session.sql.execute(known).one_or_none()
    if found is None:
        insert_ignore(session, Source, [{"tenant_id": tenant_id, "name": name, "root": root, "created_at": utc_now()}])
        found = session.sql.execute(known).one()
    if found.root != root:
        raise SourceRootConflict(name, found.root, root)
    return SourceId(found.id)


def find_sources(session: ReadSession, tenant_id: TenantId, names: Iterable[str]) -> dict[str, SourceId]:
    """Name to number, for those of `names` that exist."""
    wanted = [name for name in names if storable(name)]
    rows = session.sql.execute(select(Source.name, Source.id).where(Source.tenant_id == tenant_id, Source.name.in_(wanted)))
    return {row.name: SourceId(row.id) for row in rows}


def open_document(session: WriteSession, tenant_id: TenantId, source_id: SourceId, name: str) -> DocumentRow:
    """The document called `name`, made (unreadable and empty) for `source_id` if it is new; it may be another source's."""
    found = find_document(session, tenant_id, name)
    if found is not None:
        return found
    new = {"tenant_id": tenant_id, "source_id": source_id, "name": name, "created_at": utc_now()}
    insert_ignore(session, Document, [new])
    return get_document(session, tenant_id, name)


def find_document(session: ReadSession, tenant_id: TenantId, name: str) -> DocumentRow | None:
    """The document called `name`, or None. Says nothing about who may read it."""
    if not storable(name):
        return None
    found = session.sql.scalar(select(Document).where(Document.tenant_id == tenant_id, Document.name == name))
    return None if found is None else _row(found)


def find_documents(session: ReadSession, tenant_id: TenantId, numbers: Iterable[DocumentId]) -> list[DocumentRow]:
    """Those of the documents that are known. Says nothing about who may read them."""
    found: list[DocumentRow] = []
    for batch in batches(sorted({*numbers})):
        rows = session.sql.scalars(select(Document).where(Document.tenant_id == tenant_id, Document.id.in_(batch)))
        found += map(_row, rows)
    return found


def get_document(session: ReadSession, tenant_id: TenantId, name: str) -> DocumentRow:
    """As `find_document`, for operators. Raises `UnknownDocument`."""
    found = find_document(session, tenant_id, name)
    if found is None:
        raise UnknownDocument(name)
    return found


def read_document(session: ReadSession, key: DocumentKey) -> DocumentRow:
    """The document behind a key. Raises `UnknownDocument`."""
    found = session.sql.scalar(select(Document).where(Document.tenant_id == key.tenant_id, Document.id == key.document_id))
    if found is None:
        raise UnknownDocument(f"#{key.document_id}")
    return _row(found)


def served_documents(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> dict[str, DocumentKey]:
    """The documents of a source that are served now, by name."""
    rows = session.sql.execute(
        select(Document.name, Document.id).where(
            Document.tenant_id == tenant_id, Document.source_id == source_id, Document.current_version_id.is_not(None)
        )
    )
    return {r.name: DocumentKey(tenant_id, DocumentId(r.id)) for r in rows}


def holders_of_text(session: ReadSession, tenant_id: TenantId, text_hash: str) -> list[DocumentId]:
    """The documents whose current version holds exactly this (normalised, redacted) text, oldest first."""
    rows = session.sql.scalars(
        select(Document.id)
        .join(Version, Version.document_id == Document.id)  # the way back: no index leads from a version to whom it is current
        .where(
            Document.current_version_id == Version.id,
            Document.tenant_id == tenant_id,
            Version.tenant_id == tenant_id,
            Version.text_hash == text_hash,
            Document.retired_at.is_(None),
        )
        .order_by(Document.id)
    )
    return [DocumentId(id_) for id_ in rows]


def follow_current(session: WriteSession, tenant_id: TenantId, source_id: SourceId) -> int:
    """Give every served document of a source its latest version's access list, or the operator's. Returns how many changed.

    The latest is the served one, unless an operator pinned an earlier: then both lists count (law 10).
    """
    mine = (Version.tenant_id == tenant_id, Version.document_id == Document.id)
    newest = select(Version.label).where(*mine, Version.held_from.is_not(None), Version.held_until.is_(None)).scalar_subquery()
    served = select(Version.label).where(*mine, Version.id == Document.current_version_id).scalar_subquery()
    own = func.coalesce(Document.set_label, newest, served)  # a document that was published before spans were noted has no newest
    done = session.sql.execute(
        update(Document)
        .where(
            Document.tenant_id == tenant_id,
            Document.source_id == source_id,
            Document.current_version_id.is_not(None),
            Document.label.is_distinct_from(own),
        )
        .values(label=own)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).all()
    if done:
        bump_corpus(session, tenant_id)
    return len(done)


def note_indexed_label(session: WriteSession, tenant_id: TenantId, documents: Iterable[DocumentId], label: Label) -> None:
    """The points of these documents carry `label` now: who may read them finds them from here on, so older answers are stale."""
    for batch in batches(documents):
        these = update(Document).where(Document.tenant_id == tenant_id, Document.id.in_(batch))
        session.sql.execute(these.values(indexed_label=label))
    bump_corpus(session, tenant_id)


def make_current(session: WriteSession, key: DocumentKey, version_id: VersionId, label: Label) -> None:
    """The flip: from the end of this transaction on `version_id` is served, to whom both `label` and its own list allow.

    All points of the document carry `label` when this is called; an operator may have set another list meanwhile.
    """
    counts = func.coalesce(Document.set_label, label)
    session.sql.execute(_this(key).values(current_version_id=version_id, label=counts, indexed_label=label, retired_at=None))
    bump_corpus(session, key.tenant_id)


def pin_version(session: WriteSession, key: DocumentKey, version_id: VersionId | None) -> None:
    """From the next publishing on this version is served, whatever follows it; None: the latest again."""
    session.sql.execute(_this(key).values(pinned_version_id=version_id))


def set_access(session: WriteSession, document: DocumentRow, label: Label | None) -> None:
    """An operator's list, which counts instead of the source's, now and after every later run; None: the source's again."""
    session.sql.execute(_this(document.key).values(set_label=label))
    follow_current(session, document.key.tenant_id, document.source_id)


def prefer(session: WriteSession, key: DocumentKey) -> None:
    """Where documents take each other's place in a circle with this one, it stays; the last that was preferred does."""
    session.sql.execute(_this(key).values(preferred_at=utc_now()))
    bump_corpus(session, key.tenant_id)


def hand_over(session: WriteSession, key: DocumentKey, source_id: SourceId, told: str) -> None:
    """The document is another source's: nothing that was said in its name stays, and its files are conflicts, as `told` says."""
    claims = {"version_id": None, "reason": "conflict", "detail": told}
    session.sql.execute(update(File).where(File.tenant_id == key.tenant_id, File.document_id == key.document_id).values(**claims))
    nothing = {"current_version_id": None, "pinned_version_id": None, "label": None, "set_label": None, "indexed_label": None}
    session.sql.execute(_this(key).values(source_id=source_id, preferred_at=utc_now(), retired_at=utc_now(), **nothing))
    drop_versions(session, key)
    drop_leaning(session, key.tenant_id, [key.document_id])
    bump_corpus(session, key.tenant_id)


def retire(session: WriteSession, key: DocumentKey) -> None:
    """Take the document out of service; its versions stay in the catalog."""
    session.sql.execute(_this(key).values(current_version_id=None, retired_at=utc_now()))
    bump_corpus(session, key.tenant_id)


def lagging_labels(session: ReadSession, tenant_id: TenantId, source_id: SourceId) -> dict[Label, list[DocumentId]]:
    """The documents whose points carry another label than the catalog's, by the one that they should carry."""
    rows = session.sql.execute(
        select(Document.id, Document.label).where(
            Document.tenant_id == tenant_id,
            Document.source_id == source_id,
            Document.current_version_id.is_not(None),
            Document.label.is_not(None),
            Document.label.is_distinct_from(Document.indexed_label),
        )
    )
    lagging: dict[Label, list[DocumentId]] = {}
    for row in rows:
        lagging.setdefault(Label(row.label), []).append(DocumentId(row.id))
    return lagging


def _this(key: DocumentKey) -> Update:
    return update(Document).where(Document.tenant_id == key.tenant_id, Document.id == key.document_id)


def _row(document: Document) -> DocumentRow:
    return DocumentRow(
        key=DocumentKey(TenantId(document.tenant_id), DocumentId(document.id)),
        source_id=SourceId(document.source_id),
        name=document.name,
        label=None if document.label is None else Label(document.label),
        set_label=None if document.set_label is None else Label(document.set_label),
        indexed_label=None if document.indexed_label is None else Label(document.indexed_label),
        current_version_id=None if document.current_version_id is None else VersionId(document.current_version_id),
        pinned_version_id=None if document.pinned_version_id is None else VersionId(document.pinned_version_id),
        retired=document.retired_at is not None,
    )
