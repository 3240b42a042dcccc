"""What is read out of providers' messages: pure, so every shape is tried here."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException, SCIMException

from acl.scim.dialect import patch, resource
from acl.scim.membership import Change, ids_of, split

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ID = st.text(alphabet="0123456789abcdef-", min_size=1, max_size=36)


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "a"}]}, Change("add", ("a",))),
        ({"op": "add", "path": "Members", "value": {"value": "a"}}, Change("add", ("a",))),
        ({"op": "add", "path": "members", "value": [{"value": "a"}, {"Value": "b"}, {"value": "a"}]}, Change("add", ("a", "b"))),
        ({"op": "add", "path": "members", "value": []}, Change("add", ())),
        ({"op": "ADD", "value": {"members": [{"value": "a"}]}}, Change("add", ("a",))),
        ({"op": "replace", "value": {f"{GROUP}:members": [{"value": "a"}]}}, Change("replace", ("a",))),
        ({"op": "Replace", "path": "members", "value": []}, Change("replace", ())),
        ({"op": "replace", "path": "members", "value": None}, Change("replace", ())),
        ({"op": "remove", "path": "members"}, Change("replace", ())),
        ({"op": "Remove", "path": f"{GROUP}:members", "value": [{"value": "a"}]}, Change("remove", ("a",))),
        ({"op": "remove", "path": 'members[value eq "a"]'}, Change("remove", ("a",))),
        ({"op": "remove", "path": 'members[Value EQ "a" or value eq "b"]'}, Change("remove", ("a", "b"))),
        ({"op": "remove", "path": f'{GROUP}:members[value eq "a"]'}, Change("remove", ("a",))),
    ],
)
def test_a_change_of_members_is_read(operation: dict[str, Any], change: Change) -> None:
    assert split([operation]) == ([change], [])


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ({"op": "remove", "path": "members", "value": []}, InvalidValueException),
        ({"op": "remove", "path": "members", "value": None}, InvalidValueException),
        ({"op": "remove", "path": "members", "value": ["a"]}, InvalidValueException),
        ({"op": "remove", "path": 'members[value eq "a"]', "value": [{"value": "b"}]}, InvalidValueException),
        ({"op": "remove", "path": 'members[value ne "a"]'}, InvalidFilterException),
        ({"op": "remove", "path": 'members[value eq "a" and type eq "User"]'}, InvalidFilterException),
        ({"op": "remove", "path": 'members[not (value eq "a")]'}, InvalidFilterException),
        ({"op": "remove", "path": "members[value pr]"}, InvalidFilterException),
        ({"op": "remove", "path": "members[value eq 5]"}, InvalidFilterException),
        ({"op": "remove", "path": "members.value"}, InvalidPathException),
        ({"op": "remove", "path": 'members[value eq "a"].display'}, InvalidPathException),
        ({"op": "remove", "path": 'members[value eq "a"'}, InvalidPathException),
        ({"op": "replace", "path": 'members[value eq "a"]', "value": {"value": "b"}}, InvalidPathException),
        ({"op": "add", "path": "members"}, InvalidValueException),
        ({"op": "add", "path": "members", "value": [{"value": ""}]}, InvalidValueException),
        ({"op": "add", "path": "members", "value": [{"value": 5}]}, InvalidValueException),
        ({"op": "add", "path": "members", "value": [{"value": "a", "VALUE": "b"}]}, InvalidValueException),
        ({"op": "add", "path": "members", "value": "a"}, InvalidValueException),
        ({"op": "add", "value": {"members": None}}, InvalidValueException),
        ({"op": "replace", "value": {GROUP: {"members": None}}}, InvalidPathException),
        ({"op": "replace", "path": GROUP, "value": {"members": []}}, InvalidPathException),
        ({"op": "replace", "value": {"Members.value": "a"}}, InvalidPathException),
        ({"op": "replace", "value": {"members ": []}}, InvalidPathException),
        ({"op": "replace", "value": [{"members": []}]}, InvalidPathException),
        ({"op": "remove", "path": "urn:example:2.0:Group:members"}, InvalidPathException),
        ({"op": "remove", "value": {"members": []}}, InvalidPathException),
        ({"op": "delete", "path": "members"}, InvalidPathException),
    ],
)
def test_what_is_not_understood_is_refused(operation: dict[str, Any], error: type[SCIMException]) -> None:
    with pytest.raises(error):
        split([operation])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "member"},
        {"op": "replace", "path": "displayName", "value": "x"},
        {"op": "replace", "value": {"displayName": "members"}},
        {"op": "add"},
        "members",
        None,
    ],
)
def test_everything_else_stays_for_the_protocol(operation: Any) -> None:
    assert split([operation]) == ([], [operation])


def test_one_operation_may_change_both() -> None:
    value = {"displayName": "x", "members": [{"value": "a"}]}
    assert split([{"op": "replace", "value": value}]) == (
        [Change("replace", ("a",))],
        [{"op": "replace", "value": {"displayName": "x"}}],
    )


@given(st.lists(ID, min_size=1, max_size=20))
def test_no_id_is_lost_or_made_up(ids: list[str]) -> None:
    assert set(ids_of([{"value": id_} for id_ in ids])) == set(ids)
    filtered = " or ".join(f'value eq "{id_}"' for id_ in ids)
    ((change,), rest) = split([{"op": "remove", "path": f"members[{filtered}]"}])
    assert (change.kind, set(change.ids), rest) == ("remove", set(ids), [])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_translated_or_left(value: Any) -> None:
    resource(value, [])
    patch(value, "id")
    patch({"Operations": value}, "id")
    patch({"Operations": [value]}, "id")
    try:
        changes, others = split([value])
    except SCIMException:
        return
    assert changes or others == [value]


def test_a_resource_loses_its_password_and_nothing_else() -> None:
    body = {
        "userName": "a",
        "Password": "x",
        "schemas": ["urn:a", "urn:B", "urn:c"],
        "urn:c": {},
        "members": [{"value": "1", "display": "n"}],
    }
    assert resource(body, ["URN:b"]) == {
        "userName": "a",
        "schemas": ["urn:B", "urn:c"],
        "urn:c": {},
        "members": [{"value": "1"}],
    }
    assert resource([1], []) == [1]


def test_a_patch_loses_its_own_id_alone() -> None:
    def value(said: Any) -> Any:
        return patch({"Operations": [{"op": "replace", "value": said}]}, "1")["Operations"][0]["value"]

    assert value({"id": "1", "displayName": "x", "password": "p"}) == {"displayName": "x"}
    assert value({"id": "2"}) == {"id": "2"}
    at_path = {"op": "add", "path": "name", "value": {"id": "1"}}
    assert patch({"operations": [at_path]}, "1") == {"operations": [at_path]}
