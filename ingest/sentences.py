"""Where a text may be cut: between sentences, by llama-index's tokenizer (Punkt, English)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The half-open spans of the sentences of `text`, in order, without the white space between them."""
    spans: list[tuple[int, int]] = []
    position = 0
    for sentence in _splitter()(text):
        start = position + len(sentence) - len(sentence.lstrip())
        end = position + len(sentence.rstrip())
        position += len(sentence)
        if start < end:
            spans.append((start, end))
    return spans or [(0, len(text))]


@cache
def _splitter() -> Callable[[str], list[str]]:
    from llama_index.core.node_parser.text.utils import split_by_sentence_tokenizer

    return split_by_sentence_tokenizer()
