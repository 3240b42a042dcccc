"""People and groups changed one by one: each change holds at once, touches nobody else, and moves the epoch only when it must."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from acl import members
from acl.errors import NameTaken, UnknownPerson
from acl.principal import Name, parse
from acl.store import find_person, find_scope, intern, namesakes_of, principals_of
from catalog.ids import Label, PrincipalId, TenantId
from catalog.session import WriteSession, transaction
from catalog.tenants import create_tenant, policy_epoch

ANA, BEN, LEADS, CHAIRS, ALL = (parse(name) for name in ("user:ana", "user:ben", "group:leads", "group:chairs", "everyone"))


@pytest.fixture
def session(catalog: Engine) -> Iterator[WriteSession]:
    with transaction(catalog) as session:
        yield session


@pytest.fixture
def tenant(session: WriteSession) -> TenantId:
    return create_tenant(session, f"t-{secrets.token_hex(6)}")


def labels(session: WriteSession, tenant: TenantId, name: str) -> frozenset[Label]:
    return find_scope(session, tenant, find_person(session, tenant, name)).labels


def moved(session: WriteSession, tenant: TenantId, before: int) -> bool:
    return policy_epoch(session, tenant) != before


def test_a_name_that_lists_named_is_theirs_and_nobody_has_it_twice(session: WriteSession, tenant: TenantId) -> None:
    label = intern(session, tenant, [ANA], [])
    members.bind(session, tenant, ANA, "scim")
    assert labels(session, tenant, "ana") == {label}
    with pytest.raises(NameTaken, match="user:ana"):
        members.bind(session, tenant, parse("USER: Ana"), "snapshot")


def test_a_new_name_keeps_what_lists_say_and_takes_over_what_they_said_of_it(session: WriteSession, tenant: TenantId) -> None:
    old, new = intern(session, tenant, [ANA], []), intern(session, tenant, [Name("user", "anna")], [])
    both, denied = (
        intern(session, tenant, [ANA, Name("user", "anna")], []),
        intern(session, tenant, [ALL], [Name("user", "anna")]),
    )
    ana = members.bind(session, tenant, ANA, "scim")
    assert labels(session, tenant, "ana") == {old, both, denied}
    members.rename(session, tenant, ana, Name("user", "anna"))
    assert labels(session, tenant, "anna") == {old, new, both}
    with pytest.raises(UnknownPerson):
        find_person(session, tenant, "ana")
    members.bind(session, tenant, BEN, "scim")
    with pytest.raises(NameTaken):
        members.rename(session, tenant, ana, BEN)


def test_another_name_of_a_person_is_the_person(session: WriteSession, tenant: TenantId) -> None:
    mail = Name("user", "ana@example.com")
    by_mail, denied = intern(session, tenant, [mail], []), intern(session, tenant, [ALL], [mail])
    ana = members.bind(session, tenant, ANA, "scim")
    assert labels(session, tenant, "ana") == {denied}
    members.set_aliases(session, tenant, ana, [mail])
    assert labels(session, tenant, "ana") == labels(session, tenant, "ANA@example.com") == {by_mail}
    assert find_person(session, tenant, "ana@example.com").id == ana
    members.bind(session, tenant, BEN, "scim")
    for taken in (BEN, mail):
        with pytest.raises(NameTaken):
            members.set_aliases(
                session, tenant, members.bind(session, tenant, Name("user", secrets.token_hex(4)), "scim"), [taken]
            )
    members.set_aliases(session, tenant, ana, [])
    assert labels(session, tenant, "ana") == {denied}, "who lost the name is neither allowed nor forbidden by it"
    with pytest.raises(UnknownPerson):
        find_person(session, tenant, "ana@example.com")


def test_a_disabled_person_reads_nothing_by_any_name(session: WriteSession, tenant: TenantId) -> None:
    mail = Name("user", "ana@example.com")
    intern(session, tenant, [mail, ALL], [])
    ana = members.bind(session, tenant, ANA, "scim")
    members.set_aliases(session, tenant, ana, [mail])
    person = find_person(session, tenant, "ana")
    members.set_active(session, tenant, ana, False)
    assert find_scope(session, tenant, person).labels == frozenset()
    for name in ("ana", "ana@example.com"):
        with pytest.raises(UnknownPerson):
            find_person(session, tenant, name)
    members.set_active(session, tenant, ana, True)
    assert len(labels(session, tenant, "ana@example.com")) == 1


@pytest.mark.parametrize("name", [ANA, LEADS])
def test_what_forbade_the_one_who_was_removed_forbids_who_has_the_name_now(
    session: WriteSession, tenant: TenantId, name: Name
) -> None:
    def arrive() -> PrincipalId:
        held = members.bind(session, tenant, name, "scim")
        if name.kind == "group":
            if not session_has_ana:
                members.bind(session, tenant, ANA, "scim")
            members.add_members(session, tenant, held, [find_person(session, tenant, "ana").id], "scim")
        return held

    session_has_ana = False
    allowed, denied = intern(session, tenant, [name], []), intern(session, tenant, [ALL], [name])
    first = arrive()
    assert labels(session, tenant, "ana") == {allowed}
    members.remove(session, tenant, [first])
    session_has_ana = True
    second = arrive()
    assert second != first
    assert labels(session, tenant, "ana") == frozenset(), "neither the old allow nor a hole in the old deny"
    assert namesakes_of(session, tenant, principals_of(session, tenant, find_person(session, tenant, "ana").id)) == {first}
    assert denied not in labels(session, tenant, "ana")


def test_members_come_and_go_and_say_whence(session: WriteSession, tenant: TenantId) -> None:
    label = intern(session, tenant, [LEADS], [])
    leads, chairs = (members.bind(session, tenant, name, "scim") for name in (LEADS, CHAIRS))
    ana, ben = (members.bind(session, tenant, name, "scim") for name in (ANA, BEN))
    assert members.add_members(session, tenant, leads, [chairs, chairs], "scim") == 1
    assert members.add_members(session, tenant, chairs, [ana, ben], "scim") == 2
    assert labels(session, tenant, "ana") == labels(session, tenant, "ben") == {label}
    before = policy_epoch(session, tenant)
    assert members.add_members(session, tenant, chairs, [ana], "scim") == 0
    assert members.remove_members(session, tenant, leads, [ana]) == 0
    members.set_active(session, tenant, ana, True)
    assert not moved(session, tenant, before)
    assert members.remove_members(session, tenant, chairs, [ana]) == 1
    assert moved(session, tenant, before)
    assert (labels(session, tenant, "ana"), labels(session, tenant, "ben")) == (frozenset(), {label})
    members.remove(session, tenant, [chairs])
    assert labels(session, tenant, "ben") == frozenset()


def test_another_tenant_never_notices(session: WriteSession, tenant: TenantId) -> None:
    other = create_tenant(session, f"t-{secrets.token_hex(6)}")
    intern(session, other, [ANA, LEADS], [])
    theirs = [members.bind(session, other, name, "scim") for name in (ANA, LEADS)]
    before = policy_epoch(session, other)
    for attack in (
        lambda: members.set_active(session, tenant, theirs[0], False),
        lambda: members.remove(session, tenant, theirs),
        lambda: members.remove_members(session, tenant, theirs[1], [theirs[0]]),
        lambda: members.rename(session, tenant, theirs[0], BEN),
    ):
        attack()
    assert not moved(session, other, before)
    assert len(labels(session, other, "ana")) == 1
