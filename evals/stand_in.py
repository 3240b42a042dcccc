"""A stand-in for the embedding model: instant, the same everywhere, and it counts what it is asked for.

For evaluations that ask how much goes through the model, or what survives a crash, and not how good the vectors are. The
tokenizer is the packaged model's own, so chunks are cut as ever.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from index.model import Tokens
from index.point import Vector, Vectors

DIMENSIONS = 64


class StandIn:
    """Meets `index.model.Embedder`: a text's vector is the sum of its words' hashed directions. `texts` counts those embedded."""

    fingerprint = "stand-in"
    dimensions = DIMENSIONS
    max_tokens = 254
    language = "english"

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.texts = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return np.array([_vector(text) for text in texts], np.float32).reshape(len(texts), DIMENSIONS)

    def embed_query(self, text: str) -> Vector:
        return _vector(text)


def _vector(text: str) -> Vector:
    total = np.full(DIMENSIONS, 1e-3, np.float32)
    for word in text.casefold().split():
        code = zlib.crc32(word.encode("utf-8", "replace"))
        total[code % DIMENSIONS] += 1.0 if code & 1024 else -1.0
    unit: Vector = total / np.linalg.norm(total)
    return unit
