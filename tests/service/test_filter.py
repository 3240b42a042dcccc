"""A filter chooses versions by what they say of themselves, and tells nothing of those that the asker may not read."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog.session import reading
from retrieval import search
from retrieval.candidates import Facts
from retrieval.fields import Declared, Sieve, typed
from retrieval.filter_text import parse
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire_filter import read_filter
from tests.faults import Fault, planted
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

DECLARED: Declared = {"status": "string", "year": "number", "public": "boolean", "due": "date", "author": "string"}
NAME = "Ingrid Solheim"


@pytest.fixture
def settings_(settings: RetrievalSettings) -> RetrievalSettings:
    return settings.model_copy(update={"fields": dict(DECLARED)})


@pytest.fixture
def service(services: Services, settings_: RetrievalSettings, corpus: Corpus) -> Service:
    return Service(services, settings_, corpus.key()[1])


@pytest.fixture
def plans(corpus: Corpus) -> None:
    """Plans that say the same about the boiler, each with metadata of its own; one of them is for leads."""
    for name, allow, said in (
        ("a", "everyone", {"status": "final", "year": 2021, "public": True, "due": "2024-05-01", "author": NAME}),
        ("b", "everyone", {"status": ["draft", "old"], "year": 2019, "public": False, "due": "2025-01-01T09:00:00Z"}),
        ("c", "everyone", {"status": 7, "year": "2021", "author": "The works council"}),
        ("secret", "group:leads", {"status": "secret", "year": 1911, "author": NAME}),
    ):
        corpus.publish(
            name, f"Plan {name}: the boiler is moved to the cellar.", allow=[allow], metadata=said, title=f"Plan {name}"
        )


def by(service: Service, filter_: str | dict[str, Any], person: str = "ben", **more: Any) -> set[str]:
    body = read_filter(filter_).model_dump(by_alias=True, exclude_unset=True) if isinstance(filter_, str) else filter_
    return set(service.found("boiler", person, filter=body, dedup="off", **more))


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("status = final", "a"),
        ("status != final", "bc"),
        ("status in (old, final)", "ab"),
        ("status exists", "ab"),
        ("year >= 2019 and year < 2021", "b"),
        ("public = false or not public exists", "bc"),
        ("due <= 2024-05-01", "a"),
        ("due > 2024-05-01", "b"),
        ("document_id in (a, c, secret, none)", "ac"),
        ("source = docs", "abc"),
        ("source = nowhere", ""),
        ('version = "1" and media_type = text/markdown and modified_at = 2024-05-01', "abc"),
        ('title = "Plan b"', "b"),
        ("status = secret or year < 1950", ""),
    ],
)
@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_it_chooses_by_what_versions_say(service: Service, filter_: str, found: str) -> None:
    assert by(service, filter_) == set(found)


@pytest.mark.usefixtures("plans")
def test_people_are_found_by_name_and_the_question_is_audited_as_one(service: Service, corpus: Corpus, catalog: Engine) -> None:
    assert by(service, {"field": "author", "eq": NAME}) == {"a"}
    assert by(service, {"field": "author", "eq": NAME}, "ana") == {"a", "secret"}
    assert by(service, {"not": {"field": "author", "in": ["The works council"]}}) == {"a", "b"}
    with reading(catalog) as read:
        entries = read.sql.execute(text("SELECT details FROM audit WHERE action = 'ask_by_name'")).all()
    assert len(entries) == 2
    assert '"PERSON": 1' in str(entries[0].details).replace("'", '"')
    assert NAME not in str(entries)
    assert NAME not in service.log.getvalue()


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_names_in_filters_are_bounded_like_those_in_questions(
    services: Services, settings_: RetrievalSettings, corpus: Corpus
) -> None:
    bounded = Service(services, settings_.model_copy(update={"named_questions_per_minute": 1}), corpus.key()[1])
    asked = {"filter": {"field": "author", "eq": NAME}}
    assert bounded.retrieve("boiler", **asked).status_code == 200
    problem(bounded.retrieve("boiler", **asked), 429, "too_many_names")


@pytest.mark.usefixtures("plans")
def test_a_change_of_metadata_and_of_access_holds_with_the_next_question(service: Service, corpus: Corpus) -> None:
    assert by(service, "status = final") == {"a"}
    corpus.publish("b", "Plan b: the boiler is moved to the cellar.", allow=["everyone"], metadata={"status": "final"})
    assert by(service, "status = final") == {"a", "b"}
    corpus.relabel("a", allow=["user:ana"])
    assert by(service, "status = final") == {"b"}
    corpus.people("ana", "ben", groups={"leads": ["user:ben"]})
    assert by(service, "status = secret") == {"secret"}
    corpus.retire("b")
    assert by(service, "status = final") == set()


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_what_matches_too_much_to_be_listed_is_found_by_refilling(service: Service, corpus: Corpus) -> None:
    for n in range(40):
        said = {"status": "final" if n % 4 == 0 else "draft"}
        corpus.publish(f"more/{n}", f"The boiler number {n} is in the cellar.", allow=["everyone"], metadata=said)
    listed = by(service, "status = final", top_k=20)
    with planted(Fault(search._among, "MOST_DOCUMENTS", "2")):
        refilled = by(service, "status = final", top_k=20)
    assert listed == refilled == {"a", *(f"more/{n}" for n in range(0, 40, 4))}


@pytest.mark.usefixtures("plans")
def test_each_version_is_tested_by_what_it_says_itself(service: Service, corpus: Corpus) -> None:
    corpus.publish("b", "Plan b: the boiler is in the attic.", allow=["everyone"], version="2", metadata={"status": "final"})
    assert by(service, "status = draft") == set()
    assert by(service, "status = final") == {"a", "b"}
    old = service.retrieve("boiler", "ben", filter={"field": "status", "eq": "draft"}, versions="all").json()["results"]
    assert {result["document_id"] for result in old} <= {"b"}


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("filter_", "words"),
    [
        ({"field": "stats", "eq": "final"}, "`stats`"),
        ({"field": "year", "eq": "final"}, "`year` is a number"),
        ({"field": "status", "gte": 1}, "`status` is a string, which has no order: `>=`"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(service: Service, filter_: dict[str, Any], words: str) -> None:
    assert words in problem(service.retrieve("boiler", filter=filter_), 422, "bad_filter")["detail"]


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
@pytest.mark.parametrize("filter_", [{}, [], "status = final", {"field": "status"}, {"and": [{"or": []}]}, {"not": {"not": {}}}])
def test_what_is_no_filter_is_refused_without_repeating_it(service: Service, filter_: Any) -> None:
    body = problem(service.retrieve("boiler", filter=filter_), 422, "invalid_request")
    assert body["errors"][0]["field"].startswith("filter")


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_filter_of_any_depth_is_answered(service: Service) -> None:
    deep: Any = {"field": "status", "exists": True}
    for _ in range(400):
        deep = {"not": deep}
    response = service.retrieve("boiler", filter=deep)
    assert (response.status_code, response.json()["code"]) in ((422, "invalid_request"), (422, "bad_filter"))


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "hidden", ["status = secret", "year < 1950", "document_id = secret", "not status in (final, draft, old)"]
)
def test_what_is_hidden_changes_nothing_of_an_answer(service: Service, corpus: Corpus, hidden: str) -> None:
    """The same answers with the secret plan and without it: results, completeness, warnings, stages."""

    def told() -> list[Any]:
        body = service.retrieve("boiler", "ben", filter=read_filter(hidden).model_dump(by_alias=True, exclude_unset=True)).json()
        results = [{k: v for k, v in result.items() if k != "score"} for result in body["results"]]
        return [results, body["complete"], body["warnings"], list(body["usage"]["stages"])]

    with_it = told()
    corpus.retire("secret")
    assert told() == with_it


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_candidates_come_from_what_may_be_read_alone(services: Services, corpus: Corpus) -> None:
    """The filter is tried on the rows of readable versions alone, so the time that it takes tells of no others."""
    sieve = Sieve(typed(parse("not document_id = x"), DECLARED), DECLARED)
    facts = Facts()
    with planted(Fault(Facts.find, "<= FEW", "< 0")), reading(services.catalog) as read:
        kept = facts.find(read, corpus.tenant_id, sieve, [corpus.label("everyone")], past=False)
    with reading(services.catalog) as read:
        found = facts.find(read, corpus.tenant_id, sieve, [corpus.label("everyone")], past=False)
        none = facts.find(read, corpus.tenant_id, sieve, [], past=False)
    assert (len(found.documents), found.readable) == (3, 3)
    assert (none.documents, none.readable) == ((), 0)
    assert kept == found
