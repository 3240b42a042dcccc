"""What SQLite does for a question does not grow with the tenant: nothing is walked through that is asked for by its key."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from catalog.session import reading
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.service.corpus import Corpus

WALK = re.compile(r"\((?:tenant_id=\?)\)$|^SCAN (?!collections|held|principals_held|reached|sqlite_)")
"""A step that reads all rows of a table, or of a tenant. Collections are few; the others are made in the statement itself."""


def test_no_statement_of_a_retrieve_walks_through_a_tenant(services: Services, corpus: Corpus) -> None:
    if services.catalog.dialect.name != "sqlite":
        return
    for n in range(12):
        corpus.publish(f"guide/{n}", f"The boiler of hall {n} is green.", allow=["group:leads"])
    told: list[tuple[str, Any]] = []
    event.listen(services.catalog, "before_cursor_execute", lambda *args: told.append((args[2], args[3])))
    chosen: Any = {"field": "document_id", "exists": True}
    for asked in ({}, {"sources": ["docs"]}, {"filter": chosen}, {"session_id": "s"}, {"session_id": "s"}):
        request = RetrieveRequest(query="Which boiler is green?", top_k=8, **asked)
        assert ask(services, RetrievalSettings(), "default", "ana", request).results
    statements = [(words, values) for words, values in told if words.lstrip().startswith(("SELECT", "WITH"))]
    assert len(statements) > 15
    with reading(services.catalog) as session:
        connection = session.sql.connection()
        for words, values in statements:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]
            assert not [step for step in plan if WALK.search(step)], (words, plan)
