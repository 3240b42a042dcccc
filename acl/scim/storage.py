"""The storage behind the protocol: one tenant's people and groups, each operation one transaction, each change audited."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from scim2_models import (
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import Engine

from acl import members as people
from acl.errors import NameTaken
from acl.principal import Name
from acl.scim import rows
from acl.scim.find import Place, search
from acl.scim.members import change_members, members_in, replace_members
from acl.scim.membership import MEMBERS, Change
from acl.scim.shape import (
    KINDS,
    TYPES,
    Kind,
    Naming,
    Stored,
    aliases_of,
    attributes_of,
    built,
    external_id_of,
    lookups_of,
    member_body,
    name_of,
    version_of,
)
from acl.scim.transactions import Transactions
from catalog import audit
from catalog.ids import TenantId
from catalog.session import ReadSession, WriteSession

PROVIDER = "scim"
PARTS = frozenset({"value", "$ref", "type"})


class SqlStorage(ScimStorage):
    """Of one tenant, for one request of one key: not shared between threads.

    `writes` says what an operation that encloses several calls is: a write transaction, or one consistent read.
    """

    lean = False
    """Whether groups come without their members, which are then found in `beside` by the group's id, as the answer shows them."""

    def __init__(
        self,
        catalog: Engine,
        tenant_id: TenantId,
        actor: str,
        provider: ScimProvider,
        naming: Naming = Naming(),
        *,
        max_scanned: int = 50_000,
        writes: bool = True,
    ) -> None:
        self._in = Transactions(catalog, tenant_id)
        self._tenant_id = tenant_id
        self._actor = actor
        self._origin = f"{PROVIDER} {actor}"
        self._provider = provider
        self._naming = naming
        self._max_scanned = max_scanned
        self._writes = writes
        self.beside: dict[str, list[dict[str, str]]] = {}

    def operation(self) -> AbstractContextManager[None]:
        """One transaction around several calls: all of it happens, or none."""
        return self._operation()

    @contextmanager
    def _operation(self) -> Iterator[None]:
        with self._in.writing() if self._writes else self._in.reading():
            yield

    # ---- reading ------------------------------------------------------------------------------------------------------------

    def stored(self, resource_type: ResourceType, resource_id: str) -> Stored:
        """What is kept of a resource, without its members. Raises `NotFoundException`."""
        with self._in.reading() as session:
            return self._find(session, resource_type, resource_id)

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
        members: bool = True,
    ) -> Resource[Any]:
        """The resource; its members only where they are wanted and the response shows them."""
        with self._in.reading() as session:
            stored = self._find(session, resource_type, resource_id)
            shown = shown_of_members(response_parameters) if members else ()
            return self._built(session, [stored], shown)[0]

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """One page. Raises `TooManyException`, see `acl/scim/find.py`."""
        kinds = [KINDS[type_.name] for type_ in resource_types]
        with self._in.reading() as session:
            found = search(Place(session, self._tenant_id, self._provider, kinds, self._max_scanned), search_request)
            return SearchPage(found.total, self._built(session, found.page, shown_of_members(search_request)))

    # ---- writing ------------------------------------------------------------------------------------------------------------

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """A new person or group. Raises `UniquenessException` when somebody, of whatever provider, has the name."""
        kind = KINDS[resource_type.name]
        name = name_of(kind, resource, self._naming)
        external_id = external_id_of(resource)
        active = getattr(resource, "active", None) is not False
        with self._in.writing() as session:
            inside = members_in(session, self._tenant_id, resource)
            with taken_is_conflict():
                principal_id = people.bind(session, self._tenant_id, name, PROVIDER, active=active, external_id=external_id)
                if kind == "user":
                    people.set_aliases(session, self._tenant_id, principal_id, aliases_of(resource, self._naming))
            public_id = rows.insert(session, self._tenant_id, principal_id, attributes_of(resource), lookups_of(kind, resource))
            added = people.add_members(session, self._tenant_id, principal_id, inside, self._origin)
            self._audit(session, kind, "create", name, {"active": active} if kind == "user" else {"members_added": added})
            return self.get(resource_type, public_id)

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
        members: bool = True,
    ) -> Resource[Any]:
        """The resource as it is to be. With `members` false those of a group stay as they are.

        An `active` that is not stated changes nothing: nobody who was disabled is let in again by silence.
        """
        kind = KINDS[resource_type.name]
        name = name_of(kind, resource, self._naming)
        external_id = external_id_of(resource)
        active: bool | None = getattr(resource, "active", None)
        with self._in.writing() as session:
            stored = self._find(session, resource_type, resource.id or "")
            expect(stored, expected_version)
            with taken_is_conflict():
                self._rename(session, stored, resource, name)
            people.set_external_id(session, self._tenant_id, stored.principal_id, external_id)
            if kind == "user" and active is not None and active is not stored.active:
                people.set_active(session, self._tenant_id, stored.principal_id, active)
            told: dict[str, Any] = {"active": stored.active if active is None else active} if kind == "user" else {}
            if kind == "group" and members:
                inside = members_in(session, self._tenant_id, resource)
                told |= replace_members(session, self._tenant_id, stored.principal_id, inside, self._origin)
            attributes = attributes_of(resource)
            rows.rewrite(session, self._tenant_id, stored.principal_id, attributes, lookups_of(kind, resource))
            self._audit(session, kind, "update", name, told if name == stored.called else {**told, "was": str(stored.called)})
            return self.get(resource_type, stored.id, members=members)

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Remove it for good. Who comes under its name later is somebody new."""
        kind = KINDS[resource_type.name]
        with self._in.writing() as session:
            stored = self._find(session, resource_type, resource_id)
            expect(stored, expected_version)
            rows.delete_resource(session, self._tenant_id, stored.principal_id)
            people.remove(session, self._tenant_id, [stored.principal_id])
            self._audit(session, kind, "delete", stored.called, {})

    def change_members(self, stored: Stored, changes: Sequence[Change]) -> str:
        """Members of a group changed at the cost of the change. Returns the group's version afterwards."""
        with self._in.writing() as session:
            counts = change_members(session, self._tenant_id, stored.principal_id, changes, self._origin)
            if not counts.total():
                return stored.version
            revision = rows.touch(session, self._tenant_id, stored.principal_id)
            self._audit(session, "group", "members", stored.called, counts)
            return version_of(revision)

    # ---- what these are made of ---------------------------------------------------------------------------------------------

    def _rename(self, session: WriteSession, stored: Stored, resource: Resource[Any], name: Name) -> None:
        """Other names come before the new one, which may be one of them so far, and after it, where the old one is to be one."""
        who = (session, self._tenant_id, stored.principal_id)
        aliases = aliases_of(resource, self._naming) - {name} if stored.kind == "user" else set()
        if stored.kind == "user":
            people.set_aliases(*who, aliases)
        if name != stored.called:
            people.rename(*who, name)
            if aliases:
                people.set_aliases(*who, aliases)

    def _find(self, session: ReadSession, resource_type: ResourceType, resource_id: str) -> Stored:
        stored = rows.find(session, self._tenant_id, KINDS[resource_type.name], resource_id)
        if stored is None:
            raise NotFoundException(detail=f"There is no {resource_type.name} of this id.")
        return stored

    def _built(self, session: ReadSession, found: Sequence[Stored], shown: Collection[str]) -> list[Resource[Any]]:
        """The resources; of the members of groups, what is `shown`, within them or beside them."""
        groups = {one.principal_id: one.id for one in found if one.kind == "group"} if shown else {}
        inside = rows.members_of(session, self._tenant_id, groups)
        if self.lean:
            self.beside |= {groups[id_]: [member_body(m, shown) for m in members] for id_, members in inside.items() if members}
            inside = {}
        models = {kind: cast(Any, self._provider.model_for(name)) for kind, name in TYPES.items()}
        return [built(models[one.kind], one, inside.get(one.principal_id)) for one in found]

    def _audit(self, session: WriteSession, kind: Kind, what: str, name: Name, details: Mapping[str, Any]) -> None:
        action = f"scim.{kind}.{what}"
        audit.record(session, self._tenant_id, actor=self._actor, action=action, object_=str(name), details=details)


def shown_of_members(parameters: ResponseParameters[Any] | None) -> frozenset[str]:
    """Which parts of a group's members a response with these parameters shows; none where it shows no members."""
    if parameters is None:
        return PARTS
    named = [[part.casefold() for part in path.parts] for path in parameters.attributes or parameters.excluded_attributes or ()]
    told = {parts[1] if len(parts) > 1 else MEMBERS for parts in named if parts[:1] == [MEMBERS]}
    if parameters.attributes:
        return PARTS if MEMBERS in told else PARTS & told
    return frozenset() if MEMBERS in told else PARTS - told


def expect(stored: Stored, version: str | None) -> None:
    """Raises `PreconditionFailedException` unless the version is still this one."""
    if version is not None and version != stored.version:
        raise PreconditionFailedException


@contextmanager
def taken_is_conflict() -> Iterator[None]:
    """A name that somebody has answers 409 `uniqueness`."""
    try:
        yield
    except NameTaken as error:
        raise UniquenessException(detail=str(error)) from None
