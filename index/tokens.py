"""The model's own tokenizer without torch: chunking counts with it, and needs nothing else of the model."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class FastTokens:
    """Meets `index.model.Tokens`. Never cuts a text short, never pads, adds no special tokens."""

    def __init__(self, tokenizer_json: Path) -> None:
        self._path = tokenizer_json

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(encodable(text), add_special_tokens=False))

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


def encodable(text: str) -> str:
    """`text` with each lone surrogate (a broken file name, a bad escape) replaced by `?`: tokenizers take UTF-8 only."""
    return text.encode("utf-8", "replace").decode("utf-8")
