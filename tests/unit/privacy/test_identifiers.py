"""Made-up identifiers are found and look-alikes are not, on a small draw; the figures come from `python -m evals.identifiers`."""

from __future__ import annotations

import pytest

from evals.identifiers import measure, verdict
from privacy.detect import detect
from privacy.policy import Policy

ROW = "| Somebody of a long name | none, applied for |\n"


def test_a_small_draw_holds() -> None:
    assert verdict(measure(count=25, seed=20261121, tuning=False)) == []


def spans(text: str) -> list[tuple[str, str]]:
    return [(s.label, text[s.start : s.end]) for s in detect(text, Policy())]


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        (f"| Name | Passport |\n|---|---|\n{ROW * 3}| Ana | C01X00T47 |", "PASSPORT", "C01X00T47"),
        ("NISS: 85.07.30-033.28", "BE_NATIONAL_NUMBER", "85.07.30-033.28"),
        ("AHV 756.9217.0769.85", "CH_AHV", "756.9217.0769.85"),
        ("CPF 111.444.777-35", "BR_CPF", "111.444.777-35"),
        ("BSN 111222333", "NL_BSN", "111222333"),
        ("ana,(212) 555-2368,Bonn", "PHONE_NUMBER", "(212) 555-2368"),
        ("in this case, 536-90-4399 was hers", "US_SSN", "536-90-4399"),
    ],
)  # fmt: skip
def test_published_examples(text: str, label: str, value: str) -> None:
    assert (label, value) in spans(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.4 Scope of this part",
        "upgrade firmware 4.2.0.1 now",
        "passport issued on 20240501",
        "order no. 4111111111111111",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "X1234567",
    ],
)
def test_what_is_something_else(text: str) -> None:
    assert spans(text) == []
