"""What identity providers send beside the standard: brought into its form, so that everything else may be strict.

Nothing is guessed here. What this file does not know stays as it is, and is refused where the protocol is read.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

PASSWORD = "password"  # noqa: S105  the name of the attribute
"""Never read and never kept: Okta sends one with every new user."""
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"
DISPLAY = "display"
"""What a client calls a member beside its id."""


def resource(body: Any, known_schemas: Collection[str]) -> Any:
    """A resource without its password, and without the schemas that Entra names beside the standard ones."""
    if not isinstance(body, dict):
        return body
    kept = {key: _member_names_gone(key, value) for key, value in body.items() if key.casefold() != PASSWORD}
    schemas = kept.get("schemas")
    if isinstance(schemas, list):
        # an unknown schema without a part of its own in the body says nothing; one with a part is refused as unknown
        told = {schema.casefold() for schema in known_schemas} | {key.casefold() for key in body}
        kept["schemas"] = [schema for schema in schemas if not isinstance(schema, str) or schema.casefold() in told]
    return kept


def _member_names_gone(key: str, value: Any) -> Any:
    if key.casefold() != "members" or not isinstance(value, list):
        return value
    return [{k: v for k, v in one.items() if k.casefold() != DISPLAY} if isinstance(one, dict) else one for one in value]


def patch(body: Any, resource_id: str) -> Any:
    """A PATCH whose operations do not repeat the resource's own id and schemas, as Okta's do when it renames a group."""
    if not isinstance(body, dict):
        return body
    return {key: _operations(value, resource_id) if key.casefold() == "operations" else value for key, value in body.items()}


def _operations(operations: Any, resource_id: str) -> Any:
    return [_operation(one, resource_id) for one in operations] if isinstance(operations, list) else operations


def _operation(operation: Any, resource_id: str) -> Any:
    if not isinstance(operation, dict):
        return operation
    said = {key.casefold(): value for key, value in operation.items()}
    path, value = said.get("path"), said.get("value")
    if isinstance(path, str) and path.casefold() == MANAGER:
        return {**said, "value": _manager(value)}
    if path or not isinstance(value, dict):
        return said
    return {**said, "value": {key: item for key, item in value.items() if not _says_nothing(key.casefold(), item, resource_id)}}


def _manager(value: Any) -> Any:
    """Entra names the manager by his id alone, or in a list of one."""
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return {"value": value} if isinstance(value, str) else value


def _says_nothing(key: str, value: Any, resource_id: str) -> bool:
    return key in (PASSWORD, "schemas") or (key == "id" and value == resource_id)
