"""A value that was found once is taken out of the whole document."""

from __future__ import annotations

import pytest

from catalog.ids import TenantId
from privacy.open import TextRedactor
from privacy.policy import Policy
from privacy.repeated import Repeated

TENANT = TenantId(1)
KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ("Passport number: C01X00T47.", "He showed C01X00T47 at the desk."),
        ("Passport number: C01X00T47.", "He showed c01x00t47 at the desk."),
        ("Her SSN is 536904399.", "536904399 was typed twice."),
        ("Her SSN is 536904399.", "It was 536-90-4399, I think."),
    ],
)
def test_without_its_word_it_is_found_too(said: str, again: str) -> None:
    redactor = TextRedactor(Policy(), KEY)
    alone = redactor.redact(TENANT, [again])[0]
    first, second = redactor.redact(TENANT, [said, again])
    assert [s.label for s in second.found] == [s.label for s in first.found]
    assert first.text[first.placed[0].start : first.placed[0].end] in second.text
    assert alone.text == again or alone.text == second.text
    assert [r.text for r in redactor.redact(TENANT, [first.text, second.text])] == [first.text, second.text]


def test_a_part_of_another_value_is_not_it() -> None:
    repeated = Repeated([("US_SSN", "536904399"), ("PASSPORT", "C01X00T47")])
    assert list(repeated.of("1536904399, 5369043991, xC01X00T47, C01X00T47_1")) == []
    assert list(repeated.of("(536904399)")) != []


def test_what_means_something_else_elsewhere_is_left() -> None:
    assert (
        list(
            Repeated([("AGE", "523456"), ("DATE_TIME", "12 April 1987"), ("LOCATION", "Whitby")]).of(
                "12 April 1987 Whitby 523456"
            )
        )
        == []
    )
    assert list(Repeated([("ADDRESS", "1 Ely")]).of("1 Ely")) == []


def test_what_is_allowed_or_kept_is_left() -> None:
    kept = TextRedactor(Policy(operators={"US_SSN": "keep"}), KEY).redact(TENANT, ["SSN 536904399.", "536904399"])
    assert [r.text for r in kept] == ["SSN 536904399.", "536904399"]
