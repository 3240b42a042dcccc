"""Each answer has one entry in the audit before it leaves; where that cannot be written, nothing leaves. No text is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog.audit import Wanted, check_log, links_of
from catalog.chain import Link
from catalog.session import reading, transaction
from retrieval.answer import ask
from retrieval.audit_writer import AuditWriter
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

SECRET = "Zanzibarquokka"


@pytest.fixture
def services(services: Services) -> Iterator[Services]:
    writer = AuditWriter(services.catalog)
    yield replace(services, audit=writer)
    writer.close()


@pytest.fixture(autouse=True)
def _document(corpus: Corpus) -> None:
    corpus.publish("handbook", f"The boiler {SECRET} is in the cellar.", allow=["everyone"], title=SECRET)
    corpus.publish("plans", f"The {SECRET} plans.", allow=["user:ben"])


def told(catalog: Engine, corpus: Corpus, *actions: str) -> list[Link]:
    with reading(catalog) as session:
        assert check_log(session, corpus.tenant_id).fault is None
        return list(links_of(session, corpus.tenant_id, Wanted(actions=frozenset(actions))))


@contextmanager
def without_audit(catalog: Engine) -> Iterator[None]:
    """Nothing can be added to the log."""
    with transaction(catalog) as session:
        session.sql.execute(text("ALTER TABLE audit_heads RENAME TO audit_heads_away"))
    try:
        yield
    finally:
        with transaction(catalog) as session:
            session.sql.execute(text("ALTER TABLE audit_heads_away RENAME TO audit_heads"))


def test_a_retrieve_has_one_entry_with_ids_and_counts(service: Service, corpus: Corpus, catalog: Engine) -> None:
    before = len(told(catalog, corpus))
    answers = [
        service.retrieve(f"where is the {SECRET}").json(),
        service.retrieve(f"WHERE  is the {SECRET.lower()}", "ben").json(),
    ]
    entries = [link.entry for link in told(catalog, corpus)][before:]
    assert [(e.action, e.object_, e.details["request_id"]) for e in entries] == [
        ("retrieve", "user:ana", answers[0]["request_id"]),
        ("retrieve", "user:ben", answers[1]["request_id"]),
    ]
    first, second = (entry.details for entry in entries)
    assert (first["results"], len(first["versions"])) == (1, 1)
    assert (second["results"], len(second["versions"])) == (2, 2)
    assert first["question"] == second["question"]
    assert len(first["question"]) == 32
    assert set(first) == {"request_id", "question", "results", "versions", "policy_epoch"}


def test_a_document_has_one_entry_whether_it_is_there_or_not(service: Service, corpus: Corpus, catalog: Engine) -> None:
    for name in ("handbook", "plans", "absent"):
        service.send("GET", f"/v1/documents/{name}")
    entries = [link.entry for link in told(catalog, corpus, "read")]
    assert [len(entry.details["versions"]) for entry in entries] == [1, 0, 0]
    assert len({entry.details["document"] for entry in entries}) == 3


def test_what_fails_is_noted_by_its_code(service: Service, corpus: Corpus, catalog: Engine) -> None:
    problem(service.retrieve("   "), 422, "empty_question")
    (entry,) = (link.entry for link in told(catalog, corpus, "retrieve.failed"))
    assert (entry.object_, entry.details["failed"]) == ("user:ana", "empty_question")


def test_no_text_of_a_question_or_a_document_is_in_the_audit(service: Service, corpus: Corpus, catalog: Engine) -> None:
    service.retrieve(f"where is the {SECRET}")
    service.send("GET", f"/v1/documents/{SECRET}")
    service.send("GET", "/v1/documents/handbook")
    service.retrieve(f"is {SECRET} there", SECRET.lower())
    service.retrieve(SECRET * 1000)
    said = " ".join(repr(link.entry.details) + link.entry.object_ for link in told(catalog, corpus))
    assert SECRET not in said
    assert said.casefold().count(SECRET.casefold()) == 1  # the unknown person's name: an identifier


def test_the_digest_of_a_question_needs_the_key_and_is_the_tenants_own(services: Services, corpus: Corpus) -> None:
    from retrieval.audited import keyed_digest

    given = keyed_digest(services.question_key, corpus.tenant_id, "Where?")
    assert given == keyed_digest(services.question_key, corpus.tenant_id, " where? ")
    assert given != keyed_digest(bytes(32), corpus.tenant_id, "Where?")
    assert given != keyed_digest(services.question_key, type(corpus.tenant_id)(corpus.tenant_id + 1), "Where?")


@pytest.mark.parametrize("written_by", ["writer", "request"])
def test_without_the_audit_nothing_is_answered(
    services: Services, settings: RetrievalSettings, corpus: Corpus, catalog: Engine, written_by: str
) -> None:
    service = Service(services if written_by == "writer" else replace(services, audit=None), settings, corpus.key()[1])
    with without_audit(catalog):
        for refused in (service.retrieve("boiler"), service.send("GET", "/v1/documents/handbook")):
            assert refused.status_code >= 500
            assert SECRET not in refused.text
    assert service.retrieve("boiler").status_code == 200


def test_a_locked_catalog_is_503_and_hands_nothing_out(
    tmp_path: Any, services: Services, service: Service, catalog: Engine
) -> None:
    if catalog.dialect.name != "sqlite":
        pytest.skip("readers and one writer: SQLite's way of being locked")
    import sqlite3

    holder = sqlite3.connect(tmp_path / "catalog.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    refused = service.retrieve("boiler")
    problem(refused, 503, "catalog_unavailable")
    assert SECRET not in refused.text
    holder.execute("ROLLBACK")
    holder.close()
    assert service.retrieve("boiler").status_code == 200


def test_where_it_is_not_required_the_answer_says_so(
    services: Services, settings: RetrievalSettings, corpus: Corpus, catalog: Engine
) -> None:
    service = Service(services, settings.model_copy(update={"audit": "best_effort"}), corpus.key()[1])
    with without_audit(catalog):
        body = service.retrieve("boiler").json()
        assert service.send("GET", "/v1/documents/handbook").status_code == 200
    assert [warning["code"] for warning in body["warnings"]] == ["not_audited"]
    assert [line["audited"] for line in service.lines() if "audited" in line] == [False, False]
    assert service.retrieve("boiler").json()["warnings"] == []


def test_an_operators_question_is_audited_alike(services: Services, corpus: Corpus, catalog: Engine) -> None:
    request = RetrieveRequest(query=SECRET)
    ask(services, RetrievalSettings(), "default", "ana", request)
    ask(replace(services, audit=None), RetrievalSettings(), "default", "ana", request)
    entries = [link.entry for link in told(catalog, corpus, "retrieve")]
    assert [(e.actor, e.object_, e.details["results"]) for e in entries] == [("operator", "user:ana", 1)] * 2
