"""What the embedding model reads in a person's place."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import TenantId
from privacy.pseudonym import PLACEHOLDER, is_pseudonym, mentions, pseudonym
from privacy.stand_in import as_read

KEY = bytes(range(32))
TENANT = TenantId(3)


def name(value: str) -> str:
    return pseudonym(KEY, TENANT, "PERSON", value)


def test_a_full_name_carries_the_code_of_the_family_name() -> None:
    full, family = name("Ana Silva"), name("Silva")
    assert re.fullmatch(r"\[PERSON_[A-Z2-7]{12}_[A-Z2-7]{12}\]", full)
    assert re.fullmatch(r"\[PERSON_[A-Z2-7]{12}\]", family)
    assert full.endswith(family.removeprefix("[PERSON"))
    assert name("Ben Silva").endswith(family.removeprefix("[PERSON"))
    assert name("Ben Silva") != full
    assert name("Ana M.") == "[PERSON_" + name("Ana M.")[8:20] + "]"


def test_both_forms_are_pseudonyms_wherever_they_stand() -> None:
    for each in (name("Ana Silva"), name("Silva")):
        assert is_pseudonym(each)
        assert PLACEHOLDER.fullmatch(each)
        assert [m.pseudonym for m in mentions(f"so {each} and {each[1:-1]} said")] == [each, each]


def test_a_person_is_read_as_a_name_of_which_the_family_name_is_a_part() -> None:
    full, family = as_read(name("Ana Silva")), as_read(name("Silva"))
    assert re.fullmatch(r"[A-Z][a-z]{5} [A-Z][a-z]{5}", full)
    assert full.split()[1] == family
    assert as_read(f"Did {name('Ana Silva')} sign?") == f"Did {full} sign?"


def test_what_is_no_person_is_read_as_it_is() -> None:
    for text in ("", "Nobody.", "[PERSON]", "[EMAIL_ADDRESS_K7Q2M5XPLDWA]", "[PERSON_K7Q2]", "[REMOVED]"):
        assert as_read(text) == text


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_values_are_read_alike_exactly_when_they_are_one(one: str, other: str) -> None:
    same = name(one) == name(other)
    assert not same or as_read(name(one)) == as_read(name(other))
    assert as_read(name(one)) == as_read(as_read(name(one)))
