"""A plain BERT encoder on the processor by OpenVINO: no torch, no transformers, a second from nothing to the first vector."""

from __future__ import annotations

from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from index.bert import Bert
from index.errors import EmbedderMismatch
from index.model_files import ModelFiles
from index.point import Vectors
from index.tokens import FastTokens

STEP = 16
"""A text by itself is padded to a multiple of this: a length that was there before costs OpenVINO half of a new one."""


@dataclass(frozen=True, slots=True)
class OpenvinoEngine:
    """Meets `index.embedder.Engine`. `threads` None: OpenVINO's choice. They are shared out evenly among the `streams`."""

    bert: Bert
    threads: int | None = None
    streams: int = 1
    batch: int = 8

    def load(self, files: ModelFiles, tokens: FastTokens) -> OpenvinoForward:
        from index.bert_graph import compile_bert

        held, needed = (self.bert.vocabulary, self.bert.positions), (tokens.vocabulary, files.max_tokens)
        if held[0] < needed[0] or held[1] < needed[1]:
            raise EmbedderMismatch(
                f"The weights in {files.folder} hold {held[0]} tokens and {held[1]} positions, but its other files ask for "
                f"{needed[0]} and {needed[1]}. Use a model whose configuration is whole."
            )
        return OpenvinoForward(compile_bert(self.bert, self.threads, self.streams), self.streams, tokens, files.max_tokens)


class OpenvinoForward:
    """Meets `index.embedder.Forward`."""

    def __init__(self, compiled: Any, streams: int, tokens: FastTokens, max_tokens: int) -> None:
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._free.put(compiled.create_infer_request())
        self._tokens = tokens
        self._max_tokens = max_tokens

    def __call__(self, texts: list[str]) -> Vectors:
        rows = self._tokens.ids(texts, self._max_tokens)
        longest = max(map(len, rows))
        shape = (len(rows), longest if len(rows) > 1 else min(-(-longest // STEP) * STEP, self._max_tokens))
        ids, mask = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        for row, found in enumerate(rows):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        request = self._free.get()
        try:
            vectors: Vectors = request.infer([ids, mask], share_inputs=True)[0]
            return vectors.copy()  # the request writes over its output the next time
        finally:
            self._free.put(request)
