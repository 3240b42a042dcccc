"""A conversation through the service: what it carries from earlier turns, whose it is, and what it must not remember."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.documents import open_source
from catalog.erase import count_rows, erase_rows
from catalog.session import reading, transaction
from catalog.tables import AuditEntry, TurnResult, TurnRow
from catalog.traces import Extent, find_traces
from retrieval.rewrite_model import ModelRewriter
from retrieval.services import Services
from retrieval.session_redis import open_redis_sessions
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus
from tests.unit.retrieval.chat_server import chat_server

PAYROLL = "Payroll records are kept for ten years in the archive of the main office."
BICYCLES = "Bicycles are parked behind the main office and must be locked."
FUSE = "The payroll archive stands behind the Quetzal door, which has an alarm."


def fill(corpus: Corpus) -> None:
    corpus.publish("handbook/payroll", PAYROLL, allow=["everyone"], title="Payroll")
    corpus.publish("handbook/bicycles", BICYCLES, allow=["everyone"], title="Bicycles")


def ask(service: Service, query: str, person: str = "ana", session_id: str = "s1", **fields: Any) -> dict[str, Any]:
    response = service.retrieve(query, person, session_id=session_id, **fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_follow_up_is_searched_for_as_it_would_be_asked_by_itself(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    first = ask(service, "What is payroll?")
    assert first["session"] == {"turn": 1, "rewritten": None, "kind": "standalone", "by": "rules", "used": [], "evicted": []}
    second = ask(service, "How long is it kept?", top_k=1)
    assert second["session"] == {
        "turn": 2,
        "rewritten": "How long is payroll kept?",
        "kind": "follow_up",
        "by": "rules",
        "used": [1],
        "evicted": [],
    }
    assert [result["document_id"] for result in second["results"]] == ["handbook/payroll"]
    assert "session" in second["usage"]["stages"]
    third = ask(service, "New question: where are bicycles parked?", top_k=1)
    assert (third["session"]["kind"], third["session"]["rewritten"]) == ("change", "where are bicycles parked?")


def test_without_a_session_nothing_is_remembered(service: Service, services: Services, corpus: Corpus) -> None:
    fill(corpus)
    assert service.retrieve("What is payroll?").json()["session"] is None
    with reading(services.catalog) as session:
        assert session.sql.scalars(select(TurnRow.question)).all() == []


def test_a_session_is_its_persons_alone(service: Service, corpus: Corpus) -> None:
    """Somebody else who sends the same id starts anew, and neither notices the other."""
    fill(corpus)
    ask(service, "What is payroll?", "ana")
    his = ask(service, "How long is it kept?", "ben")
    assert his["session"] == {"turn": 1, "rewritten": None, "kind": "change", "by": "rules", "used": [], "evicted": []} | {
        "kind": his["session"]["kind"]
    }
    assert ask(service, "How long is it kept?", "ana")["session"]["turn"] == 2
    assert ask(service, "How long is it kept?", "ana", session_id="S1")["session"]["turn"] == 1


def test_the_second_one_is_the_second_result_as_long_as_it_may_be_read(service: Service, corpus: Corpus) -> None:
    corpus.publish("a", "Payroll payroll payroll payroll.", allow=["everyone"], title="Ledger")
    corpus.publish("b", FUSE, allow=["everyone"], title="Zanzibar")
    found = [result["title"] for result in ask(service, "payroll")["results"]]
    assert found == ["Ledger", "Zanzibar"]
    assert ask(service, "What about the second one?")["session"]["rewritten"] == "What about Zanzibar?"
    ask(service, "payroll", session_id="s2")
    corpus.relabel("b", allow=["user:ben"])
    after = ask(service, "What about the second one?", session_id="s2")
    assert "Zanzibar" not in str(after)
    assert "Quetzal" not in str(after)

    corpus.publish("a", "Payroll payroll payroll payroll.", allow=["everyone"], title="Ledger")
    corpus.retire("b")
    ask(service, "payroll", session_id="s3")  # as if it had never been there
    never = ask(service, "What about the second one?", session_id="s3")
    assert after["session"] == never["session"]


def test_a_title_that_the_talk_was_about_is_not_carried_once_it_may_not_be_read(service: Service, corpus: Corpus) -> None:
    for number in range(3):
        corpus.publish(f"z{number}", f"{FUSE} Number {number}.", allow=["everyone"], title="Zanzibar")
    ask(service, "Who has the payroll archive?")
    assert "Zanzibar" in str(ask(service, "Who guards it?")["session"]["rewritten"])
    for number in range(3):
        corpus.relabel(f"z{number}", allow=["user:ben"])
    assert "Zanzibar" not in str(ask(service, "Who guards it?"))


def test_older_turns_are_summed_up_within_the_budget_and_named(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    fill(corpus)
    service = Service(services, settings.model_copy(update={"session_tokens": 16, "session_turns": 4}), corpus.key()[1])
    ask(service, "What is payroll?")
    for number in range(5):
        told = ask(service, f"And who has access to it on floor {number}, on the left or on the right?")
    assert told["session"]["turn"] == 6
    assert told["session"]["evicted"] == [1, 2, 3, 4]


WORDS = ("Zanzibar", "Quetzal", "Ocelot")


@settings_of(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hidden=st.sets(st.sampled_from(WORDS), min_size=1),
    question=st.sampled_from(
        ["What about the second one?", "Tell me about the last one", "Who guards it?", "And the first result?"]
    ),
)
def test_no_word_of_what_was_taken_away_is_carried(service: Service, corpus: Corpus, hidden: set[str], question: str) -> None:
    """Whatever is taken away between two turns, and however the second points at it."""
    for word in WORDS:
        corpus.publish(word.lower(), f"The payroll archive has a {word} door.", allow=["everyone"], title=word, headings=[word])
        corpus.relabel(word.lower(), allow=["everyone"])
    session_id = str(uuid4())
    first = ask(service, "Who has the payroll archive?", session_id=session_id)
    assert {result["title"] for result in first["results"]} == {*WORDS}
    for word in hidden:
        corpus.relabel(word.lower(), allow=["user:ben"])
    told = str(ask(service, question, session_id=session_id))
    assert not [word for word in hidden if word in told]


def test_names_are_kept_and_carried_as_pseudonyms(service: Service, services: Services, corpus: Corpus) -> None:
    corpus.publish("letter", "Ingrid Solheim signed the lease in Bergen.", allow=["everyone"], title="Lease")
    ask(service, "What did Ingrid Solheim sign?")
    told = ask(service, "When did she sign it?")
    assert "[PERSON_" in told["session"]["rewritten"]
    with reading(services.catalog) as session:
        kept = session.sql.scalars(select(TurnRow.question)).all()
    assert len(kept) == 2
    for text in (*kept, told["session"]["rewritten"], service.log.getvalue()):
        assert "Solheim" not in text
    assert [result["document_id"] for result in told["results"]] == ["letter"]


def test_an_erased_document_leaves_nothing_in_a_session(service: Service, services: Services, corpus: Corpus) -> None:
    key = corpus.publish("b", FUSE, allow=["everyone"], title="Zanzibar")
    corpus.publish("a", PAYROLL, allow=["everyone"], title="Payroll")
    ask(service, "payroll archive")
    (erased,) = corpus.chunks(key, FUSE)
    corpus.retire("b")
    with transaction(services.catalog) as session:
        source_id = open_source(session, corpus.tenant_id, "docs", "/srv/docs")
        traces = find_traces(session, corpus.tenant_id, source_id, [Extent("b")])
    with transaction(services.catalog) as session:
        assert count_rows(session, traces)["turn_results"] == 1
        erase_rows(session, traces)
        assert erased not in session.sql.scalars(select(TurnResult.chunk_id)).all()
        assert len(session.sql.scalars(select(TurnResult.chunk_id)).all()) == 1


def test_a_store_that_is_down_costs_the_earlier_turns_and_not_the_answer(
    services: Services, settings: RetrievalSettings, corpus: Corpus, tmp_path: Path
) -> None:
    fill(corpus)
    down = open_redis_sessions(f"unix://{tmp_path / 'none'}", 0.5, timedelta(hours=1), 10)
    service = Service(replace(services, sessions=down), settings, corpus.key()[1])
    ask(service, "What is payroll?")
    began = time.monotonic()
    body = ask(service, "How long is it kept?")
    assert time.monotonic() - began < 30
    assert body["session"] == {"turn": None, "rewritten": None, "kind": "standalone", "by": "rules", "used": [], "evicted": []}
    assert [warning["code"] for warning in body["warnings"]] == ["session_unavailable"]
    assert body["results"]


def test_a_model_rewrites_where_one_is_configured_and_the_rules_where_it_fails(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    corpus.publish("b", FUSE, allow=["everyone"], title="Zanzibar")
    corpus.publish("a", PAYROLL, allow=["everyone"], title="Payroll")
    with chat_server() as chat:
        rewriter = ModelRewriter(chat.url, "small", None, 10.0)
        service = Service(replace(services, rewriter=rewriter), settings, corpus.key()[1])
        ask(service, "Who has the payroll archive?")
        corpus.relabel("b", allow=["user:ben"])
        chat.says = "Who guards the payroll archive?"
        told = ask(service, "And who guards it?")["session"]
        assert (told["by"], told["rewritten"]) == ("model", "Who guards the payroll archive?")
        assert "Zanzibar" not in str(chat.asked)  # the model hears of nothing that may not be read any more
        chat.says = "Who guards the Quetzal door in Zanzibar?"
        again = ask(service, "And who guards it?")["session"]
        assert again["by"] == "rules"
        assert "Zanzibar" not in again["rewritten"]
        rewriter.close()


def test_a_model_that_trickles_is_not_waited_for(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    fill(corpus)
    with chat_server() as chat:
        rewriter = ModelRewriter(chat.url, "small", None, 0.5)
        service = Service(replace(services, rewriter=rewriter), settings, corpus.key()[1])
        ask(service, "What is payroll?")
        chat.drip_seconds, chat.says = 3.0, "How long is payroll kept?"
        began = time.monotonic()
        assert ask(service, "How long is it kept?")["session"]["by"] == "rules"
        assert time.monotonic() - began < 20
        rewriter.close()


def test_the_audit_has_a_digest_of_the_session_alone(service: Service, services: Services, corpus: Corpus) -> None:
    fill(corpus)
    ask(service, "What is payroll?", session_id="my-secret-session")
    with reading(services.catalog) as session:
        entries = session.sql.scalars(select(AuditEntry).where(AuditEntry.action == "retrieve")).all()
    assert all(len(entry.details["session"]) == 32 for entry in entries)
    assert "my-secret-session" not in str([entry.details for entry in entries]) + service.log.getvalue()


def test_what_is_no_session_id_is_refused(service: Service) -> None:
    for wrong in ("", "x" * 201, 7, "a\x00b"):
        problem(service.retrieve("payroll", session_id=wrong), 422, "invalid_request")
