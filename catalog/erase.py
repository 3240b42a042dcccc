"""Rows of erased documents, out of every table that can hold one: each table that names a document, a version or a chunk.

A table joins by having a column of one of these names; a test fails for one that refers to them by another name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update

from catalog.insert import batches
from catalog.requests import documents_of, leaning_on
from catalog.session import ReadSession, WriteSession
from catalog.tables import Base, Chunk, ChunkText, Document, File, RequestRow, Run, VaultEntry, Version
from catalog.tenants import bump_corpus
from catalog.text import hold_texts
from catalog.traces import Traces
from catalog.vault import count_unused, drop_unused, hold_vault

REFERENCES = ("document_id", "version_id", "chunk_id")
KEYS = {Document.__tablename__: "documents", Version.__tablename__: "versions", Chunk.__tablename__: "chunks"}


def erasable_tables() -> list[Table]:
    """Every table that rows are erased from, children first."""
    named = [table for table in reversed(Base.metadata.sorted_tables) if table.name in KEYS or {*REFERENCES} & {*table.c.keys()}]
    return [*named, *(Base.metadata.tables[kind.__tablename__] for kind in (ChunkText, VaultEntry, Run, RequestRow))]


def erase_rows(session: WriteSession, traces: Traces) -> dict[str, int]:
    """Delete every row, the texts that no other chunk of the tenant holds, and the originals that no other version names.

    Rows deleted, by table. Twice deletes no more. The documents are out of service, and their points
    out of the index, when this is called.
    """
    hold_texts(session, traces.tenant_id, alone=True)
    hold_vault(session, traces.tenant_id)
    counts: dict[str, int] = {}
    for table, condition in _conditions(session, traces):
        done = session.sql.execute(delete(table).where(condition).execution_options(synchronize_session=False))
        counts[table.name] = counts.get(table.name, 0) + max(0, int(getattr(done, "rowcount", 0)))
    counts[ChunkText.__tablename__] = 0
    for batch in batches(sorted(traces.text_hashes)):
        done = session.sql.execute(delete(ChunkText).where(_unheld(traces, batch)).execution_options(synchronize_session=False))
        counts[ChunkText.__tablename__] += max(0, int(getattr(done, "rowcount", 0)))
    counts[VaultEntry.__tablename__] = drop_unused(session, traces.tenant_id)
    counts[Run.__tablename__] = _mend_reports(session, traces)
    if traces.versions or traces.documents:
        bump_corpus(session, traces.tenant_id)
    return {name: count for name, count in counts.items() if count}


def count_rows(session: ReadSession, traces: Traces) -> dict[str, int]:
    """How many rows there are that `erase_rows` would delete, by table."""
    counts: dict[str, int] = {}
    for table, condition in _conditions(session, traces):
        found = session.sql.scalars(select(func.count()).select_from(table).where(condition)).one()
        counts[table.name] = counts.get(table.name, 0) + found
    for batch in batches(sorted(traces.text_hashes)):
        found = session.sql.scalars(select(func.count()).select_from(ChunkText).where(_unheld(traces, batch))).one()
        counts[ChunkText.__tablename__] = counts.get(ChunkText.__tablename__, 0) + found
    counts[VaultEntry.__tablename__] = count_unused(session, traces.tenant_id)
    return {name: count for name, count in counts.items() if count}


def held_elsewhere(session: ReadSession, traces: Traces) -> frozenset[str]:
    """Those of the erased hashes that other documents hold, whichever tenant's: where files are searched, they are in place."""
    columns: tuple[Any, ...] = (Version.text_hash, Version.content_hash, File.content_hash, Chunk.text_hash, ChunkText.text_hash)
    hashes = sorted(traces.hashes | traces.text_hashes)
    found = (session.sql.scalars(select(column).where(column.in_(batch))) for batch in batches(hashes) for column in columns)
    return frozenset(hash_ for rows in found for hash_ in rows)


def _conditions(session: ReadSession, traces: Traces) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """For every table that may hold rows of it, children first: conditions of bounded size that together find them all."""
    # a question that may hold words of these goes whole: what is sealed cannot be mended
    leant = documents_of(session, traces.tenant_id, traces.versions) | {*traces.documents}
    for these in batches(sorted(leant)):
        yield Base.metadata.tables[RequestRow.__tablename__], leaning_on(traces.tenant_id, these)
    values: dict[str, Collection[Any]] = {
        "documents": list(traces.documents),
        "versions": traces.versions,
        "chunks": traces.chunks,
    }
    for table in reversed(Base.metadata.sorted_tables):
        columns = [(table.c[name], name.removesuffix("_id") + "s") for name in REFERENCES if name in table.c]
        if table.name in KEYS:
            columns.append((table.c.id, KEYS[table.name]))
        for column, kind in columns:
            for batch in batches(values[kind]):
                yield table, (table.c.tenant_id == traces.tenant_id) & column.in_(batch)
        if table.name == File.__tablename__:
            source = (table.c.tenant_id == traces.tenant_id) & (table.c.source_id == traces.source_id)
            for batch in batches(sorted(traces.paths)):
                unnamed = table.c.document_id.is_(None) & table.c.path.in_(batch)
                yield table, source & (unnamed | table.c.parent.in_(batch)) if traces.documents else source & unnamed


def _unheld(traces: Traces, hashes: list[str]) -> ColumnElement[bool]:
    held = exists().where(Chunk.tenant_id == ChunkText.tenant_id, Chunk.text_hash == ChunkText.text_hash)
    return (ChunkText.tenant_id == traces.tenant_id) & ChunkText.text_hash.in_(hashes) & ~held


def _mend_reports(session: WriteSession, traces: Traces) -> int:
    """Take the warnings that name an erased file out of the reports of the source's runs."""
    if not traces.paths:
        return 0
    mended = 0
    runs = session.sql.execute(
        select(Run.id, Run.report).where(Run.tenant_id == traces.tenant_id, Run.source_id == traces.source_id)
    ).all()
    for run in runs:
        said = run.report.get("warnings", [])
        kept = [warning for warning in said if not any(warning.startswith(f"{path} ") for path in traces.paths)]
        if len(kept) < len(said):
            report = {**run.report, "warnings": kept}
            session.sql.execute(update(Run).where(Run.tenant_id == traces.tenant_id, Run.id == run.id).values(report=report))
            mended += 1
    return mended
