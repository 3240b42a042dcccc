"""Whatever an identity provider does over SCIM, in whatever order and form: who may read is what may_read() says of what it said.

The model keeps what the provider believes; the server is asked over HTTP, readers by the one indexed query of every question.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from acl.groups import ancestors
from acl.scim.storage import SqlStorage
from catalog.ids import PrincipalId
from catalog.open import open_catalog
from catalog.settings import CatalogSettings
from tests.service.scim.client import Scim
from tests.service.scim.readers import Readers
from tests.service.scim.test_faults import RemovalRemovesNothing, SilenceLetsIn, planted

NAMES = ("ana", "ben", "cid", "Eva")
GROUPS = ("leads", "chairs", "Staff")


class Provider(RuleBasedStateMachine):
    """Users and groups of few names, so that names come back and clash."""

    users = Bundle("users")
    groups = Bundle("groups")
    new_catalog: Callable[[], Engine]
    client: Callable[[Engine], Scim] = Scim

    @initialize()
    def start(self) -> None:
        self.catalog = type(self).new_catalog()
        self.scim = type(self).client(self.catalog)
        self.readers = Readers(self.catalog)
        self.active: dict[str, bool] = {}
        self.names: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.labels: dict[str, Any] = {}
        self.everyone = self.readers.label("everyone")

    @rule(target=users, name=st.sampled_from(NAMES), active=st.sampled_from([True, False, "False", None]))
    def create_user(self, name: str, active: bool | str | None) -> Any:
        body = {"userName": name} if active is None else {"userName": name, "active": active}
        answer = self.scim.send("POST", "/Users", body)
        if name.casefold() in {self.names[id_].casefold() for id_ in self.active}:
            assert answer.status_code == 409
            return multiple()
        assert answer.status_code == 201, answer.text
        id_ = answer.json()["id"]
        self.active[id_], self.names[id_] = active in (True, None), name
        return id_

    @rule(target=groups, name=st.sampled_from(GROUPS), data=st.data())
    def create_group(self, name: str, data: st.DataObject) -> Any:
        inside = data.draw(st.sets(st.sampled_from(sorted([*self.active, *self.members]) or [""]), max_size=3)) - {""}
        body = {"displayName": name, "members": [{"value": id_} for id_ in inside]}
        answer = self.scim.send("POST", "/Groups", body)
        if name.casefold() in {self.names[id_].casefold() for id_ in self.members}:
            assert answer.status_code == 409
            return multiple()
        assert answer.status_code == 201, answer.text
        id_ = answer.json()["id"]
        self.members[id_], self.names[id_] = set(inside), name
        self.labels[id_] = self.readers.label(f"group:{name}")
        return id_

    @rule(user=users, active=st.sampled_from([True, "True", False, "false"]), form=st.sampled_from(["path", "value", "put"]))
    def switch(self, user: str, active: bool | str, form: str) -> None:
        path = f"/Users/{user}"
        if form == "put":
            answer = self.scim.send("PUT", path, {"userName": self.names[user], "active": active})
        elif form == "path":
            answer = self.scim.patch(path, {"op": "Replace", "path": "active", "value": active})
        else:
            answer = self.scim.patch(path, {"op": "replace", "value": {"active": active}})
        assert answer.status_code == 200, answer.text
        self.active[user] = active in (True, "True")

    @rule(user=users)
    def say_nothing_of_active(self, user: str) -> None:
        assert self.scim.send("PUT", f"/Users/{user}", {"userName": self.names[user]}).status_code == 200

    @rule(user=consumes(users))
    def delete_user(self, user: str) -> None:
        assert self.scim.send("DELETE", f"/Users/{user}").status_code == 204
        del self.active[user]
        for inside in self.members.values():
            inside.discard(user)

    @rule(group=consumes(groups))
    def delete_group(self, group: str) -> None:
        assert self.scim.send("DELETE", f"/Groups/{group}").status_code == 204
        del self.members[group]
        for inside in self.members.values():
            inside.discard(group)

    @rule(group=groups, data=st.data(), form=st.sampled_from(["add", "remove", "filter", "replace", "value", "put", "empty"]))
    def change(self, group: str, data: st.DataObject, form: str) -> None:
        known = sorted([*self.active, *self.members])
        ids = data.draw(st.sets(st.sampled_from(known), min_size=1, max_size=3))
        entries = [{"value": id_} for id_ in ids]
        inside = self.members[group]
        operation: dict[str, Any]
        match form:
            case "add":
                operation, after = {"op": "Add", "path": "members", "value": entries}, inside | ids
            case "remove":
                operation, after = {"op": "Remove", "path": "members", "value": entries}, inside - ids
            case "filter":
                chosen = " or ".join(f'value eq "{id_}"' for id_ in ids)
                operation, after = {"op": "remove", "path": f"members[{chosen}]"}, inside - ids
            case "replace":
                operation, after = {"op": "replace", "path": "members", "value": entries}, ids
            case "value":
                operation, after = {"op": "replace", "value": {"id": group, "members": entries}}, ids
            case "empty":
                operation, after = {"op": "remove", "path": "members"}, set()
            case _:
                body = {"displayName": self.names[group], "members": entries}
                assert self.scim.send("PUT", f"/Groups/{group}", body).status_code == 200
                self.members[group] = set(ids)
                return
        answer = self.scim.patch(f"/Groups/{group}", operation)
        assert answer.status_code == 204, answer.text
        self.members[group] = set(after)

    @invariant()
    def the_server_says_what_the_provider_believes(self) -> None:
        if not hasattr(self, "scim"):
            return
        found = {one["id"]: one for one in self.scim.found("Groups")}
        assert {id_: {m["value"] for m in one.get("members", [])} for id_, one in found.items()} == self.members
        assert {one["id"] for one in self.scim.found("Users")} == set(self.active)

    @invariant()
    def who_may_read_is_what_the_law_says(self) -> None:
        if not hasattr(self, "scim"):
            return
        number = {id_: PrincipalId(n) for n, id_ in enumerate([*self.active, *self.members])}
        member_of: dict[PrincipalId, list[PrincipalId]] = {}
        for group, inside in self.members.items():
            for id_ in inside:
                member_of.setdefault(number[id_], []).append(number[group])
        for user, active in self.active.items():
            held = ancestors(number[user], member_of) if active else frozenset()
            assert self.readers.may_read(self.names[user], self.everyone) == active, user
            for group in self.members:
                expected = number[group] in held
                assert self.readers.may_read(self.names[user], self.labels[group]) == expected, (user, group)

    def teardown(self) -> None:
        if hasattr(self, "catalog"):
            self.catalog.dispose()


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SETTINGS = settings(max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=SLOW)


@pytest.fixture
def machine(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> type[Provider]:
    """The machine over fresh catalogs."""

    def new() -> Engine:
        file = tmp_path_factory.mktemp("scim") / "catalog.db"
        file.write_bytes(sqlite_template.read_bytes())
        return open_catalog(CatalogSettings(url=f"sqlite:///{file}"))

    return type("Provider", (Provider,), {"new_catalog": staticmethod(new)})


def test_readers_follow_the_provider(machine: type[Provider]) -> None:
    run_state_machine_as_test(machine, settings=SETTINGS)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("fault", [RemovalRemovesNothing, SilenceLetsIn])
def test_a_planted_fault_breaks_the_law(machine: type[Provider], fault: type[SqlStorage]) -> None:
    machine.client = staticmethod(lambda catalog: planted(catalog, storage=fault))
    only = settings(SETTINGS, max_examples=40, phases=[Phase.generate], database=None, report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=only)  # type: ignore[no-untyped-call]
