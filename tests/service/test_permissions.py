"""What a person gets through the service is what the catalog lets him read at that moment, whatever the index believes."""

from __future__ import annotations

from sqlalchemy import text as sql

from catalog.session import transaction
from retrieval.search import FIRST_LIMIT
from retrieval.services import Services
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

PAYROLL = "Payroll records are kept for ten years in the archive."
SALARY = "Salary bands for payroll are reviewed each March by the leads."
PARKING = "Bicycles are parked behind the payroll office."
QUESTION = "payroll records and salary bands"


def fill(corpus: Corpus) -> None:
    corpus.publish("handbook/payroll", PAYROLL, allow=["everyone"])
    corpus.publish("leads/salary", SALARY, allow=["group:leads"])
    corpus.publish("handbook/parking", PARKING, allow=["everyone"], deny=["user:ben"])


def test_two_people_get_what_each_may_read(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    assert set(service.found(QUESTION, "ana")) == {"handbook/payroll", "leads/salary", "handbook/parking"}
    assert service.found(QUESTION, "user:BEN") == ["handbook/payroll"]


def test_the_whole_answer(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.publish(
        "a/b/c", SALARY + " Really.", allow=["user:ben"], title="Bands", headings=["Pay", "Bands"], metadata={"k": [1]}
    )
    body = service.retrieve(QUESTION, "ben", top_k=1, context={"max_tokens": 100, "format": "markdown"}).json()
    (result,) = body["results"]
    assert body["complete"] is True
    assert body["warnings"] == []
    assert body["index_version"] == corpus.collection().name
    assert (result["ref"], result["document_id"], result["title"], result["source"]) == (1, "a/b/c", "Bands", "docs")
    assert result["version"] == result["version"] | {"label": "1", "current": True, "modified_at": "2024-05-01T09:00:00Z"}
    assert result["location"] == {"pages": [1], "headings": ["Pay", "Bands"], "chars": [0, len(SALARY) + 8]}
    assert (result["text"], result["metadata"], result["in_context"]) == (SALARY + " Really.", {"k": [1]}, True)
    assert body["context"]["text"].startswith("**[1] Bands — Pay > Bands** (docs: a/b/c, page 1)\n\nSalary")
    assert body["context"]["tokens"] <= 100
    assert body["context"]["omitted_refs"] == []
    assert set(body["usage"]["stages"]) >= {"redact", "embed", "search", "recheck"}


def test_what_is_not_included_is_null(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    body = service.retrieve(QUESTION, include=[]).json()
    assert body["context"] is None
    assert body["results"][0]["text"] is None
    assert body["results"][0]["metadata"] is None


def test_a_changed_access_list_holds_for_the_next_question_although_the_index_lags(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.relabel("handbook/payroll", allow=["group:leads"])
    assert service.found(QUESTION, "ben") == []
    assert "handbook/payroll" not in service.found(QUESTION, "ben")
    corpus.relabel("handbook/payroll", allow=["user:ben"])
    assert "handbook/payroll" not in service.found(QUESTION, "ana")


def test_a_changed_group_holds_for_the_next_question(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.people("ana", "ben", groups={"leads": ["group:chairs"], "chairs": ["user:ben"]})
    assert "leads/salary" not in service.found(QUESTION, "ana")
    assert "leads/salary" in service.found(QUESTION, "ben")


def test_a_disabled_person_is_unknown_at_once(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.people("ana", disabled=["ben"], groups={"leads": ["user:ana"]})
    problem(service.retrieve(QUESTION, "ben"), 403, "unknown_person")
    corpus.people("ana")
    problem(service.retrieve(QUESTION, "ben"), 403, "unknown_person")


def test_a_person_who_may_read_nothing_gets_an_empty_answer(service: Service, corpus: Corpus) -> None:
    corpus.publish("secret", PAYROLL, allow=["user:ana"])
    corpus.publish("nobody", SALARY)
    body = service.retrieve(QUESTION, "ben").json()
    assert (body["results"], body["complete"], body["warnings"]) == ([], True, [])
    assert (body["context"]["text"], body["context"]["tokens"], body["context"]["omitted_refs"]) == ("", 0, [])


def test_tenants_never_meet_even_under_the_same_names(service: Service, corpus: Corpus, services: Services) -> None:
    fill(corpus)
    other = Corpus(services, "other")
    other.people("ana", "carl", groups={"leads": ["user:ana"]})
    other.publish("leads/salary", "Foreign salary bands of the other payroll.", allow=["group:leads", "everyone"])
    key = other.key()[1]
    mine = service.retrieve(QUESTION, "ana").json()["results"]
    theirs = service.retrieve(QUESTION, "ana", key=key).json()["results"]
    assert "Foreign" not in str(mine)
    assert [r["text"] for r in theirs] == ["Foreign salary bands of the other payroll."]
    problem(service.retrieve(QUESTION, "carl"), 403, "unknown_person")
    problem(service.retrieve(QUESTION, "ben", key=key), 403, "unknown_person")
    assert service.retrieve(QUESTION, "ana", key=key, sources=["docs"]).json()["results"][0]["document_id"] == "leads/salary"


def test_a_retired_document_is_gone_although_its_points_are_there(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.retire("leads/salary")
    assert "leads/salary" not in service.found(QUESTION)
    problem(service.send("GET", "/v1/documents/leads/salary"), 404, "unknown_document")


def test_a_replaced_version_is_gone_although_its_points_are_there(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.publish("leads/salary", "Bands of salary are now secret to the board.", allow=["group:leads"], version="2")
    texts = [r["text"] for r in service.retrieve(QUESTION).json()["results"] if r["document_id"] == "leads/salary"]
    assert texts == ["Bands of salary are now secret to the board."]


def test_stale_labels_that_say_yes_leak_nothing_and_are_refilled(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    open_label = corpus.label("everyone")
    texts = [f"payroll records and salary bands, secret {n}" for n in range(60)]
    corpus.publish("secret", *texts, allow=["user:ana"], index_label=open_label)
    corpus.publish("open", *(f"The canteen serves soup number {n}." for n in range(5)), allow=["everyone"])
    body = service.retrieve(QUESTION, "ben", top_k=6).json()
    assert "secret" not in str(body)
    assert len(body["results"]) == 6
    assert body["results"][0]["document_id"] == "handbook/payroll"
    assert body["complete"] is True


def test_a_stale_label_that_says_no_loses_only_that_result(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.publish("lost", QUESTION, allow=["everyone"], index_label=corpus.label("user:nobody"))
    assert "lost" not in service.found(QUESTION)
    assert "handbook/payroll" in service.found(QUESTION)


def test_stale_points_change_neither_the_order_nor_the_scores(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    before = [(r["chunk_id"], r["score"]) for r in service.retrieve(QUESTION, "ben").json()["results"]]
    corpus.publish("secret", QUESTION, QUESTION + "!", allow=["user:ana"], index_label=corpus.label("everyone"))
    corpus.retire("leads/salary")
    assert [(r["chunk_id"], r["score"]) for r in service.retrieve(QUESTION, "ben").json()["results"]] == before


def test_equal_passages_collapse_only_among_what_the_asker_may_read(service: Service, corpus: Corpus) -> None:
    corpus.publish("copy/open", PAYROLL, allow=["everyone"])
    corpus.publish("copy/leads", PAYROLL, allow=["group:leads"])
    corpus.publish("copy/ben", PAYROLL, allow=["user:ben"])
    (ana,) = service.retrieve(QUESTION, "ana").json()["results"]
    (ben,) = service.retrieve(QUESTION, "ben").json()["results"]
    assert {ana["document_id"], *ana["duplicates"]} == {"copy/open", "copy/leads"}
    assert {ben["document_id"], *ben["duplicates"]} == {"copy/open", "copy/ben"}


def test_duplicates_do_not_eat_the_results(service: Service, corpus: Corpus) -> None:
    corpus.publish("copy", *([PAYROLL] * (FIRST_LIMIT + 1)), allow=["everyone"])
    corpus.publish("copy/too", PAYROLL, allow=["everyone"])
    corpus.publish("other", PARKING, allow=["everyone"])
    first, second = service.retrieve(QUESTION, top_k=2).json()["results"]
    assert {first["document_id"], *first["duplicates"]} == {"copy", "copy/too"}
    assert (second["document_id"], second["duplicates"]) == ("other", [])


def test_sources_limit_the_answer_and_an_unknown_one_is_like_an_unreadable_one(service: Service, corpus: Corpus) -> None:
    fill(corpus)
    corpus.publish("board/pay", "payroll records of the board", allow=["user:ana"], source="board")
    assert service.found(QUESTION, "ana", sources=["board"]) == ["board/pay"]
    unreadable = service.retrieve(QUESTION, "ben", sources=["board"]).json()
    unknown = service.retrieve(QUESTION, "ben", sources=["nowhere"]).json()
    same = ("results", "context", "complete", "warnings", "index_version")
    assert {k: unreadable[k] for k in same} == {k: unknown[k] for k in same}
    assert unknown["results"] == []


def test_a_document_is_read_whole_or_looks_absent(service: Service, corpus: Corpus) -> None:
    corpus.publish("leads/a b/ü", "One.", "Two.", "Two.", allow=["group:leads"], metadata={"status": "final"})
    body = service.send("GET", "/v1/documents/leads/a%20b/%C3%BC").json()
    assert [p["text"] for p in body["passages"]] == ["One.", "Two.", "Two."]
    assert (body["document_id"], body["metadata"], body["source"]) == ("leads/a b/ü", {"status": "final"}, "docs")
    unreadable = problem(service.send("GET", "/v1/documents/leads/a%20b/%C3%BC", "ben"), 404, "unknown_document")
    absent = problem(service.send("GET", "/v1/documents/leads/none", "ben"), 404, "unknown_document")
    assert {**unreadable, "request_id": 0} == {**absent, "request_id": 0}
    for odd in ("%00", "%ED%A0%80", "", "x" * 3000):
        problem(service.send("GET", f"/v1/documents/{odd}"), 404, "unknown_document")


def test_the_question_gets_the_same_pseudonyms_as_the_documents(service: Service, corpus: Corpus, services: Services) -> None:
    corpus.publish("mail", "Write to kim.lee@example.org about the boiler.", allow=["everyone"])
    corpus.publish("other", "Write to sam.poe@example.org about the boiler.", allow=["everyone"])
    response = service.retrieve("kim.lee@example.org", top_k=1)
    (result,) = response.json()["results"]
    assert result["document_id"] == "mail"
    assert result["redactions"] == {"EMAIL_ADDRESS": 1}
    assert "kim.lee" not in response.text
    assert "kim.lee" not in service.log.getvalue()


def test_nothing_indexed_is_said_and_a_first_document_is_found(service: Service, corpus: Corpus) -> None:
    body = service.retrieve(QUESTION).json()
    assert (body["results"], body["index_version"]) == ([], None)
    assert [w["code"] for w in body["warnings"]] == ["nothing_indexed"]
    fill(corpus)
    assert len(service.found(QUESTION)) == 3


def test_a_version_id_tells_nothing_about_how_many_there_are(service: Service, corpus: Corpus, services: Services) -> None:
    fill(corpus)
    with transaction(services.catalog) as session:
        numbers = {str(n) for n in session.sql.scalars(sql("SELECT id FROM versions"))}
    ids = {r["version"]["id"] for r in service.retrieve(QUESTION).json()["results"]}
    assert len(ids) == 3
    assert not ids & numbers
