"""Codes and quoted phrases of a question come first in the answer, and it says so."""

from __future__ import annotations

import pytest

from tests.service.client import Service
from tests.service.corpus import Corpus

PHRASE = "the tide waits for no ferry"


@pytest.fixture
def filled(corpus: Corpus) -> Corpus:
    for n in range(30):
        corpus.publish(
            f"ferry{n}", f"The ferry and the tide, number {n}: when the ferry waits and the tide is high.", allow=["everyone"]
        )
    corpus.publish(
        "quoting",
        f"An old saying of harbour masters is that The  tide waits\nfor no ferry, whatever else {'we plan ' * 40}",
        allow=["everyone"],
    )
    corpus.publish("pump", "The pump is called AB-1234; its spare parts are kept in the cellar.", allow=["everyone"])
    corpus.publish(
        "pumps", "Spare parts of pumps: AB-12345, AB-1233. Pump parts, spare parts, ab parts, 1234 parts.", allow=["everyone"]
    )
    corpus.publish("secret", f"Leads say: {PHRASE}. See AB-1234.", allow=["group:leads"])
    return corpus


def test_a_quoted_phrase_comes_first(service: Service, filled: Corpus) -> None:
    body = service.retrieve(f'When does the ferry wait: "{PHRASE}"?', "ben", top_k=3).json()
    first, second = body["results"][:2]
    assert (first["document_id"], first["exact"]) == ("quoting", [PHRASE])
    assert first["score"] >= 1 > second["score"]
    assert second["exact"] == []
    assert len(body["results"]) == 3, "it is no filter"


@pytest.mark.parametrize("question", ["spare pump parts ab-1234", "AB-1234", "Which parts of ab-1234 are spare parts of pumps?"])
def test_a_code_comes_first_where_it_stands(service: Service, filled: Corpus, question: str) -> None:
    assert service.found(question, "ben")[0] == "pump"


def test_what_holds_it_and_may_not_be_read_is_absent(service: Service, filled: Corpus) -> None:
    asked = f'"{PHRASE}" AB-1234'
    assert "secret" not in service.found(asked, "ben", top_k=100)
    body = service.retrieve(asked, "ana").json()
    assert body["results"][0]["document_id"] == "secret"
    phrase, code = body["results"][0]["exact"]
    assert phrase == PHRASE
    assert code == "AB-1234" or code.startswith("[ADDRESS_"), "the model of names may take it for one"


def test_an_address_is_found_by_its_pseudonym(service: Service, filled: Corpus) -> None:
    filled.publish("mail", "Complaints go to harbour@example.com and are read.", allow=["everyone"])
    first = service.retrieve("harbour@example.com", "ben").json()["results"][0]
    assert first["document_id"] == "mail"
    (exact,) = first["exact"]
    assert exact.startswith("[EMAIL_ADDRESS_")
