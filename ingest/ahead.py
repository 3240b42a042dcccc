"""Files are read a little ahead of who asks for them: workers parse while the caller embeds. The outcome is the same."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from ingest.documents import FileEntry
from ingest.worker import Limits, Worker

Read = TypeVar("Read")
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Lead:
    """How far ahead: no more files, and no more bytes, than this wait to be asked for."""

    files: int
    size_bytes: int


class Ahead:
    """The workers of a run, and what they have read. Nothing is started before the first `take`; `close` ends all of it."""

    def __init__(self, limits: Limits, reader: str, workers: int, entries: Sequence[FileEntry], lead: Lead) -> None:
        self._workers = [Worker(limits, reader) for _ in range(workers)]
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="read")
        self._entries = entries
        self._lead = lead
        self._next = 0
        self._waiting: dict[str, Future[Any]] = {}
        self._sizes: dict[str, int] = {}
        self._gate = threading.Lock()

    def take(self, entry: FileEntry, read: Callable[[Worker, FileEntry], Read], meanwhile: Callable[[], None]) -> Read:
        """What `read` gives for `entry`, begun long ago if all goes well; `meanwhile` is called every half minute of waiting.

        Taken twice, a file is read twice. Raises what `read` raises.
        """
        with self._gate:
            begun = self._waiting.pop(entry.path) if entry.path in self._waiting else None
            future: Future[Read] = begun or self._submit(entry, read)
            self._sizes.pop(entry.path, None)
            self._run_ahead(entry, read)
        while True:
            try:
                return future.result(PATIENCE_SECONDS)
            except TimeoutError:
                if future.done():
                    raise
                meanwhile()

    def close(self) -> None:
        """End the workers, in the middle of a file if need be."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._threads.shutdown(wait=True)

    def _run_ahead(self, entry: FileEntry, read: Callable[[Worker, FileEntry], Any]) -> None:
        while self._next < len(self._entries):
            ahead = self._entries[self._next]
            if ahead.path != entry.path:
                full = (
                    len(self._sizes) >= self._lead.files or sum(self._sizes.values()) + ahead.size_bytes > self._lead.size_bytes
                )
                if full:
                    return
                self._waiting[ahead.path] = self._submit(ahead, read)
                self._sizes[ahead.path] = ahead.size_bytes
            self._next += 1

    def _submit(self, entry: FileEntry, read: Callable[[Worker, FileEntry], Read]) -> Future[Read]:
        def run() -> Read:
            worker = self._free.get()
            try:
                return read(worker, entry)
            finally:
                self._free.put(worker)

        return self._threads.submit(run)
