"""The model's own tokenizer without torch: chunking counts with it, and needs nothing else of the model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WORD = re.compile(r"[^ \t\n\r]+")
"""Runs between signs that BERT's tokenizer surely takes for white space: fewer than Unicode has, and than `str.split`."""
LONGEST, MOST = 40, 100_000
"""Words that are remembered: their longest, in code points, and how many."""


class FastTokens:
    """Meets `index.model.Tokens`. Never cuts a text short, never pads, adds no special tokens."""

    def __init__(self, tokenizer_json: Path) -> None:
        self._path = tokenizer_json

    def count(self, text: str) -> int:
        if (words := self._words) is None:
            return self._encoded(text)
        return sum(map(words.__getitem__, WORD.findall(text)))

    def _encoded(self, text: str) -> int:
        return len(self._tokenizer.encode(encodable(text), add_special_tokens=False))

    @cached_property
    def _words(self) -> _Words | None:
        """The tokens of single words, where those of a text are the sum of them."""
        described = json.loads(self._tokenizer.to_str())
        return _Words(self._encoded) if is_sum_of_words(described) else None

    def counts(self, texts: list[str]) -> list[int]:
        """`count` of many texts at once, on all cores."""
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(map(encodable, texts)), add_special_tokens=False)]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = self._tokenizer.encode(encodable(text), add_special_tokens=False).offsets
        return offsets

    def ids(self, texts: list[str], max_tokens: int) -> list[list[int]]:
        """The numbers of the tokens of each text as the model reads them: special ones around, at most `max_tokens` in all."""
        tokenizer, room = self._tokenizer, max_tokens - self.special
        encodings = tokenizer.encode_batch_fast(list(map(encodable, texts)), add_special_tokens=False)
        for encoding in encodings:
            encoding.truncate(room)
        return [tokenizer.post_process(encoding).ids for encoding in encodings]

    @property
    def vocabulary(self) -> int:
        """One more than the highest number that a token can have."""
        return 1 + max(self._tokenizer.get_vocab(with_added_tokens=True).values())

    @property
    def special(self) -> int:
        """How many special tokens the model puts around a text."""
        number: int = self._tokenizer.num_special_tokens_to_add(False)
        return number

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


class _Words(dict[str, int]):
    """How many tokens a word is. It only grows to a bound; losing it costs time, nothing else."""

    def __init__(self, count: Callable[[str], int]) -> None:
        self._count = count

    def __missing__(self, word: str) -> int:
        found = self._count(word)
        if len(word) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[word] = found
        return found


def is_sum_of_words(tokenizer: dict[str, Any]) -> bool:
    """Whether a tokenizer (the content of a tokenizer.json) splits at white space before all else, and remembers nothing over it.

    True of BERT's: its normalizer and its pre-tokenizer look at one sign or one word at a time (Devlin et al. 2018), if no added
    token reaches over white space.
    """
    parts = {name: (tokenizer.get(name) or {}).get("type") for name in ("normalizer", "pre_tokenizer", "model")}
    added = tokenizer.get("added_tokens") or ()
    return parts == {"normalizer": "BertNormalizer", "pre_tokenizer": "BertPreTokenizer", "model": "WordPiece"} and not any(
        token["lstrip"] or token["rstrip"] or token["normalized"] or WORD.fullmatch(token["content"]) is None for token in added
    )


def encodable(text: str) -> str:
    """`text` with each lone surrogate (a broken file name, a bad escape) replaced by `?`: tokenizers take UTF-8 only."""
    return text.encode("utf-8", "replace").decode("utf-8")
