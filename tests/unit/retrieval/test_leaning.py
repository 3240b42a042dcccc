"""No word of a passage stands in a kept question without the passage beside it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.leaning import leaning
from retrieval.rewrite import Quoted, Turn, rewrite

WORDS = ("zanzibar", "quetzal", "ocelot", "payroll", "archive", "hall")
said = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


def test_his_own_words_lean_on_nothing_and_others_on_those_that_hold_them() -> None:
    quoted = {1: Quoted("Zanzibar"), 2: Quoted("Other", ("Zanzibar's door",)), 3: Quoted("Third", (), "payroll")}
    assert leaning("What about payroll?", ["what ABOUT payroll"], quoted) == ()
    assert leaning("What about Zanzibar?", ["What about the second one?"], quoted) == (1, 2)
    assert leaning("What about Zanzibars?", ["What about the second one?"], quoted) == (1, 2, 3)  # bent: it may be of any


@given(st.lists(st.tuples(said, said, said), max_size=4), said, said)
def test_each_word_that_is_not_his_is_in_a_passage_that_is_named(
    held: list[tuple[str, str, str]], searched: str, own: str
) -> None:
    quoted = {n: Quoted(title, (heading,), text) for n, (title, heading, text) in enumerate(held)}
    leans = leaning(searched, [own], quoted)
    foreign = {*searched.split()} - {*own.split()}
    for number, words in enumerate(held):
        assert number in leans or not foreign & {*" ".join(words).split()}


@given(
    st.lists(said, min_size=1, max_size=3), st.sampled_from(["What about the second one?", "Who guards it?", "And the first?"])
)
def test_whatever_the_rules_carry_over_is_covered(titles: list[str], question: str) -> None:
    quoted = {n: Quoted(title.title()) for n, title in enumerate(titles)}
    turns = [Turn(1, "Who has the key?", tuple(quoted.values()))]
    done = rewrite(question, turns)
    own = {*"who has the key".split()} | {*question.casefold().strip("?").split()}
    carried = {word.strip("?,").casefold() for word in done.text.split()} - own
    leans = leaning(done.text, (question, "Who has the key?"), quoted)
    assert all(any(word in titles[n] for n in leans) for word in carried & {*WORDS})
