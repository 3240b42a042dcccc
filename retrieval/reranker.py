"""A second look at the best passages: a cross-encoder reads question and passage together and says how well they fit.

Any sentence-transformers CrossEncoder with one output, in a folder or in the local cache; nothing is fetched. It reads what the
index reads: redacted text, with made-up names for people.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Protocol

from index.errors import EmbedderMissing
from index.model_files import find_model, stay_offline
from retrieval.errors import RerankerLate, RerankerUnfit

AT_ONCE = 8
"""Passages that go through together; between two such steps the clock is looked at."""

Pairs = list[tuple[str, str]]


class Reranker(Protocol):
    """Safe to call from several threads."""

    def scores(self, question: str, texts: Sequence[str], within_seconds: float) -> list[float]:
        """How well each text answers, higher is better. Raises `RerankerLate`, shortly after the time is over."""


class CrossEncoderReranker:
    """Meets `Reranker`. One question at a time; the others wait for it no longer than their own time."""

    def __init__(self, folder: Path, *, device: str = "auto", threads: int | None = None) -> None:
        """Nothing is loaded before the first question. Raises `RerankerUnfit` when the folder holds another kind of model."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kinds = [str(kind) for kind in config.get("architectures") or ()]
        outputs = len(config.get("id2label") or (0, 1))
        if not any(kind.endswith("ForSequenceClassification") for kind in kinds) or outputs != 1:
            raise RerankerUnfit(f"RETRIEVAL_RERANKER: {folder} holds {', '.join(kinds)}, no cross-encoder with one output.")
        self._folder, self._device, self._threads = folder, device, threads
        self._running = threading.Lock()

    def scores(self, question: str, texts: Sequence[str], within_seconds: float) -> list[float]:
        until = monotonic() + within_seconds
        found: list[float] = []
        if not self._running.acquire(timeout=within_seconds):
            raise RerankerLate
        try:
            order = sorted(range(len(texts)), key=lambda n: len(texts[n]))  # like lengths together: padding is the waste
            for start in range(0, len(order), AT_ONCE):
                if monotonic() >= until:
                    raise RerankerLate
                found += self._predict([(question, texts[n]) for n in order[start : start + AT_ONCE]])
        finally:
            self._running.release()
        by_place = dict(zip(order, found, strict=True))
        return [by_place[n] for n in range(len(texts))]

    @cached_property
    def _predict(self) -> Callable[[Pairs], list[float]]:
        stay_offline()
        import torch
        from sentence_transformers import CrossEncoder

        if self._threads is not None:
            torch.set_num_threads(self._threads)
        cuda = self._device != "cpu" and torch.cuda.is_available()
        model = CrossEncoder(str(self._folder), device="cuda" if cuda else "cpu", local_files_only=True, trust_remote_code=False)

        def predict(pairs: Pairs) -> list[float]:
            with torch.inference_mode():
                said = model.predict(pairs, batch_size=len(pairs), show_progress_bar=False)
            return [float(score) for score in said]

        return predict


def open_reranker(name: str, *, device: str = "auto", threads: int | None = None) -> CrossEncoderReranker:
    """The cross-encoder in that folder, or of that name in the local cache. Raises `RerankerUnfit`."""
    try:
        return CrossEncoderReranker(find_model(name, marker="config.json"), device=device, threads=threads)
    except (EmbedderMissing, OSError, ValueError) as error:
        raise RerankerUnfit(
            f"RETRIEVAL_RERANKER: {error} Give a cross-encoder's folder, or its name in the local cache."
        ) from error
