"""The SCIM server as an identity provider sees it, without a network."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import httpx
from sqlalchemy import Engine

from acl.log import open_log
from acl.scim.app import create_app
from acl.scim.application import ScimApplication
from acl.settings import AclSettings
from catalog.keys import create_key
from catalog.session import transaction
from catalog.tenants import create_tenant

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
BASE = "https://people.example/scim/v2"


def new_key(catalog: Engine, *scopes: str, tenant: str = "default") -> str:
    with transaction(catalog) as session:
        return create_key(session, create_tenant(session, tenant), "test", scopes or ("scim",))[1]


class Scim:
    """One tenant's client. Each call runs in an event loop of its own, or several at once in one."""

    def __init__(self, catalog: Engine, key: str | None = None, app: ScimApplication | None = None, **settings: Any) -> None:
        self.catalog = catalog
        self.log = io.StringIO()
        self.bare = False  # sends nothing but what is given
        self.key = key or new_key(catalog)
        settings = {"scim_base_url": BASE, **settings}
        self.app = app or create_app(AclSettings(**settings), catalog, open_log(self.log))

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request below `/scim/v2`, as the tenant's identity provider sends it."""
        return self.together([(method, path, body)], **more)[0]

    def together(
        self, requests: list[tuple[str, str, Any]], headers: dict[str, str] | None = None, **more: Any
    ) -> list[httpx.Response]:
        """Several requests at the same time."""
        own = {} if self.bare else {"Authorization": f"Bearer {self.key}", "Content-Type": "application/scim+json"}
        sent = {**own, **(headers or {})}

        async def call() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://portcullis.test") as client:
                return await asyncio.gather(
                    *(
                        client.request(
                            method,
                            path if path.startswith(("/healthz", "/readyz")) else f"/scim/v2{path}",
                            headers=sent,
                            content=body if isinstance(body, bytes) or body is None else json.dumps(body).encode(),
                            **more,
                        )
                        for method, path, body in requests
                    )
                )

        return asyncio.run(call())

    def user(self, name: str, **said: Any) -> str:
        """A new user's id."""
        made = self.send("POST", "/Users", {"schemas": [USER], "userName": name, **said})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def group(self, name: str, *members: str, **said: Any) -> str:
        """A new group's id."""
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": id_} for id_ in members], **said}
        made = self.send("POST", "/Groups", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def patch(self, path: str, *operations: dict[str, Any], **more: Any) -> httpx.Response:
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **more)

    def members(self, group: str) -> set[str]:
        """The ids of a group's members."""
        answer = self.send("GET", f"/Groups/{group}")
        assert answer.status_code == 200, answer.text
        return {member["value"] for member in answer.json().get("members", [])}

    def found(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.send("GET", f"/{kind}", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["Resources"])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def refused(answer: httpx.Response, status: int, scim_type: str | None = None) -> str:
    """The detail of a SCIM error, after its form was checked."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/scim+json"
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type, body
    return str(body["detail"])
