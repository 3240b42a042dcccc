"""Applying a snapshot makes the catalog say what it says, for its own provider, and nothing else."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from acl.diff import Changes, Directory, Snapshot, diff
from acl.errors import StaleSnapshot, UnknownPerson
from acl.groups import ancestors
from acl.principal import Name
from acl.snapshot import apply_snapshot, diff_snapshot, parse_snapshot
from acl.store import find_person, find_scope, intern, principals_of, resolve
from catalog.audit_tail import append_noted
from catalog.ids import PrincipalId, TenantId
from catalog.session import ReadSession, reading, transaction
from catalog.tables import AuditEntry, Membership, Principal
from catalog.tenants import create_tenant, policy_epoch

USERS = [Name("user", n) for n in ("ana", "ben", "eve")]
GROUPS = [Name("group", n) for n in ("leads", "chairs", "staff")]
GHOST = Name("user", "ghost")

contents = st.tuples(
    st.dictionaries(st.sampled_from(USERS), st.booleans()),
    st.dictionaries(st.sampled_from(GROUPS), st.frozensets(st.sampled_from([*USERS, *GROUPS, GHOST]), max_size=4)),
)
Content = tuple[dict[Name, bool], dict[Name, frozenset[Name]]]


@given(before=contents, after=contents)
def test_the_changes_lead_from_one_to_the_other(before: Content, after: Content) -> None:
    changes = diff(Directory(*before), Snapshot(1, *after))
    removed = {*changes.people_removed, *changes.groups_removed}
    people = {n: a for n, a in before[0].items() if n not in removed}
    people |= {n: after[0][n] for n in changes.people_added}
    people |= dict.fromkeys(changes.people_enabled, True) | dict.fromkeys(changes.people_disabled, False)
    assert people == after[0]
    groups = (before[1].keys() - removed) | set(changes.groups_added)
    assert groups == after[1].keys()
    gone = set(changes.memberships_removed)
    held = {(g, m) for g, members in before[1].items() for m in members}
    assert gone <= held
    assert all((g, m) in gone for g, m in held if g in removed or m in removed)
    assert (held - gone) | set(changes.memberships_added) == {(g, m) for g, members in after[1].items() for m in members}
    assert not (held - gone) & set(changes.memberships_added)


@given(content=contents)
def test_no_change_is_empty(content: Content) -> None:
    assert diff(Directory(*content), Snapshot(1, *content)).empty
    assert diff(Directory({}, {}), Snapshot(1, {}, {})) == Changes()


def stored(session: ReadSession, tenant: TenantId, provider: str) -> Content:
    """What the catalog holds of a provider, read row by row."""
    rows = list(session.sql.scalars(select(Principal).where(Principal.tenant_id == tenant)))
    by_id = {row.id: row for row in rows}
    mine = [row for row in rows if row.provider == provider and row.deleted_at is None]
    groups: dict[Name, set[Name]] = {Name("group", row.name): set() for row in mine if row.kind == "group"}
    for membership in session.sql.scalars(select(Membership).where(Membership.tenant_id == tenant)):
        group, member = by_id[membership.group_id], by_id[membership.member_id]
        assert group.deleted_at is None
        assert member.deleted_at is None
        if group.provider == provider:
            groups[Name("group", group.name)].add(Name(member.kind, member.name))  # type: ignore[arg-type]
    people = {Name("user", row.name): row.active for row in mine if row.kind == "user"}
    return people, {name: frozenset(members) for name, members in groups.items()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(contents, max_size=4))
def test_after_each_snapshot_the_catalog_says_what_it_says(catalog: Engine, steps: list[Content]) -> None:
    other: Content = ({Name("user", "otto"): True}, {Name("group", "others"): frozenset([Name("user", "otto"), USERS[0]])})
    numbers: dict[Name, set[PrincipalId]] = {}
    with transaction(catalog) as session:
        tenant = create_tenant(session, f"t-{secrets.token_hex(6)}")
        apply_snapshot(session, tenant, Snapshot(3, *other), provider="scim")
        present: set[Name] = set()
        for n, content in enumerate(steps):
            snapshot = Snapshot(n, *content)
            epoch = policy_epoch(session, tenant)
            foreseen = diff_snapshot(session, tenant, snapshot)
            assert apply_snapshot(session, tenant, snapshot) == foreseen
            assert (policy_epoch(session, tenant) > epoch) is not foreseen.empty
            assert stored(session, tenant, "snapshot") == content
            people, groups = stored(session, tenant, "scim")
            assert people == other[0]
            assert groups[Name("group", "others")] - {USERS[0]} == {Name("user", "otto")}
            ids = resolve(session, tenant, [*USERS, *GROUPS])
            for name in [*USERS, *GROUPS]:  # whoever comes back after a removal is somebody new
                is_present = name in content[0] or name in content[1]
                if is_present and name not in present and any(name in {**s[0], **s[1]} for s in steps[:n]):
                    assert ids[name] not in numbers[name]
                if is_present:
                    numbers.setdefault(name, set()).add(ids[name])
            present = {*content[0], *content[1]}
            member_of: dict[PrincipalId, list[PrincipalId]] = {}
            for group, members in [*content[1].items(), *groups.items()]:
                for member in members & {*USERS, *GROUPS}:
                    member_of.setdefault(ids[member], []).append(
                        ids[group] if group in ids else resolve(session, tenant, [group])[group]
                    )
            for name in USERS:
                held = principals_of(session, tenant, ids[name])
                expected = ancestors(ids[name], member_of) if content[0].get(name) else frozenset()
                assert len(held) == len(expected) + bool(expected)  # and everyone
                assert expected <= held


def people(*names: str) -> str:
    return ", ".join(f'{{"id": "{name}"}}' for name in names)


def snapshot(sequence: int, users: str, groups: str = "") -> Snapshot:
    return parse_snapshot(f'{{"sequence": {sequence}, "users": [{users}], "groups": [{groups}]}}')


def count_audit(session: ReadSession) -> int:
    append_noted(session.sql)  # what the running transaction noted counts too
    return len(session.sql.scalars(select(AuditEntry.id)).all())


def test_sequences(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, snapshot(5, people("ana", "ben")))
        epoch, audited = policy_epoch(session, tenant), count_audit(session)
        assert apply_snapshot(session, tenant, snapshot(5, people("ben", "ANA"))).empty
        assert (policy_epoch(session, tenant), count_audit(session)) == (epoch, audited)
        for stale in (snapshot(5, people("ana")), snapshot(4, people("ana")), snapshot(4, people("ana", "ben"))):
            with pytest.raises(StaleSnapshot):
                diff_snapshot(session, tenant, stale)
            with pytest.raises(StaleSnapshot):
                apply_snapshot(session, tenant, stale)
        assert apply_snapshot(session, tenant, snapshot(6, people("ana", "ben"))).empty
        with pytest.raises(StaleSnapshot):
            apply_snapshot(session, tenant, snapshot(5, people("ana", "ben")))
        assert find_person(session, tenant, "ben")


def test_whoever_is_absent_is_removed_and_the_change_is_audited_without_names(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, snapshot(1, people("ana", "ben"), '{"id": "leads", "members": ["user:ana", "user:ben"]}'))
        changes = apply_snapshot(
            session, tenant, snapshot(2, people("ana"), '{"id": "leads", "members": ["user:ana", "user:ben"]}')
        )
    ben, leads = Name("user", "ben"), Name("group", "leads")
    assert changes.people_removed == (ben,)
    assert changes.memberships_removed == changes.memberships_added == ((leads, ben),)
    assert changes.unknown == (ben,)
    with reading(catalog) as session:
        with pytest.raises(UnknownPerson):
            find_person(session, tenant, "ben")
        entries = session.sql.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [entry.details["people_removed"] for entry in entries] == [0, 1]
        assert entries[-1].details["sequence"] == 2
        assert "ben" not in str(entries[-1].details)


def test_a_member_that_nobody_is_joins_when_he_comes(catalog: Engine) -> None:
    leads = '{"id": "leads", "members": ["user:ghost"]}'
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        label = intern(session, tenant, [Name("group", "leads")], [])
        assert apply_snapshot(session, tenant, snapshot(1, "", leads)).unknown == (GHOST,)
        changes = apply_snapshot(session, tenant, snapshot(2, people("ghost"), leads))
        assert (changes.people_added, changes.memberships_added, changes.unknown) == ((GHOST,), (), ())
        assert find_scope(session, tenant, find_person(session, tenant, "ghost")).labels == {label}


def test_what_another_provider_holds_is_left_alone(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, snapshot(1, people("ana"), '{"id": "leads", "members": ["user:ana"]}'), provider="scim")
        claim = snapshot(1, '{"id": "ana", "active": false}, {"id": "ben"}', '{"id": "leads", "members": ["user:ben"]}')
        changes = apply_snapshot(session, tenant, claim)
        assert changes.foreign == (Name("group", "leads"), Name("user", "ana"))
        assert stored(session, tenant, "scim") == (
            {Name("user", "ana"): True},
            {Name("group", "leads"): frozenset([Name("user", "ana")])},
        )
        assert apply_snapshot(session, tenant, snapshot(2, "")).people_removed == (Name("user", "ben"),)
        assert find_person(session, tenant, "ana")


def test_a_failed_application_leaves_everything_as_it_was(catalog: Engine) -> None:
    def half() -> None:
        with transaction(catalog) as session:
            apply_snapshot(session, tenant, snapshot(2, people("eve")))
            raise ZeroDivisionError

    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        apply_snapshot(session, tenant, snapshot(1, people("ana")))
    with pytest.raises(ZeroDivisionError):
        half()
    with transaction(catalog) as session:
        assert find_person(session, tenant, "ana")
        assert not apply_snapshot(session, tenant, snapshot(2, people("ana", "eve"))).empty


def test_thousands_at_once(catalog: Engine) -> None:
    """More rows than one statement may bind."""
    names = [f"p{n}" for n in range(1200)]
    many: dict[Name, frozenset[Name]] = {Name("group", "all"): frozenset(Name("user", n) for n in names)}
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        everybody = Snapshot(1, {Name("user", n): True for n in names}, many)
        assert apply_snapshot(session, tenant, everybody).counts["memberships_added"] == 1200
        assert stored(session, tenant, "snapshot")[1] == many
        changes = apply_snapshot(session, tenant, Snapshot(2, {}, {}))
        assert (len(changes.people_removed), len(changes.memberships_removed)) == (1200, 1200)
        assert stored(session, tenant, "snapshot") == ({}, {})
