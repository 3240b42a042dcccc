"""The measure of cleaning can tell a mended word from a wronged one."""

from __future__ import annotations

from evals.cleaning import compare, ours
from evals.damage import confuse

TRUTH = "The house stood at the end of the road, and nobody had lived in it for as long as we could remember the winter."


def test_mended_and_wronged_words_are_counted() -> None:
    result = compare("the old house", "thc old house", "the odd house")
    assert (result.words, result.before, result.after, result.wronged) == (3, 2, 2, 1)
    assert compare("the ex-\nplain truth", "the ex-\nplain truth", "the explain truth").after == 3
    assert compare("in most", "in most", "inmost").wronged == 2


def test_synthetic_damage_damages_and_cleaning_mends_most_of_it() -> None:
    damaged = confuse(TRUTH * 5, 0.3, seed=1)
    result = compare(TRUTH * 5, damaged, ours(damaged))
    assert result.before < 0.95 * result.words
    assert result.after - result.before > 0.5 * (result.words - result.before)
    assert result.false_share < 0.01
