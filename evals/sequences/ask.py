"""A question is sent as an application or an assistant sends it, and the answer comes back as what the judge looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.sequences.house import House
from evals.sequences.questions import Question
from evals.sequences.signer import ORIGIN
from evals.sequences.world import World

PROTOCOL = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` of the problem, None where it was answered. `body` is all that was sent, `cache` what it says of the cache."""

    code: str | None
    body: Mapping[str, Any]

    @property
    def cache(self) -> str:
        said: str = self.body.get("usage", {}).get("cache", "none")
        return said


async def ask(house: House, world: World, question: Question) -> Answer:
    """Raises RuntimeError where there is neither an answer nor a problem."""
    client = house.clients[question.service]
    if question.face == "retrieve":
        sent = {"query": question.query, **question.fields}
        if question.session_id is not None:
            sent["session_id"] = question.session_id
        headers = {"Authorization": f"Bearer {world.key}", "X-On-Behalf-Of": question.person}
        response = await client.post("/v1/retrieve", json=sent, headers=headers)
        body: dict[str, Any] = response.json()
        return Answer(body.get("code") if response.status_code != 200 else None, body)
    arguments = {"id": question.query} if question.face == "fetch" else {"query": question.query}
    params = {"name": question.face, "arguments": arguments, "_meta": PROTOCOL}
    said = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    token = house.signer.token(world.tenant, question.person)
    response = await client.post(f"{ORIGIN}/mcp", json=said, headers={**ACCEPT, "Authorization": f"Bearer {token}"})
    result = response.json().get("result")
    if result is None:
        raise RuntimeError(f"the MCP server says neither yes nor no: {response.status_code} {response.text[:300]}")
    told = result["structuredContent"]
    return Answer(told["code"] if result.get("isError") else None, {**told, "content": result["content"]})
