"""What SQLite does for one file does not grow with the corpus: nothing is walked through that is asked for by its key."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from catalog.ids import DEFAULT_TENANT
from ingest.pipeline import begin, finish, ingest_batch
from ingest.run import Request
from privacy.redactor import Redactor
from tests.laws.house import fresh
from tests.plans import statements, walks

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
        with statements(house.tools.catalog) as told:
            reports = [ingest_batch(house.tools, begun, batch) for batch in begun.batches]
        assert finish(house.tools, begun, reports).documents["indexed"] > 1
        assert len(told) > 60
        assert any("UPDATE ledger" in words for words, _ in told)
        asked = [one for one in told if "LIMIT" not in one[0] or "ORDER BY" in one[0]]  # not: whether there is one at all
        assert walks(house.tools.catalog, asked, WALK) == []
