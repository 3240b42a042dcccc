"""Inserts that may meet an equal row: another process, or an earlier try, was first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite

from catalog.session import WriteSession
from catalog.tables import Base

BATCH = 500
"""Rows a statement: below SQLite's limit of bound variables in every statement of ours."""

T = TypeVar("T")


def insert_ignore(session: WriteSession, table: type[Base], rows: Iterable[Mapping[str, object]]) -> None:
    """Insert the rows whose keys are not there yet. On PostgreSQL it waits for another transaction that inserts the same."""
    dialect = postgresql if session.dialect == "postgresql" else sqlite
    for batch in batches(rows):
        session.sql.execute(dialect.insert(table).on_conflict_do_nothing(), batch)


def upsert(
    session: WriteSession, table: type[Base], keys: Sequence[str], row: dict[str, Any], keep: Collection[str] = ()
) -> None:
    """Insert the row, or give the one of the same `keys` its other values but those of `keep`, if it is of the same tenant."""
    dialect = postgresql if session.dialect == "postgresql" else sqlite
    statement = dialect.insert(table).values(row)
    columns = table.__table__.c
    session.sql.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={name: statement.excluded[name] for name in row if name not in keys and name not in keep},
            where=columns.tenant_id == row["tenant_id"],
        )
    )


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in lists of at most `BATCH`."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
