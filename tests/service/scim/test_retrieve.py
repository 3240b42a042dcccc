"""A change over SCIM holds for the very next question over HTTP, with whatever the service keeps warm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.service.client import Service, problem
from tests.service.corpus import Corpus
from tests.service.scim.client import Scim

QUESTION = "When does the harvest of barley begin?"


@pytest.fixture
def scim(corpus: Corpus) -> Scim:
    return Scim(corpus.services.catalog, corpus.key("scim")[1])


@pytest.fixture
def asked(corpus: Corpus, service: Service, scim: Scim) -> Callable[[], list[str]]:
    corpus.publish("farm/barley", "The harvest of barley begins in the last week of July.", allow=["group:farmers"])
    return lambda: service.found(QUESTION, "eva@people.example")


def test_the_next_question_obeys(asked: Callable[[], list[str]], service: Service, scim: Scim) -> None:
    problem(service.retrieve(QUESTION, "eva@people.example"), 403, "unknown_person")
    eva = scim.user("eva@people.example")
    assert asked() == []
    inner = scim.group("millers", eva)
    group = scim.group("farmers", inner)
    for _ in range(10):
        assert asked() == ["farm/barley"]
        gone = {"op": "Remove", "path": f'members[value eq "{eva}"]'}
        assert scim.patch(f"/Groups/{inner}", gone).status_code == 204
        assert asked() == []
        back = {"op": "Add", "path": "members", "value": [{"value": eva}]}
        assert scim.patch(f"/Groups/{inner}", back).status_code == 204
    assert asked() == ["farm/barley"]
    scim.patch(f"/Users/{eva}", {"op": "Replace", "path": "active", "value": "False"})
    problem(service.retrieve(QUESTION, "eva@people.example"), 403, "unknown_person")
    scim.patch(f"/Users/{eva}", {"op": "Replace", "path": "active", "value": "True"})
    assert asked() == ["farm/barley"]
    scim.patch(f"/Users/{eva}", {"op": "replace", "path": "userName", "value": "eva.berg@people.example"})
    problem(service.retrieve(QUESTION, "eva@people.example"), 403, "unknown_person")
    assert service.found(QUESTION, "eva.berg@people.example") == ["farm/barley"]
    assert scim.send("DELETE", f"/Groups/{group}").status_code == 204
    assert service.found(QUESTION, "eva.berg@people.example") == []
    scim.group("farmers", inner)
    assert service.found(QUESTION, "eva.berg@people.example") == [], "a group made again is another one"
    assert scim.send("DELETE", f"/Users/{eva}").status_code == 204
    problem(service.retrieve(QUESTION, "eva.berg@people.example"), 403, "unknown_person")
    scim.user("eva.berg@people.example")
    assert service.found(QUESTION, "eva.berg@people.example") == []
