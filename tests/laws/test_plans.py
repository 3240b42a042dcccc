"""What SQLite does for one file does not grow with the corpus: nothing is walked through that is asked for by its key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import event

from catalog.ids import DEFAULT_TENANT
from catalog.session import reading
from ingest.pipeline import begin, finish, ingest_batch
from ingest.run import Request
from privacy.redactor import Redactor
from tests.laws.house import fresh

WALK = re.compile(r"\((?:tenant_id=\?|collection_id=\?|tenant_id=\? AND source_id=\?)\)$|^SCAN (?!collections|sqlite_)")
"""A step that reads all rows of a table, a tenant, a source or a shelf."""
MAY, JUNE = "2024-05-01T09:00:00Z", "2024-06-01T09:00:00Z"
ONE = {"path": "one.md", "document": "one", "allow": ["everyone"], "modified_at": MAY, "text": "# One\n\nA boiler.\n"}
TWO = {"path": "two.md", "document": "two", "allow": ["user:ana"], "modified_at": MAY, "text": "# Two\n\nA green boiler.\n"}
OLD = {"path": "old.md", "document": "old", "allow": ["everyone"], "modified_at": MAY, "text": "# Old\n\nBoilers.\n"}
LATER = [
    ONE,
    ONE | {"path": "one2.md", "version": "2", "modified_at": JUNE, "text": "# One\n\nA boiler, and its key.\n"},
    ONE | {"path": "copy.md", "document": "copy"},
    TWO | {"text": "# Two\n\nA green boiler with a lid.\n"},
    OLD | {"allow": ["user:ben"]},
]


def test_no_statement_of_a_batch_walks_through_the_corpus(sqlite_template: Path, redactor: Redactor) -> None:
    with fresh(sqlite_template, redactor) as house:
        house.ingest([ONE, TWO, OLD])
        house.write(LATER)
        begun = begin(house.tools, Request(DEFAULT_TENANT, str(house.folder), source="pages"), uuid4())
        told: list[tuple[str, Any]] = []

        def note(*of: Any) -> None:
            told.append((of[2], of[3]))

        event.listen(house.tools.catalog, "before_cursor_execute", note)
        reports = [ingest_batch(house.tools, begun, batch) for batch in begun.batches]
        event.remove(house.tools.catalog, "before_cursor_execute", note)
        assert finish(house.tools, begun, reports).documents["indexed"] > 1
        statements = [
            (words, values) for words, values in told if words.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
        ]
        assert len(statements) > 60
        assert any("UPDATE ledger" in words for words, _ in statements)
        with reading(house.tools.catalog) as session:
            connection = session.sql.connection()
            for words, values in statements:
                if "LIMIT" in words and "ORDER BY" not in words:
                    continue  # whether there is one at all
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]
                assert not [step for step in plan if WALK.search(step)], (words, plan)
