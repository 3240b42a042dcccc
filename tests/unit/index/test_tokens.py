"""Counting by words is counting: whatever the text, the sum is what the tokenizer itself says of the whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from index.open import open_embedder
from index.settings import IndexSettings
from index.tokens import FastTokens, encodable, is_sum_of_words

TOKENS = open_embedder(IndexSettings()).tokens
WHOLE = Tokenizer.from_str(TOKENS._tokenizer.to_str())
WORDS = [
    "Retention",
    "naïve",
    "e\u0301",
    "\u0301",
    "ΣΊΣΥΦΟΣ",
    "[SEP]",
    "[UNK]x",
    "##ing",
    "漢字",
    "a" * 120,
    "İ",
    "ß",
    "...",
    "1,234.5",
    "-",
]
SPACES = [" ", "\n\n", "\t", "\r\n", "\u00a0", "\x1c", "\x85", "\u2028", "\u200b", "\u3000", "\x00", "\ufffd", "\ud800"]
PIECES = st.sampled_from([*WORDS, *SPACES])


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
@example("")
@example("a\x1cb c\u2003d")
def test_the_words_of_a_text_are_its_tokens(text: str) -> None:
    assert TOKENS.count(text) == len(WHOLE.encode(encodable(text), add_special_tokens=False))


def test_a_tokenizer_that_looks_over_white_space_is_asked_about_the_whole(tmp_path: Path) -> None:
    joining = Tokenizer(models.BPE({"a": 0, " ": 1, "a a": 2, "a ": 3}, [("a", " "), ("a ", "a")]))
    joining.save(str(tmp_path / "tokenizer.json"))
    tokens = FastTokens(tmp_path / "tokenizer.json")
    assert tokens.count("a a") == 1
    assert tokens.count("a") == 1


def _with(part: str, value: object) -> dict[str, object]:
    return json.loads(WHOLE.to_str()) | {part: value}


@pytest.mark.parametrize(
    "other",
    [
        _with("normalizer", None),
        _with("pre_tokenizer", {"type": "ByteLevel"}),
        _with("model", {"type": "BPE"}),
        _with("added_tokens", [{"content": "of the", "lstrip": False, "rstrip": False, "normalized": False}]),
        _with("added_tokens", [{"content": "the", "lstrip": True, "rstrip": False, "normalized": False}]),
        _with("added_tokens", [{"content": "the", "lstrip": False, "rstrip": False, "normalized": True}]),
    ],
)
def test_only_what_surely_adds_up_is_added_up(other: dict[str, object]) -> None:
    assert is_sum_of_words(json.loads(WHOLE.to_str()))
    assert not is_sum_of_words(other)
