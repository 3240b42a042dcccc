"""The outermost layer: each request gets an id, a bounded body, an answer whatever breaks, and one line in the log.

Neither a line nor an answer holds text of a question or a document: of an unexpected error they tell its type and place alone,
because its message may quote its input.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from structlog.typing import FilteringBoundLogger

from acl.log import places
from retrieval.errors import Draining, RequestTooLarge
from retrieval.observer import Observed, Observer
from retrieval.problems import MEDIA_TYPE, Problem, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAINED_BODIES = 128
"""How many times the limit is read and thrown away after a refusal, so that a sender who is not mad reads the answer."""


class Guard:
    """An ASGI application around another one. `max_body_bytes` bounds what of a body is ever in memory."""

    def __init__(self, application: Application, log: FilteringBoundLogger, max_body_bytes: int, observer: Observer) -> None:
        self._application = application
        self._log = log
        self._max_body_bytes = max_body_bytes
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        with self._observer.watching(scope) as request:

            async def send_noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    request.status = message["status"]
                    more = [(name.lower().encode(), value.encode()) for name, value in request.state.get("headers", {}).items()]
                    own = (b"x-request-id", str(request.request_id).encode())
                    message["headers"] = [*message.get("headers", ()), own, *more]
                await send(message)

            try:
                await self._serve(scope, receive, send_noting, request)
            except asyncio.CancelledError:  # the service ends, and this took longer than it waits for
                await _refuse(send_noting, request, Draining())
                raise
            except Exception as error:
                self._log.error("failed", error=type(error).__name__, at=places(error.__traceback__))
                await _refuse(send_noting, request, error)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request: Observed) -> None:
        announced = _announced(scope)
        chunks: list[Message] = []
        size = 0
        more = True
        while more and size <= self._max_body_bytes and announced <= self._max_body_bytes:
            message = await receive()
            chunks.append(message)
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        if max(size, announced) > self._max_body_bytes:
            await _drain(receive, self._max_body_bytes * DRAINED_BODIES, more)
            await _refuse(send, request, RequestTooLarge(self._max_body_bytes))
            return
        replay = iter(chunks)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await self._application(scope, receive_again, send)


async def _refuse(send: Send, request: Observed, error: Exception) -> None:
    """Answer with a problem, unless an answer has begun to leave."""
    answer = problem(error, request.request_id)
    request.noted["code"] = answer.body["code"]
    if request.status is None:
        await respond(send, answer)


async def respond(send: Send, answer: Problem) -> None:
    """Send a problem."""
    body, headers = render(answer)
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def render(answer: Problem) -> tuple[bytes, dict[str, str]]:
    """A problem's body and headers. ASCII alone, so that no text can break the encoding."""
    body = json.dumps(answer.body).encode("ascii")
    return body, {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), **answer.headers}


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _drain(receive: Receive, limit_bytes: int, more: bool) -> None:
    while more and limit_bytes > 0:
        message = await receive()
        limit_bytes -= max(1, len(message.get("body", b"")))
        more = message["type"] == "http.request" and message.get("more_body", False)
