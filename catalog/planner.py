"""What SQLite's planner is told about our tables, instead of what it would guess.

Every index begins with the tenant, and without statistics SQLite takes an equality on a first column for a good one: it would
walk through all chunks of a tenant where two dozen are asked for by their keys. So each database holds the same statistics,
written and not measured, which say that one tenant has everything (sqlite.org/lang_analyze.html, "Fixed results of ANALYZE").
Plans then are the same on an empty catalog and on a full one.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

ROWS = 1_000_000_000
COMMON = {
    "tenant_id": ROWS,
    "collection_id": ROWS,
    "source_id": ROWS // 10,
    "kind": ROWS // 2,
    "state": ROWS // 3,
    "live": ROWS // 2,
}
"""How many rows have one value of these columns; an equality on any other leaves few.

So many rows are more than SQLite expects of a statement's own tables. Of fewer it would read all, to build a Bloom filter before
it looks up a handful.
"""
FEW = 10


def tell_planner(connection: Connection) -> None:
    """Write the statistics of every index that is there. Twice changes nothing; other dialects than SQLite need none."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("ANALYZE sqlite_schema"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    tables = connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))
    for (table,) in tables.all():
        for index, unique in connection.execute(text('SELECT name, "unique" FROM pragma_index_list(:t)'), {"t": table}).all():
            columns = connection.execute(text("SELECT name FROM pragma_index_info(:i) ORDER BY seqno"), {"i": index}).scalars()
            row = {"table": table, "index": index, "stat": _statistics(list(columns), unique=bool(unique))}
            connection.execute(text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)"), row)
    connection.execute(text("ANALYZE sqlite_schema"))  # this connection reads them now; others do when they open


def _statistics(columns: list[str], *, unique: bool) -> str:
    """Rows in all, then how many have one value of the first column, of the first two, and so on."""
    left, found = ROWS, []
    for column in columns:
        left = min(left, COMMON.get(column, FEW))
        found.append(left)
    if unique:
        found[-1] = 1
    return " ".join(map(str, (ROWS, *found)))
