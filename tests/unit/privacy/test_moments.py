"""Dates and ages, where a policy asks for them."""

from __future__ import annotations

import pytest

from privacy.detect import detect
from privacy.policy import Policy

ASKED = Policy(entities=("DATE_TIME", "AGE"))


def said(text: str, policy: Policy = ASKED) -> list[tuple[str, str]]:
    return [(text[s.start : s.end], s.label) for s in detect(text, policy)]


@pytest.mark.parametrize(
    "date",
    [
        "1987-04-12",
        "1987-04-12 20:21:24",
        "12/4/1987",
        "12.04.87",
        "12 April 1987",
        "April 12th, 1987",
        "12 Apr",
        "March 1999",
        "Tuesday",
    ],
)
def test_dates_are_found_as_people_write_them(date: str) -> None:
    assert said(f"She was born on {date} in Leeds.") == [(date, "DATE_TIME")]


def test_a_year_needs_its_word() -> None:
    assert said("He left in 1994; part 1994 was never built.") == [("1994", "DATE_TIME")]


@pytest.mark.parametrize("text", ["a 52-year-old man", "aged 52", "Age: 52", "she is 52 years old", "turned 52", "52yo"])
def test_ages_are_found_in_sentences_and_forms(text: str) -> None:
    assert said(text) == [("52", "AGE")]


@pytest.mark.parametrize(
    "text", ["version 1.12.4", "52 years of service", "page 52", "52.5%", "it may be so", "1/2 cup", "555-01-1234"]
)
def test_other_numbers_are_neither(text: str) -> None:
    assert said(text) == []


def test_they_are_not_looked_for_by_default() -> None:
    assert said("Born on 12 April 1987, aged 52.", Policy()) == []
