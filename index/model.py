"""The seam to embedding models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.point import Vector, Vectors


class Tokens(Protocol):
    """A model's tokenizer, without special tokens."""

    def count(self, text: str) -> int:
        """How many tokens `text` is."""

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """The half-open code-point span of each token of `text`, in order."""


class Embedder(Protocol):
    """A sentence embedding model, and the language that words are stemmed by. Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Equal for two embedders exactly when their vectors, dense and lexical, may stand in one collection."""

    @property
    def language(self) -> str:
        """What `index.lexical` cuts texts and questions by."""

    @property
    def dimensions(self) -> int:
        """d, the width of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, special tokens not counted."""

    @property
    def tokens(self) -> Tokens:
        """The model's tokenizer."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [len(texts), d], unit norm, in the order given. No texts give an empty [0, d]."""

    def embed_query(self, text: str) -> Vector:
        """float32 [d], unit norm."""
