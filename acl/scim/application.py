"""SCIM over ASGI: who asks, then a bounded body, then the protocol in a thread, then one line in the log.

Neither a line nor an answer to somebody unknown holds what was sent: of an unexpected error they tell its type and place alone.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

from anyio import CapacityLimiter, to_thread
from scim2_models import InvalidSyntaxException, NotFoundException, PayloadTooLargeException, SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from acl.log import places
from acl.scim.handler import Handler
from acl.scim.identity import authenticate
from acl.scim.provider import Service
from acl.scim.shape import Naming
from acl.scim.storage import SqlStorage
from catalog import audit
from catalog.errors import CatalogUnavailable, PortcullisError
from catalog.ids import storable
from catalog.keys import KeyRow
from catalog.session import reading, transaction
from catalog.tenants import list_tenants

PREFIX = "/scim/v2"
READS = ("GET", "HEAD")
DRAINED_BODIES = 16
"""How many times the limit is read and thrown away after a refusal, so that the sender reads the answer."""

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class CatalogDown(SCIMException):
    """The catalog cannot be used now: nothing was changed, and trying again can help."""

    status = 503
    _default_detail = "The catalog does not answer. Nothing was changed; try again."


@dataclass(frozen=True, slots=True)
class Rules:
    """What the application is told: where it is reached, what names bind, and its limits."""

    base_url: str
    naming: Naming
    max_body_bytes: int = 8 * 1024 * 1024
    max_scanned: int = 50_000
    worker_threads: int = 8


class ScimApplication:
    """An ASGI application. Every path below `/scim/v2` needs a key; `/healthz` and `/readyz` say how the process is."""

    handler_type: type[Handler] = Handler
    storage_type: type[SqlStorage] = SqlStorage

    def __init__(self, catalog: Engine, service: Service, rules: Rules, log: FilteringBoundLogger) -> None:
        self._catalog = catalog
        self._service = service
        self._rules = rules
        self._log = log
        self._threads = CapacityLimiter(rules.worker_threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, began = uuid4(), perf_counter()
        told: dict[str, Any] = {}
        try:
            response = await self._answer(scope, receive, told)
        except Exception as error:
            response = self._refuse(error, request_id)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = str(request_id)
        self._log.info(
            "scim",
            request_id=str(request_id),
            method=scope["method"],
            status=int(response.status),
            took_ms=round((perf_counter() - began) * 1000, 1),
            **told,
        )
        await _send(response, send)

    async def _answer(self, scope: Scope, receive: Receive, told: dict[str, Any]) -> ScimResponse:
        path: str = scope["path"]
        if path in ("/healthz", "/readyz"):
            if path == "/readyz":
                await self._in_thread(self._read_once)
            return ScimResponse(HTTPStatus.OK, {"status": "ready" if path == "/readyz" else "ok"})
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            raise NotFoundException(detail="There is nothing at this path: SCIM is below /scim/v2.")
        key = await self._in_thread(self.key_of, scope["headers"])
        told |= {"tenant": key.tenant_id, "key": key.id, "route": _route(path)}
        request = self.request(scope, await self._body(scope, receive))
        try:
            response = await self._in_thread(self.handle, request, key)
        except SCIMException as refused:
            await self._in_thread(self._note_use, key, request, int(refused.status or HTTPStatus.BAD_REQUEST))
            raise
        if response.status >= HTTPStatus.BAD_REQUEST or not _writes(request):
            await self._in_thread(self._note_use, key, request, int(response.status))
        return response

    def key_of(self, headers: Iterable[tuple[bytes, bytes]]) -> KeyRow:
        """The key of a request. Raises what `authenticate` raises."""
        return authenticate(self._catalog, headers)

    def handle(self, request: ScimRequest, key: KeyRow) -> ScimResponse:
        """Serve one request in the tenant of its key."""
        handler = self.handler_type(self._service, self.storage(key, writes=_writes(request)))
        response = handler.handle(request)
        response.headers.setdefault("Location", request.url)
        return response

    def _note_use(self, key: KeyRow, request: ScimRequest, status: int) -> None:
        """A change is audited where it is made; what changes nothing is a use of the key all the same."""
        with transaction(self._catalog) as session:
            said = {"method": request.method, "status": status}
            action = "scim.read" if status < HTTPStatus.BAD_REQUEST else "scim.refused"
            audit.record(session, key.tenant_id, actor=f"key:{key.id}", action=action, object_=_route(request.path), details=said)

    def storage(self, key: KeyRow, *, writes: bool) -> SqlStorage:
        """The storage of one request."""
        return self.storage_type(
            self._catalog,
            key.tenant_id,
            f"key:{key.id}",
            self._service.provider,
            self._rules.naming,
            max_scanned=self._rules.max_scanned,
            writes=writes,
        )

    def request(self, scope: Scope, body: bytes) -> ScimRequest:
        """What the protocol sees of a request. Raises `InvalidSyntaxException`."""
        try:
            query = dict(parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=50))
        except ValueError:
            raise InvalidSyntaxException(detail="The query of the URL cannot be read.") from None
        path = scope["path"].removeprefix(PREFIX)
        if not all(storable(text) for text in (path, *query, *query.values())):
            raise InvalidSyntaxException(detail="The URL holds a character that no id and no value has.")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        return ScimRequest(scope["method"], self._rules.base_url, path, query, headers, body)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        limit = self._rules.max_body_bytes
        chunks: list[bytes] = []
        size, more = 0, True
        while more and size <= limit * DRAINED_BODIES:
            message = await receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            chunks.append(chunk if size <= limit else b"")
            more = message["type"] == "http.request" and message.get("more_body", False)
        if size > limit:
            raise PayloadTooLargeException(detail=f"A body has at most {limit} bytes: send the members in several requests.")
        return b"".join(chunks)

    def _read_once(self) -> None:
        with reading(self._catalog) as session:
            list_tenants(session)

    def _refuse(self, error: Exception, request_id: UUID) -> ScimResponse:
        if isinstance(error, CatalogUnavailable):
            self._log.error("unavailable", request_id=str(request_id), code=error.code, detail=str(error))
            response = self._service.error_response(CatalogDown())
            response.headers["Retry-After"] = "2"
            return response
        if not isinstance(error, SCIMException):
            code = error.code if isinstance(error, PortcullisError) else None
            self._log.error(
                "failed", request_id=str(request_id), error=type(error).__name__, code=code, at=places(error.__traceback__)
            )
        return self._service.error_response(error)

    async def _in_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await to_thread.run_sync(call, *args, limiter=self._threads)


def _writes(request: ScimRequest) -> bool:
    return request.method not in READS and not request.path.endswith("/.search")


def _route(path: str) -> str:
    """The path without what a client made up: an id of ours stays, anything else becomes a question mark."""
    parts = path.removeprefix(PREFIX).strip("/").split("/")
    known = {"Users", "Groups", "Schemas", "ResourceTypes", "ServiceProviderConfig", "Me", "Bulk", ".search", ""}
    return "/".join(part if part in known or _is_id(part) else "?" for part in parts[:4])


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def _send(response: ScimResponse, send: Send) -> None:
    body = b"" if response.body is None else json.dumps(response.body).encode("ascii")
    if response.body is None:
        response.headers.pop("Content-Type", None)
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in response.headers.items()]
    if int(response.status) not in (204, 304):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
