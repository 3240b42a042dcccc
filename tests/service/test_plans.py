"""What SQLite does for a question does not grow with the tenant: nothing is walked through that is asked for by its key."""

from __future__ import annotations

import re
from typing import Any

from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.plans import statements, walks
from tests.service.corpus import Corpus

WALK = re.compile(r"\((?:tenant_id=\?)\)$|^SCAN (?!collections|held|principals_held|reached|sqlite_)")
"""A step that reads all rows of a table, or of a tenant. Collections are few; the others are made in the statement itself."""


def test_no_statement_of_a_retrieve_walks_through_a_tenant(services: Services, corpus: Corpus) -> None:
    if services.catalog.dialect.name != "sqlite":
        return
    for n in range(12):
        corpus.publish(f"guide/{n}", f"The boiler of hall {n} is green.", allow=["group:leads"])
    chosen: Any = {"field": "document_id", "exists": True}
    with statements(services.catalog) as told:
        for asked in ({}, {"sources": ["docs"]}, {"filter": chosen}, {"session_id": "s"}, {"session_id": "s"}):
            request = RetrieveRequest(query="Which boiler is green?", top_k=8, **asked)
            assert ask(services, RetrievalSettings(), "default", "ana", request).results
    assert len(told) > 15
    assert walks(services.catalog, told, WALK) == []
