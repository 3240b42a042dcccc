"""The library's handler with a path of our own for PATCH: members of a group never travel through the group."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scim2_models import InvalidPathException, Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from acl.scim.membership import Change, split
from acl.scim.provider import GROUP, Service
from acl.scim.shape import Stored
from acl.scim.storage import SqlStorage


class Handler(ScimHandler):
    """Serves one request, with a storage of its own."""

    service: Service
    storage: SqlStorage

    def query(self, request: ScimRequest) -> ScimResponse:
        """Read a resource."""
        return self._beside(super().query, request)

    def search(self, request: ScimRequest) -> ScimResponse:
        """Search by the URL."""
        return self._beside(super().search, request)

    def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search by a body."""
        return self._beside(super().search_with_body, request)

    def _beside(self, serve: Callable[[ScimRequest], ScimResponse], request: ScimRequest) -> ScimResponse:
        """Members join the answer as they are: 50,000 of them as objects of the library would take seconds."""
        self.storage.lean = True
        response = serve(request)
        if response.body is not None:
            for resource in response.body.get("Resources", [response.body]):
                if members := self.storage.beside.get(resource.get("id", "")):
                    resource["members"] = [located(member, request.base_url) for member in members]
        return response

    def patch(self, request: ScimRequest) -> ScimResponse:
        """Modify a resource."""
        with self.service.provider:
            target = self.service.route(request, Operation.patch)
            resource_type = self.service.resource_type_at(target.endpoint or "")
            resource_id = target.resource_id or ""
            body = self.service.read_operations(request.body, request.header("Content-Type"), resource_id)
        if resource_type.name != GROUP:
            return super().patch(replace(request, body=json.dumps(body).encode()))
        with self.service.provider:
            return self._patch_group(request, resource_type, resource_id, body)

    def _patch_group(
        self, request: ScimRequest, resource_type: ResourceType, resource_id: str, body: dict[str, Any]
    ) -> ScimResponse:
        parameters = self.service.read_response_parameters(resource_type, request.query)
        changes, others = split(body["Operations"])
        # an operation that changes nothing stands for the members', so that the library reads the message in any case
        read = {**body, "Operations": others or [{"op": "add", "value": {}}]}
        patch_op = self.service.read_patch(resource_type, json.dumps(read).encode(), None)
        with self.storage.operation():
            stored = self.storage.stored(resource_type, resource_id)
            self.service.read_conditions(request).check(stored.version, "PATCH")
            if others:
                self._apply(resource_type, stored, patch_op)
                stored = self.storage.stored(resource_type, resource_id)
            version = self._change(stored, changes)
            if not parameters.attributes and not parameters.excluded_attributes:
                return self.service.nothing_but(version)
            group = self.storage.get(resource_type, resource_id, response_parameters=parameters)
        return self.service.patch_response(request.base_url, group, parameters)

    def _change(self, stored: Stored, changes: list[Change]) -> str:
        return self.storage.change_members(stored, changes) if changes else stored.version

    def _apply(self, resource_type: ResourceType, stored: Stored, patch_op: Any) -> None:
        """What is not about members, on the group without them."""
        current: Resource[Any] = self.storage.get(resource_type, stored.id, members=False)
        patched = self.service.apply_patch(current, patch_op, Conditions())
        if patched is None:
            return
        if getattr(patched, "members", None) is not None:
            raise InvalidPathException(detail="Members are changed by the path `members`.")  # `split` lets none of these pass
        self.storage.update(resource_type, patched, expected_version=stored.version, members=False)


def located(member: dict[str, str], base_url: str) -> dict[str, str]:
    """A member whose reference is a whole URL."""
    return {key: f"{base_url}/{value}" if key == "$ref" else value for key, value in member.items()}
