"""What our SCIM service serves and tolerates, and the steps of the protocol that differ from the library's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    ETag,
    Filter,
    InvalidFilterException,
    InvalidSyntaxException,
    Patch,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    TooManyException,
)
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from scim2_server.utils import load_default_resource_types, load_default_schemas

from acl.scim import dialect, membership
from catalog.ids import storable

GROUP = "Group"


def open_provider(max_count: int) -> ScimProvider:
    """Users with the enterprise extension, and groups; PATCH, filters, orders, ETags; lists of at most `max_count` a page.

    An attribute that nobody declared is refused. A value beside a `remove`, and a filter that matches nothing in a `replace`,
    mean what Entra means by them.
    """
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=max_count),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Service key",
                description="A service key of the tenant with the scope `scim`, as a bearer token",
            )
        ],
    )
    policy = ScimPolicy(
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
    known = _known()
    return ScimProvider(known.models, known.resource_types, config, policy)


@cache
def _known() -> ScimProvider:
    """The models of what is served. Making them from their schemas takes half a second."""
    return ScimProvider.from_discovery(_schemas(), load_default_resource_types().values())


def _schemas() -> list[Schema]:
    """Those of RFC 7643, where a member of a group has no name beside its id: a client's word for it is left out."""
    schemas = load_default_schemas()
    (members,) = (a for a in schemas[membership.GROUP].attributes or [] if a.name == membership.MEMBERS)
    members.sub_attributes = [a for a in members.sub_attributes or [] if a.name != dialect.DISPLAY]
    return list(schemas.values())


class Service(ScimService):
    """The library's protocol; bodies are read strictly as JSON and brought out of their provider's dialect first."""

    def __init__(self, provider: ScimProvider, *, max_filter_characters: int = 2000, max_operations: int = 1000) -> None:
        super().__init__(provider)
        self._max_filter_characters = max_filter_characters
        self._max_operations = max_operations
        self._schemas = [str(model.__schema__) for model in provider.models]

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """The JSON value of a body. Raises `InvalidSyntaxException`: a key that stands twice says two things."""
        self.ensure_json(content_type)
        try:
            value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_refuse)
        except UnicodeDecodeError:
            raise InvalidSyntaxException(detail="The body is not UTF-8.") from None
        except RecursionError:
            raise InvalidSyntaxException(detail="The body is nested too deeply.") from None
        except ValueError:
            raise InvalidSyntaxException(detail="The body is not JSON.") from None
        if not all(storable(text) for text in _texts(value)):
            raise InvalidSyntaxException(detail="The body holds a character that cannot be kept: U+0000 or half a pair.")
        return value

    def read_creation(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        """The resource in a POST."""
        return super().read_creation(resource_type, self._resource(body, content_type), content_type)

    def read_replacement(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        """The resource in a PUT."""
        return super().read_replacement(resource_type, self._resource(body, content_type), content_type)

    def read_operations(self, body: bytes, content_type: str | None, resource_id: str) -> dict[str, Any]:
        """The body of a PATCH, unread but for its form: an object with some operations, not too many."""
        self.ensure_patch_supported()
        patch = dialect.patch(self.decode_body(body, content_type), resource_id)
        found = [value for key, value in patch.items() if key.casefold() == "operations"] if isinstance(patch, dict) else []
        if len(found) != 1 or not isinstance(found[0], list) or not found[0]:
            raise InvalidSyntaxException(detail="A PATCH is an object with a list `Operations` of one or more operations.")
        if len(found[0]) > self._max_operations:
            raise TooManyException(detail=f"A PATCH holds at most {self._max_operations} operations: send several.")
        return {**{key: value for key, value in patch.items() if key.casefold() != "operations"}, "Operations": found[0]}

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> tuple[SearchRequest[Any], Any]:
        """A search. Raises `InvalidFilterException` for a filter that is too long to be read."""
        given = payload.items() if isinstance(payload, Mapping) else ()
        for key, value in given:
            if isinstance(key, str) and key.casefold() == "filter" and isinstance(value, str):
                if len(value) > self._max_filter_characters:
                    raise InvalidFilterException(detail=f"A filter has at most {self._max_filter_characters} characters.")
                if not storable(value):
                    raise InvalidFilterException(detail="The filter holds a character that no value has.")
        return super().read_search(resource_types, payload)

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """A user comes back whole, as Entra and Okta show it; of a group 204, unless attributes are asked for."""
        if resource.meta is not None and resource.meta.resource_type == GROUP:
            return super().patch_response(base_url, resource, response_parameters)
        published = self.publish(base_url, resource)
        return self.resource_response(published, Context.RESOURCE_REPLACEMENT_RESPONSE, response_parameters)

    @staticmethod
    def nothing_but(version: str) -> ScimResponse:
        """204 with the ETag."""
        return ScimResponse(HTTPStatus.NO_CONTENT, None, {"ETag": version})

    def _resource(self, body: bytes, content_type: str | None) -> bytes:
        return json.dumps(dialect.resource(self.decode_body(body, content_type), self._schemas)).encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {key.casefold(): None for key, _ in pairs}  # attribute names are compared without regard to case
    if len(found) != len(pairs):
        raise InvalidSyntaxException(detail="An attribute stands twice in one object.")
    return dict(pairs)


def _refuse(constant: str) -> Any:
    raise InvalidSyntaxException(detail="NaN and infinity are no JSON.")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
