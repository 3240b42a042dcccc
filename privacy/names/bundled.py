"""The name model that comes with the package: MiniLM as a classifier of words, in eight bits, run by ONNX Runtime.

`evals/train_names.py` makes it; `model/README.md` says from what. Scores are the mean over a name's words of what the model
gives to its kind. The answers for windows that were read before are kept by a digest of theirs: no text is.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.cores import cores
from privacy.errors import NamesUnavailable
from privacy.names.encode import Encoded, Encoder
from privacy.names.ordinary import read_words
from privacy.names.windows import Window, windows
from privacy.span import Span

FOLDER = Path(__file__).parent / "model"
FILES = ("model.onnx", "tokenizer.json", "config.json", "ordinary.txt")
FLOOR = 0.3
"""A word is a name's when the kinds of names have this much together; the policy asks for more."""
REMEMBERED = 50_000
Find = tuple[int, int, str, float]
"""First piece, the piece after the last, the kind, the score."""


class BundledNames:
    """Meets `privacy.names.finder.NameFinder`. Raises `NamesUnavailable` when the model's files are not there."""

    def __init__(self, folder: Path = FOLDER, threads: int | None = None) -> None:
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise NamesUnavailable(
                f"The model for names lacks {', '.join(missing)}. Install portcullis again, or set PRIVACY_NAMES=off."
            )
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, list[Find]] = OrderedDict()

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in FILES:
            digest.update((self._folder / name).read_bytes())
        return f"bundled {FLOOR} {digest.hexdigest()}"

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        encoded = self._encoder.encode(texts)
        ordinary, openers = read_words(self._folder / "ordinary.txt")
        found: list[list[Find]] = [[] for _ in texts]
        waiting: dict[bytes, list[tuple[int, Window]]] = {}
        for n, (text, each) in enumerate(zip(texts, encoded, strict=True)):
            for window in windows(text, each, ordinary, openers):
                key = _key(each, window)
                with self._lock:
                    known = self._seen.get(key)
                    if known is not None:
                        self._seen.move_to_end(key)
                if known is None:
                    waiting.setdefault(key, []).append((n, window))
                else:
                    found[n].extend(_shift(known, window[0]))
        first = [places[0] for places in waiting.values()]
        reads = self._readers.map(lambda place: self._read(encoded[place[0]], place[1]), first)
        for (key, places), finds in zip(waiting.items(), reads, strict=True):
            with self._lock:
                self._seen[key] = finds
                while len(self._seen) > REMEMBERED:
                    self._seen.popitem(last=False)
            for n, window in places:
                found[n].extend(_shift(finds, window[0]))
        return [[_span(each, find) for find in sorted(finds)] for each, finds in zip(encoded, found, strict=True)]

    def forget(self) -> None:
        """Remember no window: the next text is read as if it were the first."""
        with self._lock:
            self._seen.clear()

    def _read(self, each: Encoded, window: Window) -> list[Find]:
        """The finds of a window, counted from its first piece. Each is read alone: its eight-bit arithmetic depends on what it is
        read with, and equal texts must have equal finds.
        """
        start, end = window
        ids, cases = np.zeros((2, 1, end - start + 2), np.int64)
        ids[0, 0], ids[0, -1] = self._encoder.cls, self._encoder.sep
        ids[0, 1:-1], cases[0, 1:-1] = each.ids[start:end], each.cases[start:end]
        scores = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids), "cases": cases})[0]
        return self._decode(each.words[start:end], scores[0, 1:-1])

    def _decode(self, words: NDArray[np.int32], scores: NDArray[np.float32]) -> list[Find]:
        firsts = np.concatenate(([0], np.flatnonzero(np.diff(words)) + 1))
        by_word = scores[firsts]
        kinds = by_word[:, 1::2] + by_word[:, 2::2]
        best = kinds.argmax(1)
        named = kinds.sum(1) >= FLOOR
        finds: list[Find] = []
        open_from = -1
        edges = [*firsts.tolist(), len(words)]
        for n in range(len(firsts) + 1):
            goes_on = (
                n < len(firsts) and named[n] and open_from >= 0 and best[n] == best[open_from]
                and by_word[n, 2 + 2 * best[n]] >= by_word[n, 1 + 2 * best[n]]
            )  # fmt: skip
            if open_from >= 0 and not goes_on:
                score = float(kinds[open_from:n, best[open_from]].mean())
                finds.append((edges[open_from], edges[n], self._kinds[best[open_from]], round(score, 4)))
                open_from = -1
            if open_from < 0 and n < len(firsts) and named[n]:
                open_from = n
        return finds

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self._folder / "tokenizer.json")

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        labels = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))["labels"]
        return tuple(label.removeprefix("B-") for label in labels if label.startswith("B-"))

    @cached_property
    def _readers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads or cores(), thread_name_prefix="names")

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # windows are read side by side instead
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


def _key(encoded: Encoded, window: Window) -> bytes:
    start, end = window
    told = (encoded.ids[start:end], encoded.cases[start:end], encoded.words[start:end] - encoded.words[start])
    return hashlib.blake2b(b"".join(column.tobytes() for column in told), digest_size=16).digest()


def _shift(finds: Sequence[Find], by: int) -> list[Find]:
    return [(first + by, last + by, kind, score) for first, last, kind, score in finds]


def _span(encoded: Encoded, find: Find) -> Span:
    first, last, kind, score = find
    return Span(int(encoded.starts[first]), int(encoded.ends[last - 1]), kind, score, "bundled names")
