"""The outermost layer: each request gets an id, a bounded body, an answer whatever breaks, and one line in the log.

Neither a line nor an answer holds text of a question or a document: of an unexpected error they tell its type and place alone,
because its message may quote its input.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from structlog.typing import FilteringBoundLogger

from retrieval.errors import Draining, RequestTooLarge
from retrieval.metrics import Metrics
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

    def __init__(self, application: Application, log: FilteringBoundLogger, max_body_bytes: int, metrics: Metrics) -> None:
        self._application = application
        self._log = log
        self._max_body_bytes = max_body_bytes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id, began = uuid4(), perf_counter()
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        answered: list[int] = []

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
                more = [(name.lower().encode(), value.encode()) for name, value in state.get("headers", {}).items()]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", str(request_id).encode()), *more]
            await send(message)

        try:
            await self._serve(scope, receive, send_noting, request_id)
        except asyncio.CancelledError:  # the service ends, and this took longer than it waits for
            if not answered:
                await respond(send_noting, problem(Draining(), request_id))
            raise
        except Exception as error:
            self._log.error("failed", request_id=str(request_id), error=type(error).__name__, at=places(error))
            if not answered:
                await respond(send_noting, problem(error, request_id))
        finally:
            path = getattr(scope.get("route"), "path", None)
            seconds = perf_counter() - began
            if answered:
                self._metrics.answered(state.get("log", {}).get("tenant"), path, answered[0], seconds)
            self._log.info(
                "request",
                request_id=str(request_id),
                method=scope["method"],
                route=path,
                status=answered[0] if answered else None,
                took_ms=round(seconds * 1000, 1),
                **state.get("log", {}),
            )

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: UUID) -> None:
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
            await respond(send, problem(RequestTooLarge(self._max_body_bytes), request_id))
            return
        replay = iter(chunks)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await self._application(scope, receive_again, send)


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


def places(error: BaseException, limit: int = 8) -> list[str]:
    """Where an error came from, innermost last, without any value or message."""
    frames = traceback.extract_tb(error.__traceback__)[-limit:]
    return [f"{'/'.join(frame.filename.rsplit('/', 2)[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


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
