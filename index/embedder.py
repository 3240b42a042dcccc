"""Texts to vectors by a sentence-transformers model in a folder, whatever engine carries out the arithmetic.

Texts go through in small batches of like length, because padding is the waste. Engine and arithmetic change no fingerprint:
their vectors agree to a cosine above .99, which a test holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from index.errors import EmbedderFault
from index.lexical import ENGLISH
from index.model_files import ModelFiles, describe_model
from index.point import Vector, Vectors
from index.tokens import FastTokens, encodable

Forward = Callable[[list[str]], Vectors]
"""One batch of texts through the model: float32 [n, d], of any norm. So many threads at once may call it as there are streams."""


class Engine(Protocol):
    """What carries out a model's arithmetic."""

    @property
    def batch(self) -> int:
        """How many texts make a batch."""

    @property
    def streams(self) -> int:
        """How many batches go through at once."""

    def load(self, files: ModelFiles, tokens: FastTokens) -> Forward:
        """Load the model; the heavy imports happen here."""


class FileEmbedder:
    """Meets `index.model.Embedder`. A question waits for one batch at most."""

    language = ENGLISH

    def __init__(
        self, folder: Path, engine: Engine, *, weights_sha256: str | None = None, query_instruction: str | None = None
    ) -> None:
        """Nothing is loaded before the first text. `weights_sha256`, if given, is checked.

        `query_instruction` stands before questions in place of the model's own prompt for them. No stored vector and no chunk
        depends on it, so it is no part of the fingerprint.
        """
        self.engine = engine
        self._folder = folder
        self._weights_sha256 = weights_sha256
        self._query_instruction = query_instruction
        self._loading = threading.Lock()
        self._free = threading.Semaphore(engine.streams)

    @property
    def fingerprint(self) -> str:
        return self._files.fingerprint

    @property
    def dimensions(self) -> int:
        return self._files.dimensions

    @cached_property
    def max_tokens(self) -> int:
        prompts = (self._files.query_prompt, self._files.text_prompt)
        return self._files.max_tokens - self.tokens.special - max(map(self.tokens.count, prompts))

    @cached_property
    def tokens(self) -> FastTokens:
        return FastTokens(self._folder / "tokenizer.json")

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, self._files.text_prompt)

    def embed_query(self, text: str) -> Vector:
        prompt = self._files.query_prompt if self._query_instruction is None else self._query_instruction
        vector: Vector = self._embed([text], prompt)[0]
        return vector

    def _embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        if not texts:
            return vectors
        prompted = [prompt + encodable(text) for text in texts]
        lengths = self.tokens.counts(prompted)
        order = sorted(range(len(texts)), key=lengths.__getitem__, reverse=True)  # the longest batches do not come last
        batches = [order[start : start + self.engine.batch] for start in range(0, len(order), self.engine.batch)]
        forward = self._loaded()

        def go(batch: list[int]) -> None:
            with self._free:
                vectors[batch] = forward([prompted[i] for i in batch])

        at_once = min(self.engine.streams, len(batches))
        if at_once == 1:
            for batch in batches:
                go(batch)
        else:
            with ThreadPoolExecutor(at_once, "embed") as pool:
                list(pool.map(go, batches))
        return _unit(vectors)

    @cached_property
    def _files(self) -> ModelFiles:
        return describe_model(self._folder, self._weights_sha256)

    def _loaded(self) -> Forward:
        with self._loading:
            return self._forward

    @cached_property
    def _forward(self) -> Forward:
        return self.engine.load(self._files, self.tokens)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise EmbedderFault("The model gave a vector that is zero or not finite. Its files may be damaged: install it again.")
    unit: Vectors = vectors / norms
    return unit
