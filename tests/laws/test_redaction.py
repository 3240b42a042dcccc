"""Law 8: no original of a detected value is left, redacting twice changes nothing, and the map of offsets is right."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.ids import TenantId
from privacy.open import TextRedactor
from privacy.policy import OPERATORS, Operator, Policy

KEY = bytes(range(32))
TENANT = TenantId(3)
REDACTOR = TextRedactor(Policy(), KEY)

values = st.sampled_from(
    [
        "ana@example.com",
        "ben.o-neil@mail.corp.internal",
        "4111 1111 1111 1111",
        "5500000000000004",
        "DE89 3704 0044 0532 0130 00",
        "(212) 555-2368",
        "+49 30 901820",
        "8.8.8.8",
        "536-90-4399",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "943 476 5919",
    ]
)
noise = st.text(alphabet="ab @.-+()[]:/#1234567890\n_\u00e9", max_size=12)
placeholders = st.sampled_from(["[EMAIL_ADDRESS_K7Q2M5XPLDWA]", "[REMOVED]", "[PHONE_NUMBER]", "[PHONE_NUMBER_234567234567]"])
texts = st.lists(st.one_of(values, noise, placeholders, st.text(max_size=10)), max_size=8).map("".join)


@settings(deadline=None, max_examples=150)
@given(texts)
def test_redacting_twice_changes_nothing(text: str) -> None:
    [once] = REDACTOR.redact(TENANT, [text])
    [twice] = REDACTOR.redact(TENANT, [once.text])
    assert twice.text == once.text
    assert twice.found == ()


@settings(deadline=None, max_examples=60)
@given(texts, st.sampled_from(OPERATORS))
def test_so_it_is_for_every_operator(text: str, operator: Operator) -> None:
    policy = Policy(operators=dict.fromkeys(Policy().entities, operator))
    redactor = TextRedactor(policy, KEY)
    [once] = redactor.redact(TENANT, [text])
    assert redactor.redact(TENANT, [once.text])[0].text == once.text


@settings(deadline=None, max_examples=150)
@given(texts)
def test_the_map_of_offsets_rebuilds_both_texts(text: str) -> None:
    [result] = REDACTOR.redact(TENANT, [text])
    assert len(result.found) == len(result.placed)
    before, after = 0, 0
    for found, placed in zip(result.found, result.placed, strict=True):
        assert found.label == placed.label
        assert text[before : found.start] == result.text[after : placed.start]
        before, after = found.end, placed.end
    assert text[before:] == result.text[after:]


@settings(deadline=None, max_examples=100)
@given(st.lists(values, min_size=1, max_size=4))
def test_no_original_is_left(originals: list[str]) -> None:
    text = " and then ".join(originals)
    [result] = REDACTOR.redact(TENANT, [text])
    assert not any(value in result.text for value in originals)


@settings(deadline=None, max_examples=50)
@given(values, st.integers(1, 50), st.integers(51, 99))
def test_a_value_has_one_name_in_a_tenant_and_another_in_the_next(value: str, one: int, other: int) -> None:
    here = {r.text.split()[-1] for r in REDACTOR.redact(TenantId(one), [f"see {value}", f"again: {value}"])}
    [there] = REDACTOR.redact(TenantId(other), [f"see {value}"])
    assert len(here) == 1
    assert there.text.split()[-1] not in here
