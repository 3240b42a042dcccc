"""The MCP server (streamable HTTP, no sessions): `search` and `fetch`, with the caller's permissions and nothing else.

Nothing of a request outlives it: each brings its token, and each tool call finds the person and the scope anew. The SDK's own log
and traces are off, for they would hold what callers send.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from structlog.typing import FilteringBoundLogger

from acl.log import places
from catalog.errors import PortcullisError
from retrieval.errors import NotReady
from retrieval.identity import Asker, asker_by_token
from retrieval.mcp_door import GIVEN, PATH, Door
from retrieval.mcp_resource import WELL_KNOWN, metadata, read_resource, tokens_for
from retrieval.mcp_tools import Done, fetch, search
from retrieval.mcp_wire import MARKED, FetchAnswer, FetchArguments, SearchAnswer, SearchArguments
from retrieval.metered import admit, answered, charge, note_asker
from retrieval.problems import Problem, problem, problem_of_fields
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.tokens import Tokens

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp_types import CallToolResult, Tool

Work = Callable[[Services, RetrievalSettings, Asker, Any, UUID], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool. `operation` is what `asker_by_token` knows it by."""

    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    operation: str
    work: Work


OFFERS: Mapping[str, Offer] = {
    "search": Offer(
        "Search documents",
        f"Find passages that this person may read, with citations. {MARKED}.",
        *(SearchArguments, SearchAnswer, "retrieve", search),
    ),
    "fetch": Offer(
        "Fetch a document",
        f"Read a document that this person may read, by its id. {MARKED}.",
        *(FetchArguments, FetchAnswer, "document", fetch),
    ),
}
INSTRUCTIONS = (
    "Portcullis finds passages in documents that the person may read. Search first; fetch a document by its id where a passage "
    f"is not enough. {MARKED}. Cite passages by their ids."
)


def add_mcp(app: FastAPI, settings: RetrievalSettings, tokens: Tokens | None) -> Door:
    """Add the routes. Raises `BadMcp`."""
    resource = read_resource(settings.mcp_url)
    door = Door(resource, tokens_for(resource, tokens))
    described = metadata(resource, door.tokens.issuers.values())

    async def tell(_request: Request) -> JSONResponse:
        return JSONResponse(described)

    app.add_route(PATH, door, include_in_schema=False)  # type: ignore[arg-type]  # an ASGI application, which Starlette takes
    for path in dict.fromkeys((WELL_KNOWN, resource.metadata_path, f"{WELL_KNOWN}{PATH}")):
        app.add_route(path, tell, methods=["GET"], include_in_schema=False)
    return door


@asynccontextmanager
async def serving_mcp(door: Door, settings: RetrievalSettings, log: FilteringBoundLogger, version: str) -> AsyncIterator[None]:
    """Behind the door there is a server as long as this lasts."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from mcp.server.transport_security import TransportSecuritySettings

    for name in ("mcp.server", "mcp.shared"):  # they quote headers and values
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    manager = StreamableHTTPSessionManager(
        server(door.tokens, log, version),
        json_response=True,
        stateless=True,
        security_settings=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=[door.resource.host],
            allowed_origins=[door.resource.origin],
        ),
        max_request_body_size=settings.max_body_bytes,
    )
    async with manager.run():
        door.transport = manager.asgi_app
        try:
            yield
        finally:
            door.transport = None


def server(tokens: Tokens, log: FilteringBoundLogger, version: str) -> Server[Any]:
    """The server with its two tools."""
    from mcp.server.lowlevel import Server
    from mcp.shared.exceptions import MCPError
    from mcp_types import INVALID_PARAMS, CallToolRequestParams, ListToolsResult

    listed = [_tool(name, offer) for name, offer in OFFERS.items()]

    async def list_tools(_context: Any, _params: Any) -> ListToolsResult:
        return ListToolsResult(tools=listed)

    async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in OFFERS:
            raise MCPError(INVALID_PARAMS, f"There is no such tool. There are: {', '.join(OFFERS)}.")
        request: Request | None = context.request
        if request is None:
            raise MCPError(INVALID_PARAMS, "Tools are called over HTTP alone.")
        return await _call(request, params.name, params.arguments or {}, tokens, log)

    made: Server[Any] = Server(
        "portcullis",
        version=version,
        title="Portcullis",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    made.middleware.clear()  # traces of what callers send
    return made


async def _call(
    request: Request, name: str, arguments: Mapping[str, Any], tokens: Tokens, log: FilteringBoundLogger
) -> CallToolResult:
    request_id: UUID = request.state.request_id
    noted = request.scope["state"].setdefault("log", {})
    noted["tool"] = name
    try:
        done = await _work(request, OFFERS[name], arguments, tokens, noted)
    except ValidationError as error:
        fields = [{**one, "loc": ("arguments", *one["loc"])} for one in error.errors(include_url=False, include_context=False)]
        return _refused(problem_of_fields(fields, request_id), noted)
    except PortcullisError as error:
        answer = problem(error, request_id)
        if answer.status >= 500:
            log.error("unavailable", request_id=str(request_id), code=error.code, detail=str(error))
        return _refused(answer, noted)
    except Exception as error:
        log.error("failed", request_id=str(request_id), error=type(error).__name__, at=places(error.__traceback__))
        return _refused(problem(error, request_id), noted)
    if not done.audited:
        noted["audited"] = False
    return _result(done.told)


async def _work(request: Request, offer: Offer, arguments: Mapping[str, Any], tokens: Tokens, noted: dict[str, Any]) -> Done:
    state = request.app.state
    services: Services | None = state.services
    if services is None:
        raise NotReady("The service is still opening its catalog, index and model.")
    request_id: UUID = request.state.request_id

    async def work() -> Done:
        whose = (services.catalog, tokens, request.scope["state"][GIVEN], request_id, offer.operation)
        asker = await to_thread.run_sync(asker_by_token, *whose, "retrieve", services.scopes.find)
        note_asker(request, asker, offer.operation)
        verdict = await admit(request, asker)
        given = offer.takes.model_validate(arguments)
        done = await offer.work(services, state.settings, asker, given, request_id)
        if done.body is not None:
            answered(request, asker, done.body)
        await charge(request, asker, verdict, done.tokens)
        return done

    done: Done = await state.admission.run(work)
    return done


def _tool(name: str, offer: Offer) -> Tool:
    from mcp_types import Tool, ToolAnnotations

    return Tool(
        name=name,
        title=offer.title,
        description=offer.description,
        input_schema=offer.takes.model_json_schema(),
        output_schema=offer.gives.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False),
    )


def _result(told: SearchAnswer | FetchAnswer) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    text = told.text
    if isinstance(told, FetchAnswer) and told.next is not None:
        text = f"{text}\n\nThe document goes on: fetch it with start={told.next}."
    return CallToolResult(content=[TextContent(text=text)], structured_content=told.model_dump(mode="json"))


def _refused(answer: Problem, noted: dict[str, Any]) -> CallToolResult:
    """An error of the tool: our stable code, and what helps; of ourselves nothing."""
    from mcp_types import CallToolResult, TextContent

    noted.update(code=answer.body["code"], tool_status=answer.status)
    return CallToolResult(
        content=[TextContent(text=json.dumps(answer.body))], structured_content=dict(answer.body), is_error=True
    )
