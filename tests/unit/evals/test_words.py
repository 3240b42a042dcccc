"""Fidelity is 1 for the same words in the same order, and each kind of damage lowers its own figure and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.words import compare, formula_share, in_order, words

TEXT = st.lists(st.sampled_from(["a", "ship", "sails", "at", "dawn", "with", "the", "tide"]), max_size=40)


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Heading\n\n- **bold** and *italic*", "heading bold and italic"),
        ("| a | b |\n| - | --- |\n| 1 | 2 |", "a b 1 2"),
        ("see [the page](https://example.org/x_(y)) now", "see the page now"),
        ("[![a picture](p.png)](https://example.org)", "a picture"),
        ("<!-- image -->text<br/>more", "text more"),
        ("a &lt; b &amp; c\\_d", "a b c d"),
        ("ﬁnd ２ﬂoors", "find 2floors"),
        ("ÉTÉ", "été"),
        ("two\n\n1. one", "two 1 one"),
        ("e\u0301t\u00e9", "été"),
    ],
)
def test_marks_are_no_words(markdown: str, plain: str) -> None:
    assert words(markdown) == words(plain) == plain.split()


def test_each_chinese_character_is_a_word_and_vowel_signs_stay_with_their_letter() -> None:
    assert words("春天abc") == ["春", "天", "abc"]
    assert words("हिंदी") == ["हिंदी"]
    assert words("ภาษาที่") == ["ภาษาที่"]


@given(TEXT)
def test_the_same_words_are_perfect(text: list[str]) -> None:
    fidelity = compare(text, text)
    assert (fidelity.precision, fidelity.recall, fidelity.f1, fidelity.order) == (1, 1, 1, 1)


@given(TEXT.filter(bool), TEXT.filter(bool))
def test_loss_lowers_recall_alone_and_addition_precision_alone(text: list[str], other: list[str]) -> None:
    fidelity = compare([*text, *other], text)
    assert fidelity.precision == 1
    assert fidelity.recall == pytest.approx(len(text) / len([*text, *other]))
    assert fidelity.order == 1
    added = compare(text, [*text, *other])
    assert added.recall == 1
    assert added.precision == pytest.approx(len(text) / len([*text, *other]))


@given(st.lists(st.integers(0, 50), unique=True, min_size=2, max_size=30))
def test_order_is_lost_when_the_text_is_turned_round(numbers: list[int]) -> None:
    text = [str(n) for n in numbers]
    fidelity = compare(text, text[::-1])
    assert fidelity.f1 == 1
    assert fidelity.order == pytest.approx(1 / len(text))


@given(TEXT, TEXT)
def test_in_order_agrees_with_the_definition(left: list[str], right: list[str]) -> None:
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    assert in_order(left, right) == table[-1][-1]


def test_two_columns_read_across_keep_their_words_and_lose_their_order() -> None:
    left, right = [f"l{i}" for i in range(20)], [f"r{i}" for i in range(20)]
    across = [word for pair in zip(left, right, strict=True) for word in pair]
    fidelity = compare([*left, *right], across)
    assert fidelity.f1 == 1
    assert fidelity.order < 0.6


def test_nothing_read_is_zero_and_nothing_to_read_is_one() -> None:
    assert compare(["a"], []).f1 == compare(["a"], ["b"]).order == 0
    assert compare([], []).f1 == 1


def test_formulas_are_found_and_prices_are_not() -> None:
    assert formula_share("The area is $A = \\pi r^{2}$ and $$x^2 = y$$") > 0.3
    assert formula_share("It costs $5 a day, $6 on Sundays, and under_scores stay.") == 0
