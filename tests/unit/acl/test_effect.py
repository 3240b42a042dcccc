"""What a snapshot will change for readers is foretold as it then is, and too much of it is not done unasked."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from acl.diff import Snapshot
from acl.effect import Effect
from acl.errors import BrakeTripped, UnknownPerson
from acl.principal import Name
from acl.snapshot import Brake, apply_snapshot, diff_snapshot, foresee
from acl.store import find_person, find_scope, intern
from catalog.documents import open_document, open_source
from catalog.ids import EVERYONE, Label, TenantId
from catalog.session import WriteSession, reading, transaction
from catalog.tables import Document
from catalog.tenants import create_tenant
from tests.unit.catalog.house import House

USERS = [Name("user", f"u{n}") for n in range(4)]
GROUPS = [Name("group", f"g{n}") for n in range(3)]
OTHERS = [Name("user", f"x{n}") for n in range(3)]
LISTED = [*USERS, *GROUPS, *OTHERS, Name("everyone", EVERYONE)]

named = st.frozensets(st.sampled_from(LISTED), max_size=3)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    people = draw(st.dictionaries(st.sampled_from(USERS), st.booleans(), max_size=4))
    inside = st.frozensets(st.sampled_from([*USERS, *GROUPS, *OTHERS]), max_size=4)
    groups = draw(st.dictionaries(st.sampled_from(GROUPS), inside, max_size=3))
    owners = draw(st.lists(st.sampled_from(sorted(people)), max_size=3)) if people else []
    aliases: dict[Name, frozenset[Name]] = {}
    for alias, owner in zip(OTHERS, owners, strict=False):
        aliases[owner] = aliases.get(owner, frozenset()) | {alias}
    return Snapshot(draw(st.integers(0, 9)), people, groups, aliases)


def readable(session: WriteSession, tenant: TenantId) -> dict[Name, frozenset[Label]]:
    found = {}
    for name in USERS:
        try:
            found[name] = find_scope(session, tenant, find_person(session, tenant, name.name)).labels
        except UnknownPerson:
            found[name] = frozenset()
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(snapshots(), min_size=1, max_size=4), lists=st.lists(st.tuples(named, named), min_size=1, max_size=6))
def test_it_is_what_then_happens(
    catalog: Engine, steps: list[Snapshot], lists: list[tuple[frozenset[Name], frozenset[Name]]]
) -> None:
    with transaction(catalog) as session:
        house = House(session, f"t-{secrets.token_hex(6)}")
        tenant = house.tenant
        weight: dict[Label, int] = {}
        for n, (allow, deny) in enumerate(lists):
            label = intern(session, tenant, allow, deny)
            house.serve(f"d{n}", label)
            weight[label] = weight.get(label, 0) + 1
        for n, step in enumerate(steps):
            snapshot = Snapshot(n, step.people, step.groups, step.aliases)
            before = readable(session, tenant)
            told = foresee(session, tenant, snapshot, diff_snapshot(session, tenant, snapshot))
            apply_snapshot(session, tenant, snapshot)
            after = readable(session, tenant)
            gained = {p: sum(weight.get(label, 0) for label in after[p] - before[p]) for p in USERS}
            lost = {p: sum(weight.get(label, 0) for label in before[p] - after[p]) for p in USERS}
            assert dict(told.gained) == {p: n for p, n in gained.items() if n}
            assert dict(told.lost) == {p: n for p, n in lost.items() if n}


@pytest.mark.parametrize(
    ("touched", "people", "trips"),
    [(19, 19, False), (20, 20, True), (20, 100, False), (21, 100, True), (20, 99, True), (0, 0, False)],
)
def test_the_brake_wants_a_share_and_a_number(touched: int, people: int, trips: bool) -> None:
    names = {Name("user", f"u{n}"): 1 for n in range(touched)}
    assert Effect(names, {}, people).trips(0.2, 20) is trips
    assert Effect({}, names, people).trips(0.2, 20) is trips
    assert Effect(names, names, people).trips(0.2, 20) is trips, "who gains and loses is one person"


def test_a_snapshot_that_shuts_everybody_out_stops_and_changes_nothing(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session, "t")
        leads = Name("group", "leads")
        plan = intern(session, house.tenant, [leads], [])
        house.serve("plan", plan)
        people = {Name("user", f"u{n}"): True for n in range(30)}
        full = Snapshot(1, people, {leads: frozenset(people)})
        apply_snapshot(session, house.tenant, full, brake=Brake())  # the first is never braked
    empty = Snapshot(2, people, {leads: frozenset()})
    with pytest.raises(BrakeTripped, match="30 people would read more or less than now, of 30"), transaction(catalog) as session:
        apply_snapshot(session, house.tenant, empty, brake=Brake())
    with reading(catalog) as session:
        assert plan in find_scope(session, house.tenant, find_person(session, house.tenant, "u0")).labels
        assert diff_snapshot(session, house.tenant, full).empty, "not even its sequence was noted"
    with transaction(catalog) as session:
        apply_snapshot(session, house.tenant, empty)
        assert plan not in find_scope(session, house.tenant, find_person(session, house.tenant, "u0")).labels


def test_documents_that_nobody_is_served_count_for_nothing(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        label = intern(session, tenant, [USERS[0]], [])
        source = open_source(session, tenant, "s", "/s")
        row = open_document(session, tenant, source, "retired")
        session.sql.get_one(Document, row.key.document_id).label = label
        snapshot = Snapshot(1, {USERS[0]: True}, {})
        assert foresee(session, tenant, snapshot, diff_snapshot(session, tenant, snapshot)).touched == 0
