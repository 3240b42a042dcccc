"""Cleaning twice is cleaning once; it never raises; no control character comes out; codes pass; clean text stays as it is."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean_text

MARKS = "e\u0301\u200c\u200d \n\t-a\u212a\ufb01\u0645\U0001f469\u00ad\u200b\u202e\r\x00\u00c3\u00a9\u00e2\u20ac\u2122\ufefft"
PIECES = st.sampled_from(
    [
        "tlie",
        "rnodern",
        "cornputer",
        "w0rd",
        "the",
        "of",
        "infor",
        "mation",
        "detec-\ntion",
        "l",
        "am",
        "ofthe",
        "S E C T I O N",
        "house.",
        "I",
        "Aia3",
    ]
)
CODES = st.one_of(
    st.from_regex(r"[A-Z]{2,4}-?[0-9OIl]{2,8}", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}([.,:/-][0-9]{1,4}){1,3}", fullmatch=True),
    st.from_regex(r"https?://[a-z]{2,9}\.(com|org)/[a-z0-9_/]{0,12}", fullmatch=True),
    st.from_regex(r"[a-z0-9_.]{1,9}@[a-z]{2,9}\.[a-z]{2,3}", fullmatch=True),
    st.from_regex(r"[a-z]{2,9}_[a-z0-9]{2,9}", fullmatch=True),
    st.from_regex(r"[a-z0-9]{2,9}\.(txt|py|pdf|docx)", fullmatch=True),
    st.from_regex(r"0x[0-9a-f]{4,16}", fullmatch=True),
    st.uuids().map(str),
)
PROSE = "The house stood at the end of the road, and nobody had lived in it for as long as we could remember."


@pytest.fixture(scope="module", autouse=True)
def lexicons() -> None:
    clean_text("tlie rnodern house is loaded once, or the first example is late", ocr=True)


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(alphabet=MARKS), st.lists(PIECES).map(" ".join)), st.sampled_from([None, True, False]))
def test_cleaning_twice_is_cleaning_once(text: str, ocr: bool | None) -> None:
    once = clean_text(text, ocr=ocr)
    counts: Counter[str] = Counter()
    assert clean_text(once, ocr=ocr, repairs=counts) == once
    assert not counts


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None)))
def test_no_control_character_and_no_half_character_comes_out(text: str) -> None:
    out = clean_text(text)
    out.encode("utf-8")
    assert not [c for c in out if unicodedata.category(c) == "Cc" and c not in "\n\t"]


@settings(deadline=None)
@given(CODES)
def test_codes_addresses_and_numbers_pass_unchanged(code: str) -> None:
    assert clean_text(f"{PROSE} {code} {PROSE}", ocr=True) == f"{PROSE} {code} {PROSE}"


def clean_texts(data: Path) -> Iterator[tuple[str, str]]:
    """Texts that people wrote and that went through no scanner: name, text."""
    for path in sorted((data / "acl" / "k8s-community" / "docs").rglob("*.md")):
        yield str(path.relative_to(data)), path.read_text(encoding="utf-8")
    for path in sorted((data / "versions" / "peps").glob("*/*"))[::9]:
        yield str(path.relative_to(data)), path.read_text(encoding="utf-8", errors="replace")
    for name in ("retrieval/xquad-en/corpus", "retrieval/pubmedqa-l/corpus", "pii/wikigold_1"):
        for line in (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            yield name, json.loads(line)["text"]


_DAMAGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\ufb00-\ufb06\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What no author types: control characters (PEPs hold form feeds), soft hyphens, ligature signs, direction marks."""


def test_clean_text_passes_character_for_character(real_data: Path) -> None:
    seen, changed = 0, []
    for name, text in clean_texts(real_data):
        if not _DAMAGE.search(text) and unicodedata.is_normalized("NFC", text):
            seen += 1
            if clean_text(text) != text:
                changed.append(name)
    assert seen > 1500
    assert not changed
