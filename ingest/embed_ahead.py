"""Texts that nobody has seen yet are embedded while the files after theirs are read. The outcome is the same.

What was offered is embedded by a thread, in groups, and `embed` takes from there what it is asked for. What fails there fails
where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np

from index.model import Embedder
from index.point import Vectors

GROUP = 128
"""Texts that go to the model together: enough to sort them by length."""


class EmbedAhead:
    """`offer` and `embed` are for one thread. `close` ends it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embed-ahead")
        self._waiting: dict[str, None] = {}
        self._made: dict[str, tuple[Future[Vectors], int]] = {}

    def offer(self, texts: Iterable[str]) -> None:
        """These will most likely be asked for by the next `embed`."""
        for text in texts:
            if text not in self._made:
                self._waiting[text] = None
        while len(self._waiting) >= GROUP:
            group = list(islice(self._waiting, GROUP))
            self._waiting = dict.fromkeys(islice(self._waiting, GROUP, None))
            made = self._thread.submit(self._embedder.embed, group)
            self._made |= {text: (made, n) for n, text in enumerate(group)}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the embedder's own. What was offered and is not asked for is forgotten."""
        made, self._made, self._waiting = self._made, {}, {}
        vectors = np.empty((len(texts), self._embedder.dimensions), np.float32)
        rest = [n for n, text in enumerate(texts) if text not in made]
        vectors[rest] = self._embedder.embed([texts[n] for n in rest])
        for n, text in enumerate(texts):
            if text in made:
                future, place = made[text]
                vectors[n] = future.result()[place]
        return vectors

    def close(self) -> None:
        """Wait for the group that is being embedded, and begin no other."""
        self._thread.shutdown(cancel_futures=True)
