"""`POST /v1/search-feedback`: by the person who asked, of what he may read now; and what becomes of the judgements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from catalog.ids import utc_now
from catalog.judgements import judged_requests
from catalog.lapse import lapse
from catalog.requests import kept_after
from catalog.session import reading, transaction
from catalog.tables import Document, Judgement, RequestRow
from evals.exported import export_judged
from evals.judged import read_judged, read_questions
from index.memory import MemoryIndex
from privacy.redactor import Redactor
from retrieval.audit_writer import AuditWriter
from retrieval.client import Portcullis, PortcullisProblem
from retrieval.feedback import _grades
from retrieval.request_log import RequestLog, log_seal
from retrieval.services import Services
from tests.faults import Fault, planted
from tests.service.client import Service, Waited, problem
from tests.service.replayed import Kept
from tests.service.words import WordEmbedder
from tests.unit.retrieval.provider import Provider, token, tokens_of

PATH = "/v1/search-feedback"
SQLITE = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)


@pytest.fixture
def services(catalog: Engine, redactor: Redactor) -> Iterator[Services]:
    """As the service has them: both logs have their writers."""
    made = Services(catalog, MemoryIndex(), WordEmbedder(), redactor)
    audit, requests = AuditWriter(catalog), RequestLog(catalog, log_seal(made.question_key))
    yield replace(made, audit=audit, requests=requests)
    requests.close()
    audit.close()


@pytest.fixture
def kept(services: Services) -> Kept:
    made = Kept(services)
    made.put("a", "The boiler stands in the hall.")
    made.put("b", "The boiler hall is closed.")
    made.put("leads", "Where nobody looks.", ["group:leads"])
    return made


@pytest.fixture
def service(services: Services, kept: Kept) -> Service:
    return Service(services, kept.limits, kept.key()[1])


def answered(service: Service, person: str = "ana") -> dict[str, Any]:
    body: dict[str, Any] = service.retrieve("boiler hall", person, top_k=2).json()
    return body


def judge(service: Service, id_: str, *judgements: dict[str, Any], person: str = "ana", **more: Any) -> httpx.Response:
    return service.send("POST", PATH, person, json={"request_id": id_, "judgements": [*judgements]}, **more)


def grades(kept: Kept) -> dict[str, int]:
    with reading(kept.services.catalog) as session:
        rows = session.sql.execute(
            select(Document.name, Judgement.relevance).join(Document, Document.id == Judgement.document_id)
        )
        return dict(rows.tuples().all())


def test_documents_are_judged_by_place_and_by_name_and_the_last_word_counts(service: Service, kept: Kept) -> None:
    answer = answered(service)
    first = answer["results"][0]["document_id"]
    done = judge(service, answer["request_id"], {"ref": 1, "relevance": 3}, {"document": "leads", "relevance": 0})
    assert done.status_code == 200, done.text
    assert done.json() == {
        "request_id": done.headers["x-request-id"],
        "of_request": answer["request_id"],
        "judged": 2,
    }
    assert grades(kept) == {first: 3, "leads": 0}
    judge(service, answer["request_id"], {"document": first, "relevance": 1}, {"ref": 1, "relevance": 0})
    assert grades(kept) == {first: 1, "leads": 0}  # of one call the higher
    assert "RateLimit" not in done.headers


def test_a_request_that_is_not_his_is_the_same_as_none(service: Service, kept: Kept, services: Services) -> None:
    """Absent, another person's, another tenant's, lapsed: one answer, and nothing is kept."""
    answer = answered(service)["request_id"]
    other = Kept(services, "other")
    other.put("a", "The boiler stands in the hall.")
    key = other.key()[1]
    told = [
        judge(service, str(uuid4()), {"ref": 1, "relevance": 1}),
        judge(service, answer, {"ref": 1, "relevance": 1}, person="ben"),
        judge(service, answer, {"ref": 1, "relevance": 1}, key=key),
    ]
    with transaction(services.catalog) as session:
        session.sql.execute(update(RequestRow).values(kept_from=utc_now() - timedelta(days=31)))
    told.append(judge(service, answer, {"ref": 1, "relevance": 1}))
    bodies = [{k: v for k, v in problem(one, 404, "unknown_request").items() if k != "request_id"} for one in told]
    assert all(body == bodies[0] for body in bodies)
    assert grades(kept) == {}
    assert len(kept.entries("feedback.failed")) == 3
    assert kept.entries("feedback") == []


def test_what_may_not_be_read_now_is_the_same_as_what_is_not_there(service: Service, kept: Kept) -> None:
    """Closed, retired, erased, never there, a place beyond the answer: one answer, and nothing of the call is kept."""
    answer = answered(service, "ben")
    places = {result["document_id"]: result["ref"] for result in answer["results"]}
    assert {*places} == {"a", "b"}
    id_, good = answer["request_id"], {"ref": places["b"], "relevance": 2}
    kept.relabel("a", allow=["user:ana"])
    told = [
        judge(service, id_, good, {"ref": places["a"], "relevance": 1}, person="ben"),
        judge(service, id_, good, {"document": "a", "relevance": 1}, person="ben"),
        judge(service, id_, good, {"document": "leads", "relevance": 1}, person="ben"),
        judge(service, id_, good, {"document": "nowhere", "relevance": 1}, person="ben"),
        judge(service, id_, good, {"ref": 99, "relevance": 1}, person="ben"),
    ]
    kept.erase("a")
    told.append(judge(service, id_, good, {"ref": places["a"], "relevance": 1}, person="ben"))
    kept.retire("b")
    told.append(judge(service, id_, good, person="ben"))
    bodies = [{k: v for k, v in problem(one, 404, "unknown_document").items() if k != "request_id"} for one in told]
    assert all(body == bodies[0] for body in bodies)
    assert grades(kept) == {}


@SQLITE
def test_a_judgement_of_what_is_closed_would_be_seen(service: Service, kept: Kept) -> None:
    answer = answered(service, "ben")
    with planted(Fault(_grades, "not _readable(session, row, labels)", "False")):
        done = judge(service, answer["request_id"], {"document": "leads", "relevance": 1}, person="ben")
    assert done.status_code == 200


def test_each_is_in_the_audit_and_no_word_is(service: Service, kept: Kept) -> None:
    answer = answered(service)
    judge(service, answer["request_id"], {"ref": 1, "relevance": 3})
    (link,) = kept.entries("feedback")
    assert (link.entry.object_, link.entry.details["of_request"]) == ("user:ana", answer["request_id"])
    assert link.entry.actor.startswith("key:")
    assert len(link.entry.details["documents"]) == 1
    assert service.lines()[-1]["judged"] == 1


@SQLITE
def test_by_his_own_token_he_may_judge_too(services: Services, kept: Kept) -> None:
    """Alone, as he may ask; what he asked by a key is his by his token, and it is audited with who vouched for him."""
    by_token = replace(services, tokens=tokens_of(Provider("rsa")))
    service = Service(by_token, kept.limits, kept.key()[1])
    id_ = answered(service)["request_id"]
    body = {"request_id": id_, "judgements": [{"ref": 1, "relevance": 2}]}
    for who, status in (("ben", 404), ("ana", 200)):
        done = service.raw("POST", PATH, headers={"Authorization": f"Bearer {token(sub=who)}"}, json=body)
        assert done.status_code == status, done.text
    (link,) = kept.entries("feedback")
    assert (link.entry.actor, link.entry.details["issuer"]) == ("user:ana", "https://id.example.org")
    (link,) = kept.entries("feedback.failed")
    assert link.entry.object_ == "user:ben"


def test_where_nothing_is_kept_nothing_can_be_judged(service: Service, kept: Kept) -> None:
    kept.keep(None)
    problem(judge(service, answered(service)["request_id"], {"ref": 1, "relevance": 3}), 404, "unknown_request")


def test_a_judged_request_lives_its_days_from_then_on_and_goes_with_its_documents(service: Service, kept: Kept) -> None:
    answer, other = answered(service), answered(service)
    catalog = kept.services.catalog
    judge(service, other["request_id"], {"document": "b", "relevance": 2})
    with transaction(catalog) as session:
        session.sql.execute(update(RequestRow).values(kept_from=utc_now() - timedelta(days=29)))
    judge(service, answer["request_id"], {"document": "a", "relevance": 3}, {"document": "b", "relevance": 1})
    with transaction(catalog) as session:
        assert lapse(session, kept.tenant_id, utc_now() + timedelta(days=2))["requests"] == 1
    assert grades(kept) == {"a": 3, "b": 1}
    kept.erase("a")
    assert grades(kept) == {"b": 1}
    kept.keep(None)
    assert grades(kept) == {}


def test_what_was_judged_becomes_a_set_to_measure_on(service: Service, kept: Kept, tmp_path: Path) -> None:
    answer = answered(service)
    judge(service, answer["request_id"], {"document": "a", "relevance": 3}, {"document": "b", "relevance": 0})
    named = service.retrieve("Did Ingrid Solheim lock the boiler hall?").json()
    judge(service, named["request_id"], {"ref": 1, "relevance": 2})
    folder = tmp_path / "out"
    assert export_judged(kept.services.catalog, kept.services.question_key, "default", folder) == (2, 3)
    judged = read_judged(folder / "qrels.tsv")
    assert judged[answer["request_id"]] == {"a": 3.0}
    questions = read_questions(folder, judged)
    assert questions[answer["request_id"]] == "boiler hall"
    assert "[PERSON_" in questions[named["request_id"]]
    written = "".join(file.read_text() for file in folder.iterdir())
    assert "Solheim" not in written
    assert (folder / "queries.jsonl").stat().st_mode & 0o777 == 0o600
    (link,) = kept.entries("feedback.export")
    assert link.entry.details == {"queries": 2, "judgements": 3}
    with reading(kept.services.catalog) as session:
        found = list(judged_requests(session, kept.tenant_id, kept_after(session, kept.tenant_id, utc_now())))
    assert dict(found[0].grades) == {"a": 3, "b": 0}


def test_what_is_no_judgement_is_refused(service: Service) -> None:
    id_ = answered(service)["request_id"]
    good = {"ref": 1, "relevance": 1}
    wrong: list[Any] = [
        {"judgements": [good]},
        {"request_id": id_.replace("-", ""), "judgements": [good]},
        {"request_id": "{" + id_ + "}", "judgements": [good]},
        {"request_id": 7, "judgements": [good]},
        {"request_id": id_, "judgements": []},
        {"request_id": id_, "judgements": [good] * 101},
        *({"request_id": id_, "judgements": [good | one]} for one in ({"relevance": 4}, {"relevance": -1}, {"ref": 0})),
        *({"request_id": id_, "judgements": [good | one]} for one in ({"relevance": True}, {"document": "a"}, {"more": 1})),
        {"request_id": id_, "judgements": [{"document": "a\x00", "relevance": 1}]},
        {"request_id": id_, "judgements": [{"relevance": 1}]},
    ]
    for body in wrong:
        problem(service.send("POST", PATH, json=body), 422, "invalid_request")
    assert (
        service.send("POST", PATH, json={"request_id": id_.upper(), "judgements": [good | {"relevance": 2.0}]}).status_code == 200
    )


def test_the_client_judges_too(service: Service, kept: Kept) -> None:
    with Portcullis("http://portcullis.test", service.key, retries=0, transport=Waited(service)) as client:
        answer = client.retrieve("boiler hall", on_behalf_of="ana", top_k=1)
        done = client.feedback(answer.request_id, [{"ref": 1, "relevance": 3}], on_behalf_of="ana")
        assert (done.of_request, done.judged) == (answer.request_id, 1)
        with pytest.raises(PortcullisProblem) as caught:
            client.feedback(UUID(int=1), [{"ref": 1, "relevance": 3}], on_behalf_of="ana")
        assert (caught.value.code, caught.value.status) == ("unknown_request", 404)


calls = st.lists(
    st.lists(st.tuples(st.sampled_from(["a", "b", "leads"]), st.integers(0, 3)), min_size=1, max_size=4), min_size=1, max_size=4
)


@SQLITE
@settings_of(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=calls)
def test_of_one_call_the_highest_counts_and_of_calls_the_last(
    service: Service, kept: Kept, said: list[list[tuple[str, int]]]
) -> None:
    id_ = answered(service)["request_id"]
    expected: dict[str, int] = {}
    for call in said:
        body = [{"document": name, "relevance": grade} for name, grade in call]
        assert judge(service, id_, *body).json()["judged"] == len({name for name, _ in call})
        expected |= {name: max(grade for other, grade in call if other == name) for name, _ in call}
    with reading(kept.services.catalog) as session:
        rows = session.sql.execute(
            select(Document.name, Judgement.relevance)
            .join(Document, Document.id == Judgement.document_id)
            .where(Judgement.request_id == UUID(id_))
        )
        assert dict(rows.tuples().all()) == expected
