"""Questions that name somebody: the same pseudonym as in the documents, audited, bounded; or masked by the operator's choice."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import pytest
from sqlalchemy import Engine, text

from catalog.session import reading
from privacy.names.bundled import BundledNames
from privacy.open import TextRedactor, open_question_redactor
from privacy.policy import Policy
from privacy.settings import PrivacySettings
from retrieval.named import as_asked
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

MAIL = "ana.quay@example.com"
MOST = 60


def questions(service: Service, corpus: Corpus, query: str, person: str = "ana") -> Any:
    _, key = corpus.key("retrieve", "impersonate")
    return service.send("POST", "/v1/retrieve", person, key, json={"query": query})


def asked(catalog: Engine) -> list[Any]:
    with reading(catalog) as read:
        return list(read.sql.execute(text("SELECT object, details FROM audit WHERE action = 'ask_by_name' ORDER BY id")).all())


def test_a_question_by_name_is_audited_without_the_name(service: Service, corpus: Corpus, catalog: Engine) -> None:
    corpus.publish("plan", f"Ask {MAIL} about the boiler.", allow=["group:leads"])
    assert questions(service, corpus, f"what does {MAIL} know").status_code == 200
    assert questions(service, corpus, "what is known about the boiler").status_code == 200
    [entry] = asked(catalog)
    assert entry.object == "user:ana"
    assert '"EMAIL_ADDRESS": 1' in str(entry.details).replace("'", '"')
    assert MAIL not in str(entry)


def test_a_person_asks_by_name_only_so_often(service: Service, corpus: Corpus, catalog: Engine) -> None:
    for _ in range(MOST):
        assert questions(service, corpus, f"where is {MAIL}").status_code == 200
    refused = problem(questions(service, corpus, f"where is {MAIL}"), 429, "too_many_names")
    assert str(MOST) in refused["detail"]
    assert questions(service, corpus, "where is the boiler").status_code == 200
    assert questions(service, corpus, f"where is {MAIL}", "ben").status_code == 200
    assert len(asked(catalog)) == MOST + 2


def test_masked_questions_name_nobody(catalog: Engine) -> None:
    key = secrets.token_hex(32)
    masked = open_question_redactor(PrivacySettings(key=key, names="off", questions="mask"))  # type: ignore[arg-type]
    [done] = masked.redact(1, [f"where is {MAIL}"])  # type: ignore[arg-type]
    assert done.text == "where is [EMAIL_ADDRESS]"
    assert [s.label for s in done.found] == ["EMAIL_ADDRESS"]
    plain = open_question_redactor(PrivacySettings(key=key, names="off"))  # type: ignore[arg-type]
    assert "[EMAIL_ADDRESS_" in plain.redact(1, [f"where is {MAIL}"])[0].text  # type: ignore[arg-type]


@pytest.fixture
def masking(services: Services) -> Services:
    return dataclasses.replace(services, redactor=TextRedactor(Policy(), secrets.token_bytes(32)).masking())


def test_a_masked_question_is_no_question_by_name(masking: Services) -> None:
    [done] = masking.redactor.redact(1, [f"where is {MAIL}"])  # type: ignore[arg-type]
    assert done.text == "where is [EMAIL_ADDRESS]"


def test_a_name_is_found_by_its_word_where_documents_hold_it_plainly(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    """Redaction saw a name in the question alone: the document that was read otherwise is found all the same."""
    corpus.publish("plain", "Solheim is a brand of boilers, made since 1911 and sold in every town.", allow=["group:leads"])
    for n in range(5):
        text = f"Boilers of make {n} are sold in every town, and were since 19{n}1."
        corpus.publish(f"other{n}", text, allow=["group:leads"])
    named = dataclasses.replace(services, redactor=TextRedactor(Policy(), secrets.token_bytes(32), names=BundledNames()))
    [question] = named.redactor.redact(corpus.tenant_id, ["who is Ingrid Solheim"])
    assert "Solheim" not in question.text
    assert as_asked("who is Ingrid Solheim", question) == ("who is Ingrid Solheim", ("Ingrid Solheim",))
    service = Service(named, settings, corpus.key()[1])
    assert service.found("who is Ingrid Solheim")[0] == "plain"
    assert "Solheim" not in service.log.getvalue()


def test_identifiers_stay_replaced_in_what_was_asked() -> None:
    redactor = TextRedactor(Policy(), secrets.token_bytes(32), names=BundledNames())
    asked = f"did Ingrid Solheim write to {MAIL} in March"
    [done] = redactor.redact(1, [asked])  # type: ignore[arg-type]
    again, names = as_asked(asked, done)
    assert names == ("Ingrid Solheim",)
    assert again is not None
    assert MAIL not in again
    assert again.startswith("did Ingrid Solheim write to [EMAIL_ADDRESS_")
    assert as_asked("nobody", redactor.redact(1, ["nobody"])[0]) == (None, ())  # type: ignore[arg-type]
    masked = redactor.masking().redact(1, [asked])[0]  # type: ignore[arg-type]
    assert as_asked(asked, masked) == (None, ())
