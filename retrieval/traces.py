"""Traces of requests for an OpenTelemetry collector (OTLP over HTTP): a thread of its own makes and sends them, some at once.

A request leaves its timeline in a queue and is done; a collector that is slow, gone or hostile costs traces, never an answer.
What does not fit the queue is dropped, nothing is sent twice, no answer of the collector's is read, and each loss is counted.

OpenTelemetry's own SDK is not used, and no provider is installed for the whole process: libraries here would find it and send
what callers sent them (`docs/decisions/0026-traces-and-usage.md`).
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Literal

from retrieval.errors import BadTraces
from retrieval.otlp import MEDIA_TYPE, Encoder
from retrieval.spans import Ended, spans_of
from retrieval.timeline import Timeline
from retrieval.traceparent import Caller, read_traceparent

if TYPE_CHECKING:
    import httpx

Outcome = Literal["sent", "failed", "dropped"]
MOST_WAITING = 2000
MOST_AT_ONCE = 64
LINGER_SECONDS = 1.0
"""The first of a batch waits so long for more."""
TIMEOUT_SECONDS = 5.0
CLOSE_SECONDS = 3.0
TRACE_BYTES, SPAN_BYTES = 16, 8
HEADER_NAME, HEADER_VALUE = re.compile(r"[A-Za-z0-9-]+"), re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Trace:
    """A request that may be kept. `chosen`: by chance; what the caller wants counts when it is known who that is."""

    trace_id: bytes
    caller: Caller | None
    chosen: bool
    timeline: Timeline = field(default_factory=Timeline)

    def kept(self, *, known: bool) -> bool:
        """Whether it is sent. `known`: the request was somebody's whom we know."""
        return self.caller.sampled if self.caller is not None and known else self.chosen


class Traces:
    """Safe to use from several threads. `ended` hears what became of how many traces. Close it: what waits is sent, if soon."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        share: float,
        version: str,
        ended: Callable[[Outcome, int], None],
        timeout_seconds: float = TIMEOUT_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`share` of the requests, from 0 to 1, are sent to `url` with `headers`. Raises `BadTraces`. Nothing is asked yet."""
        about = {"service.name": "portcullis", "service.version": version, "service.instance.id": secrets.token_hex(8)}
        self._encoder = Encoder(about, version)
        self._client = _client(url, headers, timeout_seconds)
        self._url = url
        self._share = share
        self._ended = ended
        self._waiting: Queue[Ended | None] = Queue(most_waiting)
        self._closing = Event()
        self._until = float("inf")
        self._thread = Thread(target=self._send_all, name="traces", daemon=True)
        self._thread.start()

    def begin(self, headers: Iterable[tuple[bytes, bytes]]) -> Trace | None:
        """A trace for a request with these raw headers; None where it will not be kept in any case."""
        caller, chosen = read_traceparent(headers), random.random() < self._share  # noqa: S311 nobody gains by guessing it
        if caller is None and not chosen:
            return None
        return Trace(secrets.token_bytes(TRACE_BYTES) if caller is None else caller.trace_id, caller, chosen)

    def end(self, request: Ended) -> None:
        """Leave it to be sent; returns at once."""
        try:
            if self._closing.is_set():
                raise Full
            self._waiting.put_nowait(request)
        except Full:
            self._ended("dropped", 1)

    def close(self) -> None:
        """End; twice does nothing more."""
        if not self._closing.is_set():
            self._until = monotonic() + CLOSE_SECONDS
            self._closing.set()
            with suppress(Full):  # then the thread does not wait for anything to come
                self._waiting.put_nowait(None)
            self._thread.join(CLOSE_SECONDS)

    def _send_all(self) -> None:
        with self._client:
            while not (self._closing.is_set() and self._waiting.empty()):
                if batch := self._batch():
                    in_time = monotonic() < self._until
                    self._ended(self._send(batch) if in_time else "dropped", len(batch))

    def _batch(self) -> list[Ended]:
        """The next ones; none when we are told to end."""
        found: list[Ended] = []
        until = float("inf")
        while len(found) < MOST_AT_ONCE:
            try:
                if self._closing.is_set() or monotonic() >= until:
                    one = self._waiting.get_nowait()
                else:
                    one = self._waiting.get(timeout=None if until == float("inf") else max(0.0, until - monotonic()))
            except Empty:
                break
            if one is None:
                continue
            if not found:
                until = monotonic() + LINGER_SECONDS
            found.append(one)
        return found

    def _send(self, batch: list[Ended]) -> Outcome:
        try:
            message = self._encoder.encode((one.trace_id, spans_of(one, _new_id)) for one in batch)
            with self._client.stream("POST", self._url, content=message) as response:  # its answer is not read
                return "sent" if response.is_success else "failed"
        except Exception:  # whatever it is, it costs these traces and not those to come
            return "failed"


def _client(url: str, headers: Mapping[str, str], timeout_seconds: float) -> httpx.Client:
    import httpx

    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL()
    if place.scheme not in ("http", "https") or not place.host:
        raise BadTraces("it is no address; write `http://HOST:4318/v1/traces`")
    if not all(HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value) for name, value in headers.items()):
        raise BadTraces("RETRIEVAL_TRACES_HEADERS holds what no header can be")
    told = {**headers, "Content-Type": MEDIA_TYPE}
    return httpx.Client(headers=told, timeout=timeout_seconds, follow_redirects=False, trust_env=False)


def _new_id() -> bytes:
    return secrets.token_bytes(SPAN_BYTES)
