"""A resource of the protocol and what is kept of it: what is said, what it is named, what it is looked up by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from scim2_models import InvalidValueException, Path, Resource

from acl import principal
from acl.errors import BadPrincipal
from acl.principal import Name
from catalog.ids import PrincipalId, digest, storable

Kind = Literal["user", "group"]
Alias = Literal["external_id", "emails"]
TYPES: Mapping[Kind, str] = {"user": "User", "group": "Group"}
KINDS: Mapping[str | None, Kind] = {"User": "user", "Group": "group"}
OURS = ("id", "meta", "members", "groups", "password")
"""What is never part of `attributes`: given by us, kept in rows of its own, or kept nowhere."""
NAMED_BY: Mapping[Kind, str] = {"user": "userName", "group": "displayName"}
LOOKED_UP: Mapping[Kind, tuple[str, ...]] = {
    "user": ("userName", "displayName", "externalId", "emails.value"),
    "group": ("displayName", "externalId"),
}
EXTERNAL_ID_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Stored:
    """A person or group as SCIM's clients know it. `id` is theirs, `principal_id` ours."""

    principal_id: PrincipalId
    id: str
    kind: Kind
    name: str
    active: bool
    attributes: Mapping[str, Any]
    revision: int
    created_at: datetime
    modified_at: datetime

    @property
    def called(self) -> Name:
        """What access lists call it by now."""
        return Name(self.kind, self.name)

    @property
    def version(self) -> str:
        """The ETag."""
        return version_of(self.revision)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group, as the group shows it."""

    id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Naming:
    """What access lists call somebody by, and by what else a person may be named."""

    bind: Literal["name", "external_id"] = "name"
    aliases: tuple[Alias, ...] = ("external_id",)


def version_of(revision: int) -> str:
    """The ETag of a revision."""
    return f'W/"{revision}"'


def attributes_of(resource: Resource[Any]) -> dict[str, Any]:
    """What is kept of a resource as JSON. `active` in it says that it was stated; its value is kept with the principal."""
    return {key: value for key, value in resource.model_dump().items() if key not in OURS}


def built(model: type[Resource[Any]], stored: Stored, members: Sequence[Member] | None = None) -> Resource[Any]:
    """The resource of the protocol. Without `members` a group shows none, which is not to say that it has none."""
    said = dict(stored.attributes)
    if "active" in said:
        said["active"] = stored.active
    said["id"] = stored.id
    said["meta"] = {
        "resourceType": TYPES[stored.kind],
        "created": stored.created_at.isoformat(),
        "lastModified": stored.modified_at.isoformat(),
        "version": stored.version,
    }
    if members:
        said["members"] = [member_body(member) for member in members]
    return model.model_validate(said)


def member_body(member: Member, shown: Collection[str] = ("value", "$ref", "type")) -> dict[str, str]:
    """A member as JSON. `$ref` is relative to the root of SCIM."""
    type_ = TYPES[member.kind]
    whole = {"value": member.id, "$ref": f"{type_}s/{member.id}", "type": type_}
    return {part: whole[part] for part in whole if part in shown}


def name_of(kind: Kind, resource: Resource[Any], naming: Naming) -> Name:
    """What access lists call it by. Raises `InvalidValueException` for what cannot be a name."""
    attribute = "externalId" if naming.bind == "external_id" else NAMED_BY[kind]
    return _name(kind, attribute, _value(resource, attribute))


def aliases_of(resource: Resource[Any], naming: Naming) -> set[Name]:
    """The other names of a user. Raises `InvalidValueException` for what cannot be a name."""
    found: list[tuple[str, Any]] = []
    if "external_id" in naming.aliases:
        found.append(("externalId", _value(resource, "externalId")))
    if "emails" in naming.aliases:
        found += [("emails.value", value) for value in _value(resource, "emails.value") or ()]
    return {_name("user", attribute, value) for attribute, value in found if value}


def external_id_of(resource: Resource[Any]) -> str | None:
    """What the provider itself calls it."""
    external_id = cast("str | None", _value(resource, "externalId"))
    if external_id is not None and len(external_id) > EXTERNAL_ID_CHARACTERS:
        raise InvalidValueException(detail=f"externalId is longer than {EXTERNAL_ID_CHARACTERS} characters.")
    return external_id


def lookups_of(kind: Kind, resource: Resource[Any]) -> set[tuple[str, str]]:
    """Attribute and digest of all that it is looked up by."""
    found = set()
    for attribute in LOOKED_UP[kind]:
        values = _value(resource, attribute)
        for value in values if isinstance(values, list) else [values]:
            if value is not None:
                found.add((attribute, lookup_digest(_binding(type(resource), attribute).comparable(value))))
    return found


def lookup_digest(comparable: Any) -> str:
    """The digest of a value in the form that filters compare."""
    return digest(str(comparable))


def looked_up_by(model: type[Resource[Any]], kind: Kind, urn: str) -> str | None:
    """Which of `LOOKED_UP` a filter means by an attribute of this full name."""
    return next((name for name in LOOKED_UP[kind] if _binding(model, name).urn == urn), None)


def _name(kind: Kind, attribute: str, value: Any) -> Name:
    text = value if isinstance(value, str) else ""
    if principal.normal(text).startswith(("user:", "group:")) or not storable(text):
        raise InvalidValueException(detail=f"{attribute} cannot be a name: leave out `user:` and `group:`.")
    try:
        return principal.parse(f"{kind}:{text}")
    except BadPrincipal:
        raise InvalidValueException(detail=f"{attribute} must have 1 to {principal.NAME_LIMIT} printable characters.") from None


def _value(resource: Resource[Any], attribute: str) -> Any:
    return _path(type(resource), attribute).get(resource)


def _binding(model: type[Resource[Any]], attribute: str) -> Any:
    binding = _path(model, attribute).resolve()
    assert binding is not None
    return binding


def _path(model: type[Resource[Any]], attribute: str) -> Path[Any]:
    return cast("Path[Any]", cast(Any, Path)[model](attribute))
