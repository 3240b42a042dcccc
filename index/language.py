"""An embedder whose texts are in another language than English: the same vectors, other stems, so another collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.ids import digest
from index.lexical import ENGLISH, LANGUAGES, VERSION
from index.model import Embedder, Tokens
from index.point import Vector, Vectors


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Meets `index.model.Embedder`."""

    model: Embedder
    language: str

    @property
    def fingerprint(self) -> str:
        return digest(f"{self.model.fingerprint}|words {VERSION} {self.language}")

    @property
    def dimensions(self) -> int:
        return self.model.dimensions

    @property
    def max_tokens(self) -> int:
        return self.model.max_tokens

    @property
    def tokens(self) -> Tokens:
        return self.model.tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.model.embed(texts)

    def embed_query(self, text: str) -> Vector:
        return self.model.embed_query(text)


def in_language(embedder: Embedder, language: str) -> Embedder:
    """The same model for texts in `language`. In English, as words were cut first of all, it is the model itself."""
    model = embedder.model if isinstance(embedder, InLanguage) else embedder
    return model if (language, VERSION) == (ENGLISH, "1") else InLanguage(model, language)


def in_every_language(embedder: Embedder) -> Iterator[Embedder]:
    """The model in each language that we know: so a collection's fingerprint tells which it was made in."""
    return (in_language(embedder, language) for language in LANGUAGES)
