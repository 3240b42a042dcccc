"""The policy file: what it says happens, and what it misspells is refused by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.ids import TenantId
from privacy.errors import BadPolicy
from privacy.open import TextRedactor, open_redactor
from privacy.policy_file import parse_policies
from privacy.settings import PrivacySettings

KEY = bytes(range(32))
TENANT = TenantId(1)
FULL = """
version: 1
score: 0.5
entities:
  EMAIL_ADDRESS: {operator: hash}
  PHONE_NUMBER: {operator: mask}
  IP_ADDRESS: {operator: keep, score: 0.9}
  PASSPORT:
  DENIED: {operator: remove}
allow:
  values: [info@example.com]
  patterns: ['.*@public\\.example']
deny:
  values: [Project Heron]
  patterns: ['EMP-\\d{6}']
context:
  PASSPORT: [laissez-passer]
sources:
  press:
    entities: {EMAIL_ADDRESS: {operator: remove}}
    allow: {values: [press@example.com]}
"""


def redactor(text: str = FULL) -> TextRedactor:
    policies = parse_policies(text)
    return TextRedactor(policies.base, KEY, policies.sources)


def redacted(text: str, by: TextRedactor) -> str:
    [once] = by.redact(TENANT, [text])
    [twice] = by.redact(TENANT, [once.text])
    assert twice.text == once.text
    return once.text


def test_operators_of_the_file_are_used() -> None:
    text = redacted("ana@example.com, phone 212-555-2368, 8.8.8.8", redactor())
    address, phone, ip = text.split(", ")
    assert address.startswith("[EMAIL_ADDRESS_")
    assert len(address) == len("[EMAIL_ADDRESS_]") + 64
    assert phone == "phone [PHONE_NUMBER]"
    assert ip == "8.8.8.8"


def test_what_the_file_does_not_name_is_not_looked_for() -> None:
    assert redacted("paid with 4111 1111 1111 1111", redactor()) == "paid with 4111 1111 1111 1111"


def test_allowed_values_stay_and_denied_ones_go() -> None:
    text = "info@example.com and Ana@public.example on PROJECT HERON by EMP-123456"
    assert redacted(text, redactor()) == "info@example.com and Ana@public.example on [REMOVED] by [REMOVED]"
    assert redacted("Project Herons", redactor()) == "Project Herons"


def test_words_of_the_file_announce_a_value() -> None:
    assert "[PASSPORT_" in redacted("laissez-passer X1234567", redactor())
    assert redacted("sticker X1234567", redactor()) == "sticker X1234567"


def test_a_source_has_its_own_policy_and_the_lists_of_all() -> None:
    press = redactor().for_source("press")
    text = "ana@example.com, press@example.com, info@example.com, phone 212-555-2368, Project Heron"
    assert redacted(text, press).startswith("[REMOVED], press@example.com, info@example.com, phone 212-555-2368, [DENIED_")
    assert redactor().for_source("other").policy.described() == redactor().policy.described()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("score: 0.5", "score: 0.6"),
        ("operator: hash", "operator: mask"),
        ("Project Heron", "Project Egret"),
        ("info@example.com", "desk@example.com"),
        ("laissez-passer", "sauf-conduit"),
        ("press@example.com", "media@example.com"),
    ],
)
def test_the_fingerprint_tells_every_change(before: str, after: str) -> None:
    assert redactor().fingerprint == redactor().fingerprint
    assert redactor(FULL.replace(before, after)).fingerprint != redactor().fingerprint


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("entities: {}", "version: 1"),
        ("version: 2", "version: 1"),
        ("version: 1\nentitys: {}", "entitys"),
        ("version: 1\nentities: {SHOE_SIZE: {}}", "entities.SHOE_SIZE"),
        ("version: 1\nentities: {IP_ADDRESS: {operator: burn}}", "entities.IP_ADDRESS.operator"),
        ("version: 1\nentities: {IP_ADDRESS: {scores: 1}}", "scores"),
        ("version: 1\nscore: 2", "score"),
        ("version: 1\nscore: true", "score"),
        ("version: 1\ndeny: {patterns: ['(']}", r"deny.patterns\[0\]"),
        ("version: 1\ndeny: {patterns: ['x*']}", "everything"),
        ("version: 1\nallow: {values: [12345]}", "allow.values"),
        ("version: 1\ncontext: {IP_ADDRESS: word}", "context.IP_ADDRESS"),
        ("version: 1\nsources: {press: {sources: {}}}", "sources.press"),
        ("version: 1\nscore: 0.4\nscore: 0.9", "twice"),
        ("version: [1", "YAML"),
        ("- 1", "block"),
    ],
)
def test_what_is_misspelt_is_refused_by_its_place(text: str, place: str) -> None:
    with pytest.raises(BadPolicy, match=place):
        parse_policies(text)


def test_no_error_holds_a_value_of_the_lists() -> None:
    with pytest.raises(BadPolicy) as refused:
        parse_policies("version: 1\ndeny: {patterns: ['Heron(']}")
    assert "Heron" not in str(refused.value)


def test_settings_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(FULL, encoding="utf-8")
    key = "ab" * 32
    opened = open_redactor(PrivacySettings(key=key, policy=path))  # type: ignore[arg-type]
    assert opened.redact(TENANT, ["phone 212-555-2368"])[0].text == "phone [PHONE_NUMBER]"
    with pytest.raises(BadPolicy, match="PRIVACY_MIN_SCORE"):
        open_redactor(PrivacySettings(key=key, policy=path, min_score=0.9))  # type: ignore[arg-type]
    with pytest.raises(BadPolicy, match="cannot be read"):
        open_redactor(PrivacySettings(key=key, policy=tmp_path / "absent"))  # type: ignore[arg-type]
