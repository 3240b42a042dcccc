"""Operators, pseudonyms and offsets."""

from __future__ import annotations

import re

import pytest

from catalog.ids import TenantId
from privacy.errors import BadPolicy
from privacy.open import TextRedactor
from privacy.policy import Operator, Policy
from privacy.pseudonym import PLACEHOLDER, normal_value, pseudonym
from privacy.redact import redact

TENANT = TenantId(1)
KEY = bytes(range(32))
TEXT = "Ask ana@example.com, pay 4111 1111 1111 1111, then ask Ana@Example.com."


def test_equal_values_get_equal_pseudonyms_however_they_are_written(redactor: TextRedactor) -> None:
    [result] = redactor.redact(TENANT, [TEXT])
    first, card, second = (result.text[s.start : s.end] for s in result.placed)
    assert first == second != card
    assert re.fullmatch(r"\[EMAIL_ADDRESS_[A-Z2-7]{12}\]", first)
    assert [TEXT[s.start : s.end] for s in result.found] == ["ana@example.com", "4111 1111 1111 1111", "Ana@Example.com"]


def test_tenants_keys_and_kinds_share_no_pseudonym() -> None:
    names = {
        pseudonym(key, TenantId(tenant), entity, "4111 1111 1111 1111")
        for key in (KEY, bytes(32))
        for tenant in (1, 2)
        for entity in ("CREDIT_CARD", "PHONE_NUMBER")
    }
    assert len(names) == 8


def test_values_are_compared_by_what_they_say() -> None:
    assert normal_value("CREDIT_CARD", "4111-1111 1111 1111") == "4111111111111111"
    assert normal_value("IBAN_CODE", "de89 3704-0044") == "DE8937040044"
    assert normal_value("EMAIL_ADDRESS", "ANA@Example.COM") == "ana@example.com"


@pytest.mark.parametrize(
    ("operator", "expected"), [("mask", "[EMAIL_ADDRESS]"), ("remove", "[REMOVED]"), ("keep", "ana@example.com")]
)
def test_operators(operator: Operator, expected: str) -> None:
    policy = Policy(operators={"EMAIL_ADDRESS": operator})
    [result] = redact(["to ana@example.com!"], policy, KEY, TENANT)
    assert result.text == f"to {expected}!"
    assert [s.label for s in result.found] == ["EMAIL_ADDRESS"]
    assert redact([result.text], policy, KEY, TENANT)[0].text == result.text


def test_a_text_in_which_nothing_is_found_comes_back_as_it_is() -> None:
    [result] = redact(["Nothing here."], Policy(), KEY, TENANT)
    assert (result.text, result.found, result.placed) == ("Nothing here.", (), ())


def test_what_redaction_leaves_is_known_as_such() -> None:
    for left in ("[EMAIL_ADDRESS_K7Q2M5XPLDWA]", "[IBAN_CODE]", "[REMOVED]"):
        assert PLACEHOLDER.fullmatch(left)
    assert not PLACEHOLDER.fullmatch("[EMAIL_ADDRESS_ana@example.com]")


def test_the_fingerprint_tells_output_apart() -> None:
    prints = {
        TextRedactor(Policy(), KEY).fingerprint,
        TextRedactor(Policy(), bytes(32)).fingerprint,
        TextRedactor(Policy(min_score=0.9), KEY).fingerprint,
        TextRedactor(Policy(operators={"IP_ADDRESS": "keep"}), KEY).fingerprint,
    }
    assert len(prints) == 4
    assert TextRedactor(Policy(), KEY).fingerprint in prints


def test_a_policy_names_only_what_exists() -> None:
    with pytest.raises(BadPolicy, match="SHOE_SIZE"):
        Policy(entities=("SHOE_SIZE",))
    with pytest.raises(BadPolicy, match="burn"):
        Policy(operators={"IP_ADDRESS": "burn"})  # type: ignore[dict-item]
    with pytest.raises(BadPolicy, match="min_score"):
        Policy(min_score=2.0)
