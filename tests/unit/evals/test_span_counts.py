"""We count as presidio-evaluator does: its own counts are in span_counts.jsonl, which make_span_counts.py made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.score import Counts
from evals.span_counts import by_any, by_any_later, by_label
from evals.stretches import ANY
from privacy.span import Span

CASES = [json.loads(line) for line in (Path(__file__).parent / "span_counts.jsonl").read_text("utf-8").split("\n") if line]


def spans_of(case: dict[str, Any], side: str) -> list[Span]:
    return [Span(start, end, label, score[0] if score else 1.0) for start, end, label, *score in case[side]]


def told(counts: dict[str, Counts]) -> dict[str, list[int]]:
    return {label: [c.gold, c.found, c.gold_hit] for label, c in counts.items()}


def test_every_count_is_that_of_the_package() -> None:
    assert len(CASES) == 200
    wrong = []
    for number, case in enumerate(CASES):
        gold, found = spans_of(case, "gold"), spans_of(case, "found")
        of_any = told(by_any(case["text"], gold, found).counts).get(ANY, [0, 0, 0])
        of_labels = told(by_label(case["text"], gold, found).counts)
        if (of_any, of_labels) != (case["any"], case["labels"]):
            wrong.append((number, of_any, of_labels))
    assert not wrong


def test_the_cases_hold_what_is_hard() -> None:
    """Or agreement would say little: hits and misses, finds counted twice, spans that meet, labels in a row that become one."""
    assert {case["any"][2] for case in CASES} >= {0, 1, 2, 3}
    assert any(sum(found for _, found, _ in case["labels"].values()) > len(case["found"]) for case in CASES)
    assert any(case["any"][0] < len(case["gold"]) for case in CASES)
    assert any(gold[n][1] == gold[n + 1][0] for gold in (case["gold"] for case in CASES) for n in range(len(gold) - 1))
    assert any(found[n][1] == found[n + 1][0] for found in (case["found"] for case in CASES) for n in range(len(found) - 1))


def counted(text: str, gold: list[tuple[str, str]], found: list[tuple[str, str]]) -> dict[str, list[int]]:
    """By label, of values that stand once in `text`."""
    sides = [[Span(text.index(value), text.index(value) + len(value), label, 1.0) for value, label in s] for s in (gold, found)]
    return told(by_label(text, *sides).counts)


def test_a_find_is_right_from_three_quarters_on() -> None:
    text = "Ask Anabelle Quay about it."
    assert counted(text, [("Anabelle Quay", "PERSON")], [("Anabelle Quay", "PERSON")]) == {"PERSON": [1, 1, 1]}
    assert counted(text, [("Anabelle Quay", "PERSON")], [("Anabelle", "PERSON")]) == {"PERSON": [1, 1, 0]}
    assert counted(text, [("Anabelle Quay", "PERSON")], [("about", "PERSON")]) == {"PERSON": [1, 0, 0]}, "about is a skip word"


def test_skip_words_do_not_count() -> None:
    text = "She is Mrs. Anabelle Quay."
    assert counted(text, [("Mrs. Anabelle Quay", "PERSON")], [("Anabelle Quay", "PERSON")]) == {"PERSON": [1, 1, 1]}
    assert counted(text, [("Anabelle", "PERSON"), ("Quay", "PERSON")], []) == {"PERSON": [1, 0, 0]}


def test_a_wrong_label_is_wrong_by_label_and_right_by_any() -> None:
    text = "It is in Oldport now."
    assert counted(text, [("Oldport", "LOCATION")], [("Oldport", "PERSON")]) == {"LOCATION": [1, 0, 0], "PERSON": [0, 1, 0]}
    compared = by_any(text, [Span(9, 16, "LOCATION", 1.0)], [Span(9, 16, "PERSON", 0.5)])
    assert told(compared.counts) == {ANY: [1, 1, 1]}
    assert not compared.missed
    assert not compared.false


def test_what_is_wrong_is_named() -> None:
    compared = by_any("Ana met Oldport.", [Span(0, 3, "PERSON", 1.0)], [Span(8, 15, "PERSON", 1.0)])
    assert [(s.start, s.end) for s in compared.missed] == [(0, 3)]
    assert [(s.start, s.end) for s in compared.false] == [(8, 15)]


def later(text: str, gold: list[tuple[str, str]], found: list[tuple[str, str]]) -> Counts:
    sides = [[Span(text.index(value), text.index(value) + len(value), label, 1.0) for value, label in s] for s in (gold, found)]
    return by_any_later(text, *sides)


def test_later_a_title_is_no_part_of_the_name_beside_it() -> None:
    text = "Prof. Ann Lee agreed"
    gold, found = [("Prof.", "TITLE"), ("Ann Lee", "PERSON")], [("Ann Lee", "PERSON")]
    assert later(text, gold, found) == Counts(2, 1, 1, 1)
    sides = [[Span(text.index(value), text.index(value) + len(value), label, 1.0) for value, label in s] for s in (gold, found)]
    assert told(by_any(text, *sides).counts) == {ANY: [1, 1, 0]}


def test_later_a_find_counts_once_and_for_the_gold_that_it_is_most_alike_to() -> None:
    text = "John Barthelemy 32 agreed"
    gold = [("John Barthelemy", "PERSON"), ("32", "AGE")]
    assert later(text, gold, [("John Barthelemy 32", "PERSON")]) == Counts(2, 1, 1, 1)
    assert later(text, gold, [("32 agreed", "PERSON")]) == Counts(2, 1, 0, 0)
    assert later(text, gold, [("agreed", "PERSON")]) == Counts(2, 1, 0, 0)


def test_later_finds_that_hit_together_are_each_right_and_that_miss_together_each_wrong() -> None:
    text = "Harbour Lane Wharf Mets agreed"
    gold = [("Harbour Lane Wharf Mets", "ORGANIZATION")]
    assert later(text, gold, [("Harbour Lane", "ORGANIZATION"), ("Wharf Mets", "PERSON")]) == Counts(1, 2, 1, 2)
    assert later(text, gold, [("Harbour", "ORGANIZATION"), ("Mets", "PERSON")]) == Counts(1, 2, 0, 0)


def test_later_a_wrong_label_does_not_matter() -> None:
    assert later("Oldport agreed", [("Oldport", "LOCATION")], [("Oldport", "PERSON")]) == Counts(1, 1, 1, 1)
    assert later("agreed", [], []) == Counts()


def test_spans_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        by_any("Ana Quay", [Span(0, 8, "PERSON", 1.0), Span(4, 8, "PERSON", 1.0)], [])
