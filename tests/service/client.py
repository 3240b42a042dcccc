"""The application as a client sees it, without a network."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import httpx

from acl.log import open_log
from retrieval.app import create_app
from retrieval.services import Services
from retrieval.settings import RetrievalSettings


class Service:
    """Each call runs in an event loop of its own."""

    def __init__(self, services: Services, settings: RetrievalSettings, key: str) -> None:
        self.log = io.StringIO()
        self.key = key
        self.app = create_app(settings, services, open_log(self.log))

    def send(self, method: str, path: str, person: str | None = "ana", key: str | None = None, **more: Any) -> httpx.Response:
        """One request. `person` None sends no name."""
        headers = httpx.Headers({"Authorization": f"Bearer {key or self.key}"})
        if person is not None:
            headers["X-On-Behalf-Of"] = person
        headers.update(more.pop("headers", {}))
        return self.raw(method, path, headers=headers, **more)

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://portcullis.test") as client:
                return await client.request(method, path, **more)

        return asyncio.run(call())

    def retrieve(self, query: str, person: str | None = "ana", key: str | None = None, **fields: Any) -> httpx.Response:
        return self.send("POST", "/v1/retrieve", person, key, json={"query": query, **fields})

    def found(self, query: str, person: str = "ana", **fields: Any) -> list[str]:
        """The documents of the results, best first."""
        response = self.retrieve(query, person, **fields)
        assert response.status_code == 200, response.text
        return [result["document_id"] for result in response.json()["results"]]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a problem, after its form was checked."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), response.text
    body: dict[str, Any] = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    assert body["type"] == f"urn:portcullis:problem:{code}"
    return body


class Waited(httpx.BaseTransport):
    """The application for a client that waits: each request in an event loop of its own."""

    def __init__(self, service: Service) -> None:
        self._app = service.app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def call() -> httpx.Response:
            came = await httpx.ASGITransport(self._app).handle_async_request(request)
            return httpx.Response(came.status_code, headers=came.headers, content=await came.aread())

        return asyncio.run(call())
