"""Law 8 with names: no name that was found, nor an obvious form of it, is left in any text of the document."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.ids import TenantId
from privacy.names.bundled import BundledNames
from privacy.names.ordinary import ordinary_words
from privacy.open import TextRedactor
from privacy.persons import known_forms, mentions_of, normal_person
from privacy.policy import OPERATORS, Operator, Policy

KEY = bytes(range(32))
TENANT = TenantId(3)
NAMES = BundledNames()
REDACTOR = TextRedactor(Policy(), KEY, names=NAMES)

people = st.sampled_from(
    ["Ingrid Solheim", "Kwame Mensah", "Aoife Byrne", "Tomasz Wiśniewski", "Li Na", "J. R. Whitcombe", "José Ortega"]
)
sentences = st.sampled_from(
    [
        "{} signed the lease on 3 May.",
        "Contact: {} <{}@example.com>, +49 30 901820",
        "| {} | nurse | 4111 1111 1111 1111 |",
        "The court heard {}; nobody else came.",
        "Dear {},\nthe pump works again.",
        "i saw {} at the station",
        "{}'s report was late.",
    ]
)
forms = st.sampled_from(
    [str, str.upper, lambda n: n.split()[-1], lambda n: ", ".join(reversed(n.rsplit(" ", 1))), lambda n: n.split()[0]]
)
lines = st.builds(lambda s, n, f: s.replace("{}@", "mail@").replace("{}", f(n)), sentences, people, forms)
noise = st.sampled_from(
    ["The valve was cleaned.", "[PERSON_K7Q2M5XPLDWA] left.", "[REMOVED]", "\n\n", "Total: 12", "\x00", "###", "\u202eA"]
)
documents = st.lists(st.lists(st.one_of(lines, lines, noise), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60)
@given(documents)
def test_nothing_that_was_found_is_left_in_any_form(texts: list[str]) -> None:
    done = REDACTOR.redact(TENANT, texts)
    values = {
        value
        for redaction in done
        for span, value in zip(redaction.found, redaction.values, strict=True)
        if span.label == "PERSON"
    }
    normal = {normal_person(value) for value in values}
    for redaction in done:
        bare = re.sub(r"\[[A-Z_]+_[A-Z2-7]{12}\]", "\n\n;\n\n", redaction.text)
        assert list(mentions_of(known_forms(normal), bare, ordinary_words())) == []
        words = set(re.findall(r"\w+", bare))
        for value in values:
            single = " " not in value and value.casefold() in ordinary_words()
            assert single or (value not in bare if " " in value else value not in words)


@settings(deadline=None, max_examples=60)
@given(documents, st.sampled_from(OPERATORS))
def test_redacting_twice_changes_nothing(texts: list[str], operator: Operator) -> None:
    redactor = TextRedactor(Policy(operators={"PERSON": operator}), KEY, names=NAMES)
    once = redactor.redact(TENANT, texts)
    twice = redactor.redact(TENANT, [r.text for r in once])
    assert [r.text for r in twice] == [r.text for r in once]


@settings(deadline=None, max_examples=40)
@given(documents)
def test_spans_point_at_the_right_text(texts: list[str]) -> None:
    for text, done in zip(texts, REDACTOR.redact(TENANT, texts), strict=True):
        rebuilt, last = "", 0
        for found, placed in zip(done.found, done.placed, strict=True):
            rebuilt += text[last : found.start] + done.text[placed.start : placed.end]
            last = found.end
        assert rebuilt + text[last:] == done.text


def test_a_persons_names_share_a_pseudonym_where_that_is_certain() -> None:
    one = ["Ingrid Solheim joined in 2019.", "Dr. Solheim signed it. SOLHEIM, INGRID agreed.", "A. Byrne is here."]
    first, second, _ = REDACTOR.redact(TENANT, one)
    names = {name for r in (first, second) for name in re.findall(r"\[PERSON_\w+\]", r.text)}
    assert len(names) == 1
    two = [*one, "Lars Solheim was not asked."]
    texts = [r.text for r in REDACTOR.redact(TENANT, two)]
    assert len(set(re.findall(r"\[PERSON_\w+\]", "".join(texts[:2])))) == 2


@pytest.mark.parametrize(
    "asked", ["what did Ingrid Solheim sign in March?", "What did ingrid solheim sign?", "Employee: Solheim, Ingrid"]
)
def test_a_question_gets_the_name_that_the_documents_got(asked: str) -> None:
    [document] = REDACTOR.redact(TENANT, ["The contract was signed by Ingrid Solheim in March."])
    [question] = REDACTOR.redact(TENANT, [asked])
    assert re.findall(r"\[PERSON_\w+\]", question.text) == re.findall(r"\[PERSON_\w+\]", document.text)
