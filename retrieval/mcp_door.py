"""The door before the MCP server: every single request brings the person's token, meant for this server, or ends here.

No service key is taken, so nobody is impersonated; and the token goes no further than to its check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request

from retrieval.admission import Admission
from retrieval.errors import BadToken, InsufficientScope, NotAuthenticated, NotReady, TokenNeeded
from retrieval.guard import Application, Message, Receive, Scope, Send, respond
from retrieval.identity import Credentials, credentials
from retrieval.mcp_resource import Resource
from retrieval.problems import Problem, problem
from retrieval.tokens import Tokens, Vouched

PATH = "/mcp"
GIVEN = "mcp_given"
"""Where in the request's state the checked credentials stand."""


def is_message(body: bytes) -> bool:
    """Whether this is a request or a notification (JSON-RPC 2.0, 4). Of anything else the SDK would send back what was in it."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or said.get("jsonrpc") != "2.0" or not isinstance(said.get("method"), str):
        return False
    return isinstance(said.get("params", {}), dict) and isinstance(said.get("id", 0), str | int)


class Door:
    """An ASGI application before `transport`, which is there while the service runs."""

    def __init__(self, resource: Resource, tokens: Tokens) -> None:
        self.resource = resource
        self.tokens = tokens
        self.transport: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        request = Request(scope)
        request_id: UUID = request.state.request_id
        try:
            scope["state"][GIVEN] = await self._check(request)
        except (NotAuthenticated, BadToken, InsufficientScope) as error:
            await respond(send, self._with_metadata(problem(error, request_id)))
            return
        if request.method != "POST":  # there are no sessions here, and no stream that waits
            raise HTTPException(405, headers={"Allow": "POST"})
        if self.transport is None:
            raise NotReady("The service is still opening its MCP server.")
        body = await Request(scope, receive).body()
        if not is_message(body):
            raise HTTPException(400)
        replay: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return replay.pop() if replay else await receive()

        await self.transport(scope, receive_again, send)

    @property
    def path(self) -> str:
        """For the log."""
        return PATH

    async def _check(self, request: Request) -> Credentials:
        given = credentials(request.headers.raw, issuers=True)
        token = given.token
        if token is None or not given.alone:
            raise TokenNeeded(presented=given.key is not None)
        admission: Admission = request.app.state.admission

        async def check() -> Vouched:
            return await to_thread.run_sync(self.tokens.check, token)

        await admission.run(check)
        return given

    def _with_metadata(self, answer: Problem) -> Problem:
        """Where a token is to be had (RFC 9728, 5.1)."""
        challenge = f'{answer.headers["WWW-Authenticate"]}, resource_metadata="{self.resource.metadata_url}"'
        headers: Mapping[str, str] = {**answer.headers, "WWW-Authenticate": challenge}
        return replace(answer, headers=headers)
