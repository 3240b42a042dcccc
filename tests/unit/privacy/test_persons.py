"""One spelling for one name, short forms where they are certain, and mentions nobody would doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.persons import full_names, known_forms, mentions_of, normal_person


@pytest.mark.parametrize(
    "written",
    [
        "Ana Silva",
        "ANA SILVA",
        "Silva, Ana",
        "Dr. Ana Silva",
        "Ana  Silva's",
        "Ána\nSilva",
        "Mrs Ana Silva",
        "Ana Silva Jr.",
        "SILVA, Ana",
    ],
)
def test_one_name_has_one_spelling(written: str) -> None:
    assert normal_person(written) == "ana silva"


@pytest.mark.parametrize("other", ["Ana M. Silva", "Ana", "Silva", "Ana Silveira", "Ana Silva Costa"])
def test_another_name_has_another(other: str) -> None:
    assert normal_person(other) != "ana silva"


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normal_person(normal_person(text)) == normal_person(text)


def test_a_short_form_stands_for_the_only_person_who_bears_it() -> None:
    assert full_names(["ana silva", "silva", "a silva", "ana", "ben costa", "costa"]) == {
        "silva": "ana silva",
        "a silva": "ana silva",
        "ana": "ana silva",
        "costa": "ben costa",
    }


def test_it_stands_for_nobody_where_two_bear_it() -> None:
    assert full_names(["ana silva", "ben silva", "silva", "ana costa", "ana"]) == {}


def test_a_middle_name_is_left_out_where_the_name_stands_without_it() -> None:
    assert full_names(["ana maria silva", "ana silva", "silva"]) == {"ana maria silva": "ana silva", "silva": "ana silva"}
    assert full_names(["ana maria silva", "ana rosa silva", "ana silva"]) == {}


def test_a_chain_ends_at_one_name() -> None:
    certain = full_names(["ana m silva", "ana silva", "a m silva", "silva"])
    assert set(certain.values()) == {"ana silva"}


def found(values: list[str], text: str, ordinary: frozenset[str] = frozenset({"brown", "will"})) -> list[str]:
    return [text[a:b] for a, b, _ in mentions_of(known_forms(values), text, ordinary)]


def test_a_name_is_found_in_every_form_that_leaves_no_doubt() -> None:
    text = "ana silva; SILVA, ANA; A. Silva; Ana's cat; Silva-Costa; Ana\nSilva"
    assert found(["ana silva"], text) == ["ana silva", "SILVA, ANA", "A. Silva", "Ana", "Silva", "Ana\nSilva"]


def test_a_word_is_no_name() -> None:
    text = "Will Brown eats brown bread. Brown rice will do. Browning. At Brown University, the Brown prize and Will."
    assert found(["will brown"], text) == ["Will Brown"]
    assert found(["will brown"], "This month Brown returns; they count on Brown.") == ["Brown", "Brown"]
    assert found(["ana silva"], "the silva of ana") == []


def test_names_do_not_meet_across_words_between_them() -> None:
    assert found(["ana silva"], "Ana and the Silva", frozenset({"ana", "silva"})) == []
