"""The guard: questions that differ in one thing that matters have two, whatever courtesy stands around it."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonym import is_pseudonym
from retrieval.distinct import MOST_CHARACTERS, MOST_WORDS, guard_of, telling
from retrieval.kept import GUARD_BYTES

ANA, BEN = "[PERSON_K7Q2M5XPLDWA]", "[PERSON_ABCDEFGHIJKL]"


def rows(name: str) -> list[tuple[str, str]]:
    halves = (
        files("evals").joinpath("questions", f"{name}_{half}.jsonl").read_text(encoding="utf-8")
        for half in ("tuning", "held_out")
    )
    return [(row["one"], row["other"]) for text in halves for row in map(json.loads, text.splitlines())]


def same(one: str, other: str) -> bool:
    guards = guard_of(one), guard_of(other)
    assert guards[0] is None or len(guards[0]) == GUARD_BYTES
    return guards[0] is not None and guards[0] == guards[1]


def test_no_pair_that_must_stay_apart_has_one_guard() -> None:
    apart = rows("apart")
    assert len(apart) >= 300
    assert [pair for pair in apart if same(*pair)] == []


def test_half_and_more_of_what_asks_the_same_has_one() -> None:
    alike = rows("alike")
    assert len(alike) >= 100
    assert sum(same(*pair) for pair in alike) >= len(alike) / 2


QUESTIONS = [one for one, _ in rows("apart")]
WORDS = (
    "not",
    "never",
    "7",
    "seven",
    "2019",
    "Monday",
    "AB-1234",
    "Peters",
    "before",
    "without",
    ANA,
    '"red flag"',
    "US",
    "zwölf",
    "%",
)


@given(st.sampled_from(QUESTIONS), st.data(), st.sampled_from(WORDS))
def test_a_word_that_tells_something_makes_another_question_wherever_it_stands(
    question: str, data: st.DataObject, word: str
) -> None:
    words = question.rstrip("?").split()
    at = data.draw(st.integers(1, len(words)))
    assert not same(question, " ".join((*words[:at], word, *words[at:])) + "?")


@given(
    st.sampled_from(QUESTIONS),
    st.sampled_from(("please", "Hello, ", "Could you tell me ", "Do you know ", "")),
    st.sampled_from(("?", "", " Thanks!", " ?")),
)
def test_courtesy_and_white_space_make_no_other_question(question: str, before: str, behind: str) -> None:
    first = question[0].lower() + question[1:] if question.split()[0].istitle() else question
    assert same(question, f"{before} {first.rstrip('?').replace(' ', '  ')}{behind}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"Who is {ANA}?", f"Who is {BEN}?"),
        (f"What did {ANA} tell {BEN}?", f"What did {BEN} tell {ANA}?"),
        ("What did Peter decide?", "What did Peters decide?"),
        ("How do I use HTTP?", "How do I use HTTPS?"),
        ("how do i use http?", "how do i use https?"),
        ("Is it for us?", "Is it for US?"),
        ("Wie lange wird es aufbewahrt?", "Wie lange wird es nicht aufbewahrt?"),
        ("¿Cuánto cuesta?", "¿Cuándo cuesta?"),
        ("多少天?", "多少小时?"),
        ("What are twenty-one days?", "What are twenty-two days?"),
    ],
)
def test_apart(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_name_that_was_hidden_counts_as_it_was_asked() -> None:
    question = f"Who is {ANA}?"
    assert is_pseudonym(ANA)
    assert guard_of(question, ("Kim",)) == guard_of(question, ("kim",)) != guard_of(question, ("Tim",))


def test_what_says_nothing_or_too_much_has_no_guard() -> None:
    for text in ("", "?", "please", "What is it for the a?", "word " * (MOST_WORDS + 1), "x" * (MOST_CHARACTERS + 1)):
        assert telling(text) is None or text.startswith("What")
        assert guard_of(text) is None or text.startswith("What")


@given(st.text(max_size=200))
def test_any_text_has_a_guard_or_none_and_always_the_same(text: str) -> None:
    assert guard_of(text) == guard_of(text)
