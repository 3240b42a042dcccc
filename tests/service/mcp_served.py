"""The service with its MCP server on a free port, and the official client to drive it."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import anyio
import httpx
import httpx2
import uvicorn
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent

from acl.listen import listen, url_of
from acl.log import open_log
from retrieval.app import create_app
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.corpus import Corpus
from tests.unit.retrieval.provider import token

PLANS = "unreadable/plans"


class Running:
    """The service on a free port. `say` sends one request as it is, `ask` calls tools through the official client."""

    def __init__(self, services: Services, settings: RetrievalSettings, listening: socket.socket) -> None:
        self.origin = url_of(listening)
        self.url = f"{self.origin}/mcp"
        self.log = io.StringIO()
        self.http = httpx.Client(timeout=30)
        changed = settings.model_copy(update={"mcp": True, "mcp_url": self.url})
        self.app = create_app(changed, services, open_log(self.log))
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, access_log=False))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)

    def start(self) -> None:
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < until, "the service did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self.http.close()
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()

    def token(self, person: str = "ana", **changes: Any) -> str:
        return token(sub=person, **{"aud": self.url, **changes})

    def ask(self, person: str, *calls: tuple[str, dict[str, Any]], mode: str = "auto") -> list[CallToolResult]:
        async def each(client: Client) -> list[CallToolResult]:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

        return self.drive(person, each, mode)

    def drive(self, person: str, work: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
        async def run() -> Any:
            headers = {"Authorization": f"Bearer {self.token(person)}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=30) as http,
                Client(streamable_http_client(self.url, http_client=http), mode=mode) as client,
            ):
                return await work(client)

        return anyio.run(run)

    def say(self, *headers: tuple[str, str], method: str = "POST", body: str | None = None) -> httpx.Response:
        """A call of `search`, or what is given, without a client of MCP."""
        accept = [("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json")]
        given = {name.lower() for name, _ in headers}
        kept = [one for one in accept if one[0].lower() not in given]
        return self.http.request(method, self.url, headers=[*kept, *headers], content=body or call())


@contextmanager
def served(services: Services, settings: RetrievalSettings, corpus: Corpus) -> Iterator[Running]:
    """The service with a document for everyone and one for the leads."""
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"], title="Handbook")
    corpus.publish(PLANS, "The boiler plans of the leads.", allow=["group:leads"], title="Plans")
    with closing(listen("127.0.0.1", 0)) as listening:
        made = Running(services, settings, listening)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def call(filter: str = "null") -> str:
    """A call of `search` as it is sent."""
    said = f'"name":"search","arguments":{{"query":"boiler","filter":{filter}}}'
    meta = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
    return f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{said},{meta}}}}}'


def bearer(value: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {value}"


def ids(answer: CallToolResult) -> set[str]:
    assert not answer.is_error, answer
    return {one["id"] for one in answer.structured_content["results"]}


def text_of(answer: CallToolResult) -> str:
    (only,) = answer.content
    assert isinstance(only, TextContent)
    return only.text


def code(answer: CallToolResult) -> str:
    assert answer.is_error
    assert json.loads(text_of(answer)) == answer.structured_content
    told: str = answer.structured_content["code"]
    return told
