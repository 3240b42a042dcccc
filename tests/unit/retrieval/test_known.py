"""What was worked out of a text is worked out once for those of one scope, and no text is kept."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from retrieval.known import Known, KnownTo
from retrieval.tokenizers import Characters

ONE, OTHER = "00" * 32, "11" * 32


@given(st.lists(st.tuples(st.sampled_from((ONE, OTHER)), st.sampled_from(("", "a", "b", "\ud800", "a" * 9)))))
def test_each_scope_works_a_text_out_once_and_gets_what_the_work_gives(asked: list[tuple[str, str]]) -> None:
    known, done = Known(), Counter[str]()

    def work(text: str) -> int:
        done[text] += 1
        return len(text)

    for scope, text in asked:
        assert KnownTo(known, scope).of(work)(text) == len(text)
    scopes = {text: len({scope for scope, its in asked if its == text}) for _, text in asked}
    assert done == scopes


def test_two_works_on_one_text_are_two() -> None:
    known = KnownTo(Known(), ONE)
    assert (known.of(len)("ab"), known.of(str.upper)("ab"), known.of(len)("ab")) == (2, "AB", 2)


def test_a_tokenizer_that_remembers_counts_as_the_other() -> None:
    tokens = KnownTo(Known(), ONE).tokens(Characters())
    assert [tokens.count(text) for text in ("abc", "", "abc")] == [3, 0, 3]
    assert tokens.offsets("ab") == [(0, 1), (1, 2)]


def test_the_oldest_is_forgotten_and_no_text_is_kept() -> None:
    known, done = Known(most=2), Counter[str]()

    def work(text: str) -> int:
        done[text] += 1
        return 0

    for text in ("one", "two", "one", "three", "one", "two"):
        KnownTo(known, ONE).of(work)(text)
    assert done == {"one": 1, "two": 2, "three": 1}
    assert "three" not in repr(known._kept)
