"""A client of the HTTP interface, in two forms: `Portcullis` waits, `AsyncPortcullis` awaits. Needs httpx and no setting of ours.

    with Portcullis("https://portcullis.example", key) as portcullis:
        answer = portcullis.retrieve("How long do we keep payroll records?", on_behalf_of="ana", top_k=5)

What goes wrong is a `PortcullisProblem`. One that may pass (`retryable`), and a connection that does not come about, are tried
again a few times; an answer that does not come in time is not, since the service may still be at work on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx

from retrieval.answered import Answer, Document, Json, Judged, Revealed
from retrieval.course import Calls, Came, Course, PortcullisProblem, Wait

__all__ = ("Answer", "AsyncPortcullis", "Document", "Judged", "Portcullis", "PortcullisProblem", "Revealed")

T = TypeVar("T")


class Portcullis:
    """Safe to call from several threads. Close it, or use it as a context manager.

    `key` is a service key; None where every call brings a person's token. `timeout_seconds` bounds connecting and each wait for
    a part of the answer. `retries`: attempts after the first one. `transport` is for proxies, certificates and tests.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._calls = Calls(base_url, key, retries)
        self._http = httpx.Client(timeout=timeout_seconds, transport=transport, follow_redirects=False)

    def retrieve(self, query: str, *, on_behalf_of: str | None = None, user_token: str | None = None, **options: Any) -> Answer:
        """The passages that the person may read. `options`: the other fields of the request, such as `top_k` and `sources`."""
        return self._drive(self._calls.retrieve(query, options, self._calls.who(on_behalf_of, user_token)))

    def document(
        self, id: str, *, as_of: datetime | None = None, on_behalf_of: str | None = None, user_token: str | None = None
    ) -> Document:
        """A whole document. One that is absent and one that the person may not read are the same problem: `unknown_document`."""
        return self._drive(self._calls.document(id, as_of, self._calls.who(on_behalf_of, user_token)))

    def reveal(self, text: str, purpose: str, *, on_behalf_of: str | None = None, user_token: str | None = None) -> Revealed:
        """`text` with the pseudonyms swapped back whose values the person may see. The key needs the scope `reveal`."""
        return self._drive(self._calls.reveal(text, purpose, self._calls.who(on_behalf_of, user_token)))

    def feedback(
        self,
        request_id: UUID | str,
        judgements: Sequence[Json],
        *,
        on_behalf_of: str | None = None,
        user_token: str | None = None,
    ) -> Judged:
        """How well an answer's documents fit: `{"ref": 1, "relevance": 3}` or `{"document": NAME, "relevance": 0}` each, 0 to 3.

        `request_id` is the answer's. The same document again: the last grade counts. A request that is not kept, or is not this
        person's, is the problem `unknown_request`.
        """
        return self._drive(self._calls.feedback(str(request_id), judgements, self._calls.who(on_behalf_of, user_token)))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _drive(self, course: Course[T]) -> T:
        came: Came = None
        while True:
            try:
                step = course.send(came)
            except StopIteration as end:
                done: T = end.value
                return done
            if isinstance(step, Wait):
                came = None
                time.sleep(step.seconds)
                continue
            try:
                came = self._http.send(step.request)
            except httpx.TransportError as error:
                came = error


class AsyncPortcullis:
    """As `Portcullis`, awaited. Close it by `aclose`, or use it in `async with`."""

    def __init__(
        self,
        base_url: str,
        key: str | None,
        *,
        timeout_seconds: float = 30.0,
        retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._calls = Calls(base_url, key, retries)
        self._http = httpx.AsyncClient(timeout=timeout_seconds, transport=transport, follow_redirects=False)

    async def retrieve(
        self, query: str, *, on_behalf_of: str | None = None, user_token: str | None = None, **options: Any
    ) -> Answer:
        """As `Portcullis.retrieve`."""
        return await self._drive(self._calls.retrieve(query, options, self._calls.who(on_behalf_of, user_token)))

    async def document(
        self, id: str, *, as_of: datetime | None = None, on_behalf_of: str | None = None, user_token: str | None = None
    ) -> Document:
        """As `Portcullis.document`."""
        return await self._drive(self._calls.document(id, as_of, self._calls.who(on_behalf_of, user_token)))

    async def reveal(
        self, text: str, purpose: str, *, on_behalf_of: str | None = None, user_token: str | None = None
    ) -> Revealed:
        """As `Portcullis.reveal`."""
        return await self._drive(self._calls.reveal(text, purpose, self._calls.who(on_behalf_of, user_token)))

    async def feedback(
        self,
        request_id: UUID | str,
        judgements: Sequence[Json],
        *,
        on_behalf_of: str | None = None,
        user_token: str | None = None,
    ) -> Judged:
        """As `Portcullis.feedback`."""
        return await self._drive(self._calls.feedback(str(request_id), judgements, self._calls.who(on_behalf_of, user_token)))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def _drive(self, course: Course[T]) -> T:
        came: Came = None
        while True:
            try:
                step = course.send(came)
            except StopIteration as end:
                done: T = end.value
                return done
            if isinstance(step, Wait):
                came = None
                await asyncio.sleep(step.seconds)
                continue
            try:
                came = await self._http.send(step.request)
            except httpx.TransportError as error:
                came = error
