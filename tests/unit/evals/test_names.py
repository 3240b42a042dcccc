"""Names by overlap and exactly, and what counts as a handle."""

from __future__ import annotations

from evals.names import exact, missed, overlapping, without_handles
from evals.score import Counts
from privacy.span import Span


def person(start: int, end: int) -> Span:
    return Span(start, end, "PERSON", 1.0)


def test_any_shared_character_is_a_hit() -> None:
    assert overlapping("PERSON", [person(0, 8)], [person(7, 20)]) == Counts(1, 1, 1, 1)
    assert overlapping("PERSON", [person(0, 8)], [person(8, 20)]) == Counts(1, 1, 0, 0)


def test_one_find_over_two_names_hits_both_and_two_in_one_are_both_right() -> None:
    assert overlapping("PERSON", [person(0, 3), person(8, 12)], [person(0, 12)]) == Counts(2, 1, 2, 1)
    assert overlapping("PERSON", [person(0, 12)], [person(0, 3), person(8, 12)]) == Counts(1, 2, 1, 2)


def test_another_label_hits_nothing() -> None:
    place = Span(0, 8, "LOCATION", 1.0)
    assert overlapping("PERSON", [person(0, 8)], [place]) == Counts(1, 0, 0, 0)
    assert overlapping("LOCATION", [person(0, 8)], [place]) == Counts(0, 1, 0, 0)
    assert missed([person(0, 8)], [place]) == [person(0, 8)]


def test_exact_wants_both_ends() -> None:
    assert exact("PERSON", [person(0, 8), person(10, 12)], [person(0, 8), person(10, 13)]) == Counts(2, 2, 1, 1)


def test_handles_are_left_out_and_a_name_that_holds_an_at_is_not() -> None:
    text = "@anaq met @benr and Cy@Lo"
    spans = [person(0, 5), person(11, 15), person(20, 25), person(6, 9)]
    assert without_handles(text, spans) == [person(20, 25), person(6, 9)]
    assert without_handles("ana", [person(0, 3)]) == [person(0, 3)]
