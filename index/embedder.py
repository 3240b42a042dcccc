"""Texts to vectors by a sentence-transformers model on the processor. torch is loaded by the first text, not before.

Texts go through in small batches of like length, because padding is the waste: at 149 tokens a text and 2 cores batches of 8
made 43 texts/s in float32 and 104 in bfloat16. bfloat16 is used where the processor multiplies in it (cosine to float32 is
held above .99 by a test); it changes no fingerprint.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.errors import EmbedderFault, EmbedderMismatch
from index.model_files import ModelFiles, describe_model, stay_offline
from index.point import Vector, Vectors
from index.tokens import FastTokens, encodable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 8


class SentenceEmbedder:
    """Meets `index.model.Embedder`. One batch at a time goes through the model, so a question waits for one batch at most."""

    def __init__(
        self, folder: Path, *, weights_sha256: str | None = None, threads: int | None = None, bfloat16: bool | None = None
    ) -> None:
        """`weights_sha256`, if given, is checked. `threads` None: torch's choice. `bfloat16` None: where the processor has it."""
        self._folder = folder
        self._weights_sha256 = weights_sha256
        self._threads = threads
        self._bfloat16 = bfloat16
        self._loading = threading.Lock()
        self._running = threading.Lock()

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
        vector: Vector = self._embed([text], self._files.query_prompt)[0]
        return vector

    def _embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        if not texts:
            return vectors
        prompted = [prompt + encodable(text) for text in texts]
        lengths = self.tokens.counts(prompted)
        order = sorted(range(len(texts)), key=lengths.__getitem__)
        model = self._loaded()
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            with self._running:
                vectors[batch] = self._forward(model, [prompted[i] for i in batch])
        return _unit(vectors)

    def _forward(self, model: SentenceTransformer, texts: list[str]) -> Vectors:
        import torch

        with torch.inference_mode():
            output = model.encode(texts, batch_size=len(texts), prompt="", convert_to_tensor=True, show_progress_bar=False)
        vectors: Vectors = output.float().numpy()
        return vectors

    @cached_property
    def _files(self) -> ModelFiles:
        return describe_model(self._folder, self._weights_sha256)

    def _loaded(self) -> SentenceTransformer:
        with self._loading:
            return self._model

    @cached_property
    def _model(self) -> SentenceTransformer:
        files = self._files
        stay_offline()
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        model = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True, trust_remote_code=False)
        loaded = (model.max_seq_length, model.get_embedding_dimension())
        if loaded != (files.max_tokens, files.dimensions):
            raise EmbedderMismatch(
                f"The model in {files.folder} reads {loaded[0]} tokens into {loaded[1]} numbers, but its files say "
                f"{files.max_tokens} and {files.dimensions}. Use a model whose configuration is whole."
            )
        if _multiplies_bfloat16() if self._bfloat16 is None else self._bfloat16:
            model.to(torch.bfloat16)  # autocast would cast the weights anew for every batch: a third slower
        return model.eval()


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(norms).all() and (norms > 0).all()):
        raise EmbedderFault("The model gave a vector that is zero or not finite. Its files may be damaged: install it again.")
    unit: Vectors = vectors / norms
    return unit


def _multiplies_bfloat16() -> bool:
    """Whether the processor has AVX-512 BF16 or AMX. torch only tells by private names; without them float32 serves."""
    import torch

    tells = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(tell() for tell in tells if tell is not None)
