"""Each check holds for our server, and fails for one in which the fault that it looks for is planted."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest
from scim2_models import NotFoundException, Resource, ResourceType, ScimPolicy, ScimProvider, SearchRequest, UniquenessException
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.storage import SearchPage
from sqlalchemy import Engine

from acl.log import open_log
from acl.scim.application import Rules, ScimApplication
from acl.scim.handler import Handler
from acl.scim.membership import Change
from acl.scim.provider import Service, open_provider
from acl.scim.shape import Naming, Stored
from acl.scim.storage import SqlStorage
from acl.scim.transactions import Transactions
from catalog.ids import TenantId
from catalog.keys import KeyRow, list_keys
from catalog.session import WriteSession, reading, transaction
from tests.conftest import NEEDS_POSTGRES
from tests.service.scim import checks
from tests.service.scim.client import BASE, Scim, new_key

Check = Callable[[Scim], None]


class AuthOff(ScimApplication):
    def key_of(self, headers: Iterable[tuple[bytes, bytes]]) -> KeyRow:
        with reading(self._catalog) as session:
            return list_keys(session, TenantId(1))[0]


class HostEchoed(ScimApplication):
    def request(self, scope: Any, body: bytes) -> ScimRequest:
        host = dict(scope["headers"]).get(b"host", b"").decode()
        return replace(super().request(scope, body), base_url=f"https://{host}/scim/v2")


class TenantIgnored(ScimApplication):
    def storage(self, key: KeyRow, *, writes: bool) -> SqlStorage:
        return super().storage(replace(key, tenant_id=TenantId(1)), writes=writes)


class FilterIgnored(SqlStorage):
    def search(self, resource_types: Any, search_request: SearchRequest[Any], *, position: Any = None) -> SearchPage:
        return super().search(resource_types, search_request.model_copy(update={"filter": None}), position=position)


class PagingIgnored(SqlStorage):
    def search(self, resource_types: Any, search_request: SearchRequest[Any], *, position: Any = None) -> SearchPage:
        return super().search(
            resource_types, search_request.model_copy(update={"start_index": 1, "count": 100}), position=position
        )


class RemovalRemovesNothing(SqlStorage):
    def change_members(self, stored: Stored, changes: Sequence[Change]) -> str:
        return super().change_members(stored, [change for change in changes if change.kind != "remove"])


class ReplacedKept(SqlStorage):
    def change_members(self, stored: Stored, changes: Sequence[Change]) -> str:
        return super().change_members(stored, [replace(change, kind="add") if change.ids else change for change in changes])


class PutKeeps(SqlStorage):
    def update(self, resource_type: ResourceType, resource: Resource[Any], **more: Any) -> Resource[Any]:
        return super().update(resource_type, resource, **{**more, "members": False})


class LostUpdates(SqlStorage):
    """Reads the group, changes it in memory, writes it back: what the library's own path does without its version."""

    def change_members(self, stored: Stored, changes: Sequence[Change]) -> str:
        return self._later(stored, changes)

    def operation(self) -> Any:
        from contextlib import nullcontext

        return nullcontext()

    def _later(self, stored: Stored, changes: Sequence[Change]) -> str:
        resource_type = next(t for t in self._provider.resource_types if t.name == "Group")
        inside = [m.value for m in getattr(self.get(resource_type, stored.id), "members", None) or []]
        for change in changes:
            inside = [id_ for id_ in inside if id_ not in change.ids] + (list(change.ids) if change.kind == "add" else [])
        time.sleep(0.02)
        return super().change_members(stored, [Change("replace", tuple(inside))])


class ActiveIgnored(SqlStorage):
    def update(self, resource_type: ResourceType, resource: Resource[Any], **more: Any) -> Resource[Any]:
        return super().update(resource_type, resource.model_copy(update={"active": None}), **more)


class SilenceLetsIn(SqlStorage):
    def update(self, resource_type: ResourceType, resource: Resource[Any], **more: Any) -> Resource[Any]:
        active = getattr(resource, "active", None) is not False
        return super().update(resource_type, resource.model_copy(update={"active": active}), **more)


class DisabledHidden(SqlStorage):
    def get(self, resource_type: ResourceType, resource_id: str, **more: Any) -> Resource[Any]:
        if not self.stored(resource_type, resource_id).active:
            raise NotFoundException
        return super().get(resource_type, resource_id, **more)


class RemovedIsDisabled(SqlStorage):
    """Keeps the principal, so that whoever comes under the name is the one who left."""

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        if resource_type.name == "Group":
            super().delete(resource_type, resource_id, expected_version=expected_version)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        name = getattr(resource, "user_name", None)
        with self._in.reading() as session:
            from acl.scim import rows

            _, all_ = rows.page(session, self._tenant_id, ["user"], 0, None)
        known = next((one for one in all_ if name and one.attributes["userName"] == name), None)
        return super().create(resource_type, resource) if known is None else self.get(resource_type, known.id)


class NamesApart(SqlStorage):
    """A name that is taken gets a number, as some directories do."""

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        try:
            return super().create(resource_type, resource)
        except UniquenessException:
            name = f"{getattr(resource, 'user_name', '')}-{uuid4()}"
            return super().create(resource_type, resource.model_copy(update={"user_name": name}))


class Unlocked(Transactions):
    """Writers who do not wait for each other before they read."""

    @contextmanager
    def writing(self) -> Iterator[WriteSession]:
        if self._session is not None:
            yield cast(WriteSession, self._session)
            return
        with transaction(self._catalog) as session, self._held(session):
            yield session


class WithoutLock(SqlStorage):
    def __init__(self, catalog: Engine, tenant_id: TenantId, *args: Any, **more: Any) -> None:
        super().__init__(catalog, tenant_id, *args, **more)
        self._in = Unlocked(catalog, tenant_id)


class IfMatchIgnored(Service):
    @staticmethod
    def read_conditions(request: ScimRequest) -> Conditions:
        return Conditions()


class Careless(Handler):
    """Leaves out what it does not understand."""

    def patch(self, request: ScimRequest) -> Any:
        from acl.scim.membership import split

        body = self.service.read_operations(request.body, None, "")
        understood = []
        for operation in body["Operations"]:
            try:
                split([operation])
                understood.append(operation)
            except Exception:
                understood.append({"op": "add", "value": {}})
        import json

        return super().patch(replace(request, body=json.dumps({**body, "Operations": understood}).encode()))


def ignoring_unknown(provider: ScimProvider) -> ScimProvider:
    policy = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
    return ScimProvider(provider.models, provider.resource_types, provider.config, policy)


def planted(
    catalog: Engine,
    app: type[ScimApplication] = ScimApplication,
    *,
    storage: type[SqlStorage] = SqlStorage,
    handler: type[Handler] = Handler,
    service: type[Service] = Service,
    provider: Callable[[ScimProvider], ScimProvider] = lambda ours: ours,
) -> Scim:
    """A client of a server with one part exchanged."""
    key = new_key(catalog)
    made = app(catalog, service(provider(open_provider(200))), Rules(BASE, Naming()), open_log(io.StringIO()))
    made.storage_type, made.handler_type = storage, handler
    return Scim(catalog, key, made)


FAULTS: list[tuple[Check, str, dict[str, Any]]] = [
    (checks.everything_needs_a_key, "auth off", {"app": AuthOff}),
    (checks.a_filter_limits_what_is_found, "filter ignored", {"storage": FilterIgnored}),
    (checks.pages_are_pages, "paging ignored", {"storage": PagingIgnored}),
    (checks.who_is_removed_is_gone, "a removal removes nothing", {"storage": RemovalRemovesNothing}),
    (checks.replaced_members_leave, "replaced members are kept", {"storage": ReplacedKept}),
    (checks.replaced_members_leave, "replaced members are kept by PUT", {"storage": PutKeeps}),
    (checks.an_old_version_changes_nothing, "If-Match ignored", {"service": IfMatchIgnored}),
    (checks.of_changes_to_one_version_one_wins, "If-Match ignored in parallel", {"service": IfMatchIgnored}),
    (checks.of_equal_names_one_is_made, "equal names are told apart", {"storage": NamesApart}),
    (checks.no_answer_repeats_the_host, "Host echoed", {"app": HostEchoed}),
    (checks.parallel_changes_are_all_kept, "parallel updates lost", {"storage": LostUpdates}),
    (checks.tenants_never_meet, "tenant ignored", {"app": TenantIgnored}),
    (checks.who_is_disabled_reads_nothing, "active ignored", {"storage": ActiveIgnored}),
    (checks.who_is_disabled_reads_nothing, "silence lets in", {"storage": SilenceLetsIn}),
    (checks.who_is_disabled_can_still_be_managed, "disabled users hidden", {"storage": DisabledHidden}),
    (checks.a_wrong_path_is_refused, "unknown paths ignored", {"provider": ignoring_unknown}),
    (checks.a_member_path_that_is_not_understood_is_refused, "member paths left out", {"handler": Careless}),
    (checks.a_name_that_comes_back_is_somebody_new, "a removed user comes back", {"storage": RemovedIsDisabled}),
]
CHECKS = list(dict.fromkeys(check for check, _, _ in FAULTS))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_holds(scim: Scim, check: Check) -> None:
    check(scim)


@pytest.mark.parametrize(("check", "parts"), [pytest.param(c, p, id=fault) for c, fault, p in FAULTS])
def test_the_planted_fault_is_caught(catalog: Engine, check: Check, parts: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check(planted(catalog, **parts))


@pytest.mark.parametrize("catalog", [pytest.param("postgresql", marks=NEEDS_POSTGRES)], indirect=True)
def test_without_the_lock_two_changes_to_one_version_win(catalog: Engine) -> None:
    """SQLite has one writer anyway. It is a race, so it may take some runs to lose it."""
    lost = 0
    for run in range(20):
        scim = planted(catalog, storage=WithoutLock)
        scim.key = new_key(catalog, tenant=f"tenant-{run}")
        try:
            checks.of_changes_to_one_version_one_wins(scim)
        except AssertionError:
            lost += 1
            break
    assert lost


def test_the_same_parts_without_a_fault_pass(catalog: Engine) -> None:
    """The plants fail for their faults, not for the way in which they are put together."""
    checks.who_is_removed_is_gone(planted(catalog))


def test_every_check_has_its_fault() -> None:
    told = {
        value for name, value in vars(checks).items() if callable(value) and getattr(value, "__module__", "") == checks.__name__
    }
    assert told - {checks.Stranger} == set(CHECKS)
