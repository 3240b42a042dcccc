"""What is found, and what looks like it and is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from privacy.detect import detect, resolve
from privacy.policy import Policy
from privacy.span import Span

POLICY = Policy()


def found(text: str) -> list[tuple[str, str]]:
    return [(span.label, text[span.start : span.end]) for span in detect(text, POLICY)]


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("write to ana.lee@example.com today", "EMAIL_ADDRESS", "ana.lee@example.com"),
        ("write to ana@mail.corp.internal.", "EMAIL_ADDRESS", "ana@mail.corp.internal"),
        ("paid with 4111 1111 1111 1111, thanks", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("paid with 5500-0000-0000-0004", "CREDIT_CARD", "5500-0000-0000-0004"),
        ("paid with 2223000048400011", "CREDIT_CARD", "2223000048400011"),
        ("to DE89 3704 0044 0532 0130 00 by Monday", "IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("to GB82WEST12345698765432", "IBAN_CODE", "GB82WEST12345698765432"),
        ("call (212) 555-2368 now", "PHONE_NUMBER", "(212) 555-2368"),
        ("call +46 (0)179 459 33", "PHONE_NUMBER", "+46 (0)179 459 33"),
        ("phone: 2125552368", "PHONE_NUMBER", "2125552368"),
        ("from 8.8.8.8 came", "IP_ADDRESS", "8.8.8.8"),
        ("from 2001:4860:4860::8888 came", "IP_ADDRESS", "2001:4860:4860::8888"),
        ("SSN 536-90-4399", "US_SSN", "536-90-4399"),
        ("send to 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("NHS number 943 476 5919", "UK_NHS", "943 476 5919"),
        ("PESEL 44051401359", "PL_PESEL", "44051401359"),
    ],
)
def test_personal_data_is_found(text: str, label: str, value: str) -> None:
    assert (label, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "paid with 4111 1111 1111 1112",
        "to DE89 3704 0044 0532 0130 02",
        "version 1.2.3.4 and v10.11.12.13, numpy==1.26.4.1",
        "from 10.0.0.1, 127.0.0.1, 192.168.1.1, ::1, fe80::1 and 192.0.2.7",
        "std::vector<int> a::b",
        "on 2024-05-01 10:30:22, from 1991-2002, until 31/12/2025",
        "order 2025551234, ticket #123456789, build 1.18.0-20230101123456",
        "sha 3f786850e387550fdab836ed7e6dc881de23001b",
        "12,345,678 of 3.14159265358979 at 1/65536",
        "git@github.com:owner/repository.git",
        "https://example.com/a/b?c=1#d and RFC 8259, ISBN 978-3-16-148410-0",
        "44051401359 items",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_overlapping_finds_become_one_span_over_them_all() -> None:
    spans = [Span(0, 10, "CREDIT_CARD", 0.5), Span(8, 14, "PHONE_NUMBER", 0.9), Span(20, 22, "CRYPTO", 1.0)]
    assert resolve(spans) == [Span(0, 14, "CREDIT_CARD", 0.5), Span(20, 22, "CRYPTO", 1.0)]
    assert resolve([Span(0, 5, "US_SSN", 0.5), Span(0, 5, "PHONE_NUMBER", 0.9)]) == [Span(0, 5, "PHONE_NUMBER", 0.9)]


def test_a_megabyte_without_spaces_ends_soon() -> None:
    assert found("a" * 500_000 + "@" + "b" * 500_000) == []
    assert found("1" * 300_000) == []


def test_real_texts(real_data: Path) -> None:
    """E-mail addresses and social security numbers are all found, nothing is found where nothing is marked."""
    missed: list[str] = []
    invented: list[str] = []
    for row in (real_data / "pii" / "presidio_synth_v2.jsonl").read_text().splitlines():
        record = json.loads(row)
        spans = detect(record["text"], POLICY)
        for marked in record["spans"]:
            if marked["label"] in ("EMAIL_ADDRESS", "US_SSN") and not any(
                s.start < marked["end"] and marked["start"] < s.end for s in spans
            ):
                missed.append(marked["label"])
        invented += [
            s.label for s in spans if not any(s.start < marked["end"] and marked["start"] < s.end for marked in record["spans"])
        ]
    assert missed == []
    assert len(invented) <= 3
