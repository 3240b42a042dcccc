"""How a call to the service goes, without doing any of it: what to send, how long to wait, what came of it.

Whoever drives a course sends and waits as it says. So the client that waits and the one that awaits are one thing twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from retrieval.answered import Answer, Document, Json, Judged, Revealed

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
"""A service that asks for more patience than this is not asked again."""
MAY_PASS = frozenset((429, 502, 503, 504))
"""Statuses of troubles that end, where something between us and the service says no more than a status."""

T = TypeVar("T")
Headers = Mapping[bytes, bytes]


class PortcullisProblem(Exception):
    """Why there is no answer: the service's problem by its stable `code` (docs/errors.md), or one of the way to it.

    `unreachable` (no connection), `timeout` (no answer in time), `http_error` (something in between answered) and `bad_answer`
    (what came is no answer of this interface) are said by the client; `status` is None where nothing came. `retry_after` is in
    seconds; `errors` tells which fields were wrong, each as `field` and `message`.
    """

    def __init__(
        self,
        code: str,
        status: int | None,
        detail: str,
        *,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
        errors: tuple[Json, ...] = (),
    ) -> None:
        self.code = code
        self.status = status
        self.detail = detail
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after
        self.errors = errors
        told = f"{code}: {detail}" if status is None else f"{code} ({status}): {detail}"
        super().__init__(told if request_id is None else f"{told} [request {request_id}]")


@dataclass(frozen=True, slots=True)
class Send:
    request: httpx.Request


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


Came = httpx.Response | httpx.TransportError | None
Course = Generator[Send | Wait, Came, T]
"""After a `Send` it is handed what came, after a `Wait` nothing."""


class Calls:
    """The calls of the interface, as courses."""

    def __init__(self, base_url: str, key: str | None, retries: int) -> None:
        """Raises `ValueError` when `base_url` is none."""
        if not base_url.startswith(("https://", "http://")):
            raise ValueError(f"{base_url!r} is no address of a service: it begins with https:// or http://.")
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._retries = retries

    def retrieve(self, query: str, options: Json, who: Headers) -> Course[Answer]:
        given = {name: value for name, value in options.items() if value is not None}
        return self._course("POST", "/v1/retrieve", who, Answer.of, {"query": query, **given})

    def document(self, id: str, as_of: datetime | None, who: Headers) -> Course[Document]:
        then = "" if as_of is None else f"?as_of={quote(as_of.isoformat())}"
        return self._course("GET", f"/v1/documents/{_path(id)}{then}", who, Document.of)

    def reveal(self, text: str, purpose: str, who: Headers) -> Course[Revealed]:
        return self._course("POST", "/v1/reveal", who, Revealed.of, {"text": text, "purpose": purpose})

    def feedback(self, request_id: str, judgements: Sequence[Json], who: Headers) -> Course[Judged]:
        return self._course(
            "POST", "/v1/search-feedback", who, Judged.of, {"request_id": request_id, "judgements": [*judgements]}
        )

    def who(self, on_behalf_of: str | None, user_token: str | None) -> Headers:
        """The headers that say who asks. Without a key the token stands alone."""
        bearer = user_token if self._key is None else self._key
        headers = {} if bearer is None else {b"Authorization": f"Bearer {bearer}".encode()}
        if user_token is not None and self._key is not None:
            headers[b"X-User-Token"] = user_token.encode()
        if on_behalf_of is not None:
            headers[b"X-On-Behalf-Of"] = on_behalf_of.encode()  # as UTF-8: not every name is ASCII
        return headers

    def _course(self, method: str, path: str, headers: Headers, read: Callable[[Json], T], body: Json | None = None) -> Course[T]:
        content = None if body is None else json.dumps(body, default=_plain).encode()
        sent = dict(headers) if content is None else {**headers, b"Content-Type": b"application/json"}
        for attempt in range(self._retries + 1):
            came = yield Send(httpx.Request(method, self._base_url + path, headers=sent, content=content))
            if isinstance(came, httpx.Response) and came.status_code == httpx.codes.OK:
                return _read(came, read)
            problem = _problem(came)
            backoff = FIRST_WAIT_SECONDS * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311  it spreads clients, no more
            wait = max(backoff, problem.retry_after or 0.0)
            if not problem.retryable or problem.code == "timeout" or attempt == self._retries or wait > LONGEST_WAIT_SECONDS:
                raise problem
            yield Wait(wait)
        raise AssertionError("the last attempt returns or raises")


def _path(id: str) -> str:
    """A document's id as a path. `.` and `..` are names here, and steps for whatever lies between."""
    parts = (part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="") for part in id.split("/"))
    return "/".join(parts)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} cannot be sent: give text, numbers, lists, mappings or datetimes")


def _read(response: httpx.Response, read: Callable[[Json], T]) -> T:
    try:
        return read(response.json())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"What came is no answer of this interface ({type(error).__name__}). Check the address, and both versions."
        raise PortcullisProblem("bad_answer", response.status_code, told, request_id=_id(response)) from None


def _problem(came: Came) -> PortcullisProblem:
    if isinstance(came, httpx.ConnectError | httpx.ConnectTimeout):
        return PortcullisProblem("unreachable", None, "No connection comes about. Check the address.", retryable=True)
    if not isinstance(came, httpx.Response):
        late = isinstance(came, httpx.TimeoutException)
        told = "No answer came in time." if late else f"The connection broke off ({type(came).__name__})."
        return PortcullisProblem("timeout" if late else "unreachable", None, told, retryable=True)
    try:
        return _told(came, came.json())
    except (ValueError, KeyError, TypeError, AttributeError):
        told = "Something answered that is not this interface: a proxy, or another program."
        may_pass = came.status_code in MAY_PASS
        return PortcullisProblem("http_error", came.status_code, told, request_id=_id(came), retryable=may_pass)


def _told(response: httpx.Response, body: Any) -> PortcullisProblem:
    after = response.headers.get("retry-after", "")
    return PortcullisProblem(
        str(body["code"]),
        response.status_code,
        str(body["detail"]),
        request_id=str(body["request_id"]),
        retryable=bool(body["retryable"]),
        retry_after=float(after) if after.isdecimal() else None,
        errors=tuple(body.get("errors") or ()),
    )


def _id(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("x-request-id")
    return found
