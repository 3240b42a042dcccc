"""A snapshot is understood wholly or refused, with the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.errors import BadPrincipal, BadSnapshot
from acl.parse import parse_snapshot
from acl.principal import Name, normal, parse, user


def test_what_it_says() -> None:
    text = """{"sequence": 7, "users": [{"id": " Ana "}, {"id": "ben", "active": false}],
               "groups": [{"id": "Leads", "members": ["user:ANA", "group:chairs", "user:ghost"]}, {"id": "chairs"}]}"""
    for given_text in (text, text.encode(), b"\xef\xbb\xbf" + text.encode()):
        snapshot = parse_snapshot(given_text)
        assert snapshot.sequence == 7
        assert snapshot.people == {Name("user", "ana"): True, Name("user", "ben"): False}
        assert snapshot.groups == {
            Name("group", "leads"): {Name("user", "ana"), Name("group", "chairs"), Name("user", "ghost")},
            Name("group", "chairs"): frozenset(),
        }


CSV = "type,id,value\n"
USERS, GROUPS = '"sequence": 1, "groups": [], "users": ', '"sequence": 1, "users": [], "groups": '


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1: it is neither JSON nor CSV"),
        ("kind,id,value\n", "line 1: it is neither JSON nor CSV"),
        (CSV + "user,ana,active\n", "the top: a line `sequence,NUMBER,` is missing"),
        (CSV + "sequence,1,\nsequence,2,\n", "line 3: there must be one sequence"),
        (CSV + "sequence,-1,\n", "line 2: there must be one sequence"),
        (CSV + "user,ana,yes\n", "line 2: the value of a user is one of active, disabled, or empty"),
        (CSV + "user,ana\n", "line 2: it must have 3 cells"),
        (CSV + "user,ana,\nuser,ANA,\n", "line 3: 'user:ana' stands here twice"),
        (CSV + "user,ana,\nalias,ben,ben@example.com\n", "line 3: 'ben' has no line of its own before this one"),
        (CSV + "group,leads,\nmember,chairs,user:ana\n", "line 3: 'chairs' has no line"),
        (CSV + "group,leads,\nmember,leads,ana\n", "line 3"),
        (CSV + "people,ana,\n", "line 2: its type is one of"),
        (CSV + 'user,"ana,\n', "it is not CSV"),
        ("{" + USERS + '[{"id": "ana", "aliases": ["ana"]}]}', "users[0].aliases[0]: 'user:ana' stands here twice"),
        ("{" + USERS + '[{"id": "ana", "aliases": ["x"]}, {"id": "x"}]}', "users[1].id: 'user:x' stands here twice"),
        ("{" + USERS + '[{"id": "ana", "aliases": "x"}]}', "users[0].aliases: it must be a list"),
        ("{", "line 1"),
        (b"\xff{}", "byte 0"),
        ("[]", "the top: it must be an object"),
        ("{}", "`groups` is missing"),
        ('{"sequence": 1, "users": []}', "`groups` is missing"),
        ('{"sequence": 1, "users": [], "groups": [], "group": []}', "'group' is not known"),
        ('{"sequence": 1, "sequence": 2, "users": [], "groups": []}', "'sequence': it stands twice"),
        ('{"sequence": -1, "users": [], "groups": []}', "sequence: it must be a whole number"),
        ('{"sequence": true, "users": [], "groups": []}', "sequence"),
        ('{"sequence": 1.0, "users": [], "groups": []}', "sequence"),
        ('{"sequence": 9223372036854775808, "users": [], "groups": []}', "sequence"),
        ('{"sequence": ' + "9" * 5000 + ', "users": [], "groups": []}', "the top"),
        ("[" * 100_000, "the top"),
        ("{" + USERS + "{}}", "users: it must be a list"),
        ("{" + USERS + '["ana"]}', "users[0]: it must be an object"),
        ("{" + USERS + '[{"id": "ana"}, {"active": true}]}', "users[1]: `id` is missing"),
        ("{" + USERS + '[{"id": "ana", "actve": false}]}', "users[0]: the key 'actve' is not known"),
        ("{" + USERS + '[{"id": "ana", "active": "False"}]}', "users[0].active: it must be true or false"),
        ("{" + USERS + '[{"id": "ana", "active": null}]}', "users[0].active"),
        ("{" + USERS + '[{"id": 7}]}', "users[0].id: it must be a string"),
        ("{" + USERS + '[{"id": ""}]}', "users[0].id"),
        ("{" + USERS + '[{"id": "a\\u0000"}]}', "users[0].id"),
        ("{" + USERS + '[{"id": "\\ud800"}]}', "users[0].id"),
        ("{" + USERS + '[{"id": "user:ana"}]}', "users[0].id: write the bare name"),
        ("{" + USERS + '[{"id": "ana"}, {"id": "\\uff21NA"}]}', "users[1].id: 'user:ana' stands here twice"),
        ("{" + GROUPS + '[{"id": "a"}, {"id": "A "}]}', "groups[1].id: 'group:a' stands here twice"),
        ("{" + GROUPS + '[{"id": "a", "members": "user:ana"}]}', "groups[0].members: it must be a list"),
        ("{" + GROUPS + '[{"id": "a"}, {"id": "b", "members": ["user:ana", "ana"]}]}', "groups[1].members[1]"),
        ("{" + GROUPS + '[{"id": "a", "members": ["everyone"]}]}', "groups[0].members[0]: everyone cannot be a member"),
        ("{" + GROUPS + '[{"id": "a", "members": [null]}]}', "groups[0].members[0]: it must be a string"),
    ],
)
def test_what_it_refuses(text: str | bytes, place: str) -> None:
    with pytest.raises(BadSnapshot) as caught:
        parse_snapshot(text)
    assert place in str(caught.value)
    assert "Nothing was changed" in str(caught.value)
    assert len(str(caught.value)) < 500


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_anything_else_is_refused_never_a_crash(value: object) -> None:
    for document in (value, {"sequence": 1, "users": value, "groups": []}, {"sequence": 1, "users": [], "groups": [value]}):
        if document != {"sequence": 1, "users": [], "groups": []}:
            with pytest.raises(BadSnapshot):
                parse_snapshot(json.dumps(document))


def test_real_one(real_data: Path) -> None:
    given_text = (real_data / "acl/k8s-community/groups-snapshot.json").read_bytes()
    plain = json.loads(given_text)
    snapshot = parse_snapshot(given_text)
    assert {name.name for name in snapshot.people} == {u["id"].casefold() for u in plain["users"]}
    assert {n.name: len(m) for n, m in snapshot.groups.items()} == {
        g["id"].casefold(): len(g["members"]) for g in plain["groups"]
    }


@given(st.text())
def test_a_name_has_one_spelling(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert normal(text.upper()) in {normal(text), normal(text.upper().lower())}
    try:
        name = parse(f"user:{text}")
    except BadPrincipal:
        return
    assert parse(str(name)) == name
    assert user(str(name)) == name
    assert parse(f" USER:{text} ") == name


@pytest.mark.parametrize(
    "text", ["", "ana", "users:ana", "user:", "group: ", ":ana", "everyone:", "user:a\nb", "user:" + "a" * 301]
)
def test_what_is_no_principal(text: str) -> None:
    with pytest.raises(BadPrincipal):
        parse(text)


def test_csv_says_the_same_as_json() -> None:
    rows = ["sequence,7,", "user, Ana ,", "user,ben,disabled", "alias,ana,ana@example.com", "group,chairs,", "group,leads,", ""]
    rows += ['member,leads,"user:ana"', "member,leads,group:chairs"]
    json_text = """{"sequence": 7, "users": [{"id": "ana", "aliases": ["ANA@example.com"]}, {"id": "ben", "active": false}],
        "groups": [{"id": "chairs"}, {"id": "leads", "members": ["user:ana", "group:chairs"]}]}"""
    assert parse_snapshot((CSV + "\r\n".join(rows)).encode("utf-8-sig")) == parse_snapshot(json_text)
