"""The audit is append-only and chained: what is done to a stored entry is found, and no answer leaves before its entry.

The tampering goes past the guards that the database has, as somebody with its owner's rights would.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.synchronize
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalog.audit import check_log, head_of, links_of, record
from catalog.chain import START, AuditKeys, Entry, Head, Link, check
from catalog.errors import CatalogUnavailable
from catalog.ids import TenantId
from catalog.session import open_engine, reading, transaction
from catalog.tenants import create_tenant
from retrieval.audit_writer import MOST_AT_ONCE, AuditWriter, Note

KEY = bytes(range(32))
KEYED = AuditKeys([KEY])
TENANT = TenantId(1)
NAMES = st.text("abcé/ _-", max_size=6)
DETAILS = st.dictionaries(
    NAMES, st.one_of(st.integers(-5, 2**70), NAMES, st.booleans(), st.none(), st.lists(st.integers())), max_size=3
)
ENTRIES = st.lists(st.tuples(NAMES, NAMES, NAMES, DETAILS), min_size=1, max_size=8)
BEGAN = datetime(2024, 5, 1, 9, tzinfo=UTC)


def chained(said: Sequence[tuple[str, str, str, Mapping[str, Any]]], keys: AuditKeys = KEYED) -> list[Link]:
    """What `transaction()` would have stored."""
    links: list[Link] = []
    for number, (actor, action, object_, details) in enumerate(said, start=1):
        entry = Entry(TENANT, number, BEGAN + timedelta(microseconds=number), actor, action, object_, details)
        previous = links[-1].digest if links else START
        links.append(Link(entry, keys.newest, keys.digest(previous, keys.newest, entry)))
    return links


def head(links: Sequence[Link]) -> Head:
    return Head(links[-1].entry.sequence, links[-1].digest) if links else Head()


# ---- tampering, on values ----------------------------------------------------------------------------------------------------


@given(ENTRIES)
def test_what_was_written_holds(said: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    for keys in (KEYED, AuditKeys()):
        links = chained(said, keys)
        checked = check(links, head(links), keys, [head(links[:1])])
        assert (checked.fault, checked.head) == (None, head(links))


@given(ENTRIES, st.data())
def test_a_change_of_any_field_is_found_at_its_entry(
    said: list[tuple[str, str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    for keys in (KEYED, AuditKeys()):
        links = chained(said, keys)
        at = data.draw(st.integers(0, len(links) - 1))
        old = links[at]
        field = data.draw(st.sampled_from(["actor", "action", "object_", "details", "at", "tenant_id", "digest"]))
        other: Any = {
            "details": data.draw(DETAILS),
            "at": old.entry.at + timedelta(microseconds=data.draw(st.integers(-3, 3))),
            "tenant_id": TenantId(2),
            "digest": data.draw(st.sampled_from([START, "", "é", old.digest[::-1]])),
        }.get(field, data.draw(NAMES))
        new = replace(old, digest=other) if field == "digest" else replace(old, entry=replace(old.entry, **{field: other}))
        if new == old and repr(new) == repr(old):  # True is 1 for Python, and is not for us
            return
        checked = check([*links[:at], new, *links[at + 1 :]], head(links), keys)
        assert checked.fault is not None
        assert checked.fault.sequence == old.entry.sequence


@given(ENTRIES, st.data())
def test_a_removal_an_insertion_and_a_swap_are_found(
    said: list[tuple[str, str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    links = chained(said)
    at = data.draw(st.integers(0, len(links) - 1))
    removed = [*links[:at], *links[at + 1 :]]
    renumbered = [
        *links[:at],
        *(replace(one, entry=replace(one.entry, sequence=one.entry.sequence - 1)) for one in links[at + 1 :]),
    ]
    twice = [*links[: at + 1], *links[at:]]
    for forged in (removed, renumbered, twice):
        checked = check(forged, head(links), KEYED)
        assert checked.fault is not None
        assert checked.fault.sequence >= at + 1
    other = data.draw(st.integers(0, len(links) - 1))
    if links[at].entry.action != links[other].entry.action:
        swapped = list(links)
        swapped[at] = replace(links[other], entry=replace(links[other].entry, sequence=at + 1))
        swapped[other] = replace(links[at], entry=replace(links[at].entry, sequence=other + 1))
        fault = check(swapped, head(links), KEYED).fault
        assert fault is not None
        assert fault.sequence == min(at, other) + 1


@given(ENTRIES, st.data())
def test_a_tail_that_is_cut_off_is_found_by_the_head_or_by_an_anchor(
    said: list[tuple[str, str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    links = chained(said)
    left = links[: data.draw(st.integers(0, len(links) - 1))]
    fault = check(left, head(links), KEYED).fault
    assert fault is not None
    assert (fault.kind, fault.sequence) == ("truncated", len(left) + 1)
    assert check(left, head(left), KEYED).fault is None  # the head set back with it: nobody can tell,
    by_anchor = check(left, head(left), KEYED, [head(links)]).fault  # but by what was kept elsewhere
    assert by_anchor is not None
    assert by_anchor.kind == "truncated"
    back = check(links, head(left), KEYED).fault
    assert back is not None
    assert back.kind == "head"


@given(ENTRIES, st.data())
def test_an_entry_that_is_made_anew_does_not_fit_what_follows(
    said: list[tuple[str, str, str, dict[str, Any]]], data: st.DataObject
) -> None:
    """Its own digest is right: so could be one of another copy of the log, or, without a key, anybody's."""
    for keys in (KEYED, AuditKeys()):
        links = chained(said, keys)
        at = data.draw(st.integers(0, len(links) - 1))
        other = chained([*said[:at], ("forger", *said[at][1:]), *said[at + 1 :]], keys)
        fault = check([*links[:at], other[at], *links[at + 1 :]], head(links), keys).fault
        assert fault is not None
        last = at + 1 == len(links)
        assert (fault.sequence, fault.kind) == ((at + 1, "head") if last else (at + 2, "changed"))


@given(ENTRIES)
def test_without_the_key_nobody_makes_a_chain_anew(said: list[tuple[str, str, str, dict[str, Any]]]) -> None:
    links, forged = chained(said), chained([("forger", *said[0][1:]), *said[1:]], AuditKeys([bytes(32)]))
    fault = check(forged, head(forged), KEYED).fault
    assert fault is not None
    assert fault.kind == "key_missing"
    unkeyed = chained([("forger", *said[0][1:]), *said[1:]], AuditKeys())
    assert check(unkeyed, head(unkeyed), KEYED).keyed_from is None  # says that no key protects it,
    anchored = check(unkeyed, head(unkeyed), KEYED, [head(links)]).fault  # and an anchor says more
    assert anchored is not None
    mixed = [*links, replace(unkeyed[-1], entry=replace(unkeyed[-1].entry, sequence=len(links) + 1))]
    after = check(mixed, head(mixed), KEYED).fault
    assert after is not None
    assert after.kind == "unkeyed"


def test_keys_are_rotated_and_old_entries_still_hold() -> None:
    newer = AuditKeys([bytes(32), KEY])
    links = chained([("a", "b", "c", {})])
    entry = Entry(TENANT, 2, BEGAN, "a", "b", "c", {})
    links.append(Link(entry, newer.newest, newer.digest(links[-1].digest, newer.newest, entry)))
    assert check(links, head(links), newer).fault is None
    assert "00" * 8 not in repr(newer)
    fault = check(links, head(links), KEYED).fault
    assert fault is not None
    assert (fault.sequence, fault.kind) == (2, "key_missing")


# ---- in the database ---------------------------------------------------------------------------------------------------------


def log(engine: Engine, tenant: TenantId, *actions: str) -> None:
    with transaction(engine) as session:
        for action in actions:
            record(session, tenant, actor="operator", action=action, object_="x", details={"n": 1, "names": ["é", None, True]})


@pytest.fixture
def tenants(catalog: Engine) -> list[TenantId]:
    with transaction(catalog) as session:
        return [create_tenant(session, name) for name in ("one", "two")]


@contextmanager
def unguarded(engine: Engine) -> Iterator[Any]:
    """As the database's owner: the guards are away."""
    with transaction(engine) as session:
        if session.dialect == "sqlite":
            guards = session.sql.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in guards:
                session.sql.execute(text(f"DROP TRIGGER {name}"))
            yield session.sql
            for _, made in guards:
                session.sql.execute(text(made))
        else:
            session.sql.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
            yield session.sql
            session.sql.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))


def fault_of(engine: Engine, tenant: TenantId, *anchors: Head) -> tuple[int, str] | None:
    with reading(engine) as session:
        fault = check_log(session, tenant, anchors).fault
    return None if fault is None else (fault.sequence, fault.kind)


def test_each_tenant_has_a_chain_of_its_own(catalog: Engine, tenants: list[TenantId]) -> None:
    one, two = tenants
    log(catalog, one, "a", "b")
    log(catalog, two, "c")
    with transaction(catalog) as session:
        for tenant in (two, one):
            record(session, tenant, actor="operator", action="both", object_="x")
    with reading(catalog) as session:
        told = [[(link.entry.sequence, link.entry.action) for link in links_of(session, tenant)] for tenant in tenants]
    assert told == [[(1, "a"), (2, "b"), (3, "both")], [(1, "c"), (2, "both")]]
    assert [fault_of(catalog, tenant) for tenant in tenants] == [None, None]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_database_refuses_to_change_an_entry(catalog: Engine, tenants: list[TenantId], statement: str) -> None:
    if statement.startswith("TRUNCATE") and catalog.dialect.name == "sqlite":
        statement = "DELETE FROM audit WHERE sequence = 1"
    log(catalog, tenants[0], "a", "b")
    with pytest.raises(Exception, match="append-only"), transaction(catalog) as session:
        session.sql.execute(text(statement))
    assert fault_of(catalog, tenants[0]) is None


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE sequence = 2", (2, "changed")),
        ("UPDATE audit SET action = 'z' WHERE sequence = 1", (1, "changed")),
        ("UPDATE audit SET object = '' WHERE sequence = 4", (4, "changed")),
        ("UPDATE audit SET details = '{}' WHERE sequence = 3", (3, "changed")),
        ("UPDATE audit SET details = '[]' WHERE sequence = 3", (3, "changed")),
        ("UPDATE audit SET at = '2001-01-01 00:00:00.000000' WHERE sequence = 3", (3, "changed")),
        ("UPDATE audit SET digest = 'x' WHERE sequence = 2", (2, "changed")),
        ("UPDATE audit SET key_id = 'x' WHERE sequence = 2", (2, "key_missing")),
        ("DELETE FROM audit WHERE sequence = 2", (2, "missing")),
        ("DELETE FROM audit WHERE sequence = 1", (1, "missing")),
        ("DELETE FROM audit WHERE sequence = 4", (4, "truncated")),
        ("DELETE FROM audit", (1, "truncated")),
        ("DELETE FROM audit_heads", (4, "head")),
        ("UPDATE audit_heads SET sequence = 3", (4, "head")),
        ("UPDATE audit_heads SET digest = 'x'", (4, "head")),
        ("UPDATE audit SET sequence = sequence + 10 WHERE sequence > 1", (2, "missing")),
    ],
)
def test_what_the_owner_does_is_found(catalog: Engine, tenants: list[TenantId], statement: str, found: tuple[int, str]) -> None:
    log(catalog, tenants[0], "a", "b", "c", "d")
    with unguarded(catalog) as sql:
        sql.execute(text(statement))
    assert fault_of(catalog, tenants[0]) == found


def test_columns_that_hold_nonsense_are_found(catalog: Engine, tenants: list[TenantId]) -> None:
    if catalog.dialect.name != "sqlite":
        pytest.skip("PostgreSQL itself keeps nonsense out of its columns")
    for column in ("details", "at"):
        log(catalog, tenants[0], "a")
        with unguarded(catalog) as sql:
            sql.execute(text(f"UPDATE audit SET {column} = 'no such thing' WHERE sequence = 1"))
        assert fault_of(catalog, tenants[0]) == (1, "unreadable")


def test_an_anchor_shows_that_a_log_was_made_anew(catalog: Engine, tenants: list[TenantId]) -> None:
    log(catalog, tenants[0], "a", "b")
    with reading(catalog) as session:
        anchor = head_of(session, tenants[0])
    with unguarded(catalog) as sql:
        sql.execute(text("DELETE FROM audit"))
        sql.execute(text("DELETE FROM audit_heads"))
    log(catalog, tenants[0], "forged", "forged too", "more")
    assert fault_of(catalog, tenants[0]) is None
    assert fault_of(catalog, tenants[0], anchor) == (2, "anchor")


def test_what_is_rolled_back_leaves_no_hole(catalog: Engine, tenants: list[TenantId]) -> None:
    log(catalog, tenants[0], "a")
    with pytest.raises(ZeroDivisionError), transaction(catalog) as session:  # noqa: PT012
        record(session, tenants[0], actor="operator", action="never", object_="x")
        raise ZeroDivisionError
    log(catalog, tenants[0], "b")
    with reading(catalog) as session:
        assert [link.entry.sequence for link in links_of(session, tenants[0])] == [1, 2]
    assert fault_of(catalog, tenants[0]) is None


@pytest.mark.parametrize("details", [{"n": 1.5}, {"n": {"m": [float("nan")]}}, {"n": datetime.now(UTC)}, {"n": {1: 2}}])
def test_what_databases_give_back_otherwise_is_not_taken(
    catalog: Engine, tenants: list[TenantId], details: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="whole numbers"), transaction(catalog) as session:
        record(session, tenants[0], actor="operator", action="a", object_="x", details=details)


# ---- many at once ------------------------------------------------------------------------------------------------------------

EACH = 25


def _write(url: str, tenants: list[TenantId], start: multiprocessing.synchronize.Barrier) -> None:
    engine = open_engine(url, lock_timeout_seconds=60)
    start.wait(60)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: log(engine, tenants[n % 2], f"a{n}", f"b{n}"), range(EACH)))
    engine.dispose()


def test_threads_of_two_processes_keep_one_chain(catalog: Engine, tenants: list[TenantId]) -> None:
    url = catalog.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    processes = [spawn.Process(target=_write, args=(url, tenants, start)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [fault_of(catalog, tenant) for tenant in tenants] == [None, None]
    with reading(catalog) as session:
        assert sum(head_of(session, tenant).sequence for tenant in tenants) == 2 * 2 * EACH


def test_the_writer_shares_commits_and_loses_nothing(catalog: Engine, tenants: list[TenantId]) -> None:
    writer = AuditWriter(catalog)
    many = 3 * MOST_AT_ONCE
    written = [writer.put(Note(tenants[n % 2], "key:1", "retrieve", "user:ana", {"n": n})) for n in range(many)]
    for one in written:
        one.result(60)
    writer.close()
    writer.close()
    assert [fault_of(catalog, tenant) for tenant in tenants] == [None, None]
    with reading(catalog) as session:
        told = [[link.entry.details["n"] for link in links_of(session, tenant)] for tenant in tenants]
    assert told == [list(range(0, many, 2)), list(range(1, many, 2))]
    with pytest.raises(CatalogUnavailable, match="stopping"):
        writer.put(Note(tenants[0], "key:1", "retrieve", "user:ana"))


def test_an_entry_that_cannot_be_stored_fails_alone(catalog: Engine, tenants: list[TenantId]) -> None:
    writer = AuditWriter(catalog)
    notes = [Note(tenants[0], "key:1", "a", "x", {"n": 1.5} if n == 3 else {}) for n in range(8)]
    written = [writer.put(note) for note in notes]
    failed = [one.exception(60) is not None for one in written]
    writer.close()
    assert failed == [n == 3 for n in range(8)]
    assert fault_of(catalog, tenants[0]) is None


def test_while_the_catalog_is_locked_nobody_is_told_that_an_entry_is_durable(tmp_path: Path, sqlite_template: Path) -> None:
    import shutil
    import sqlite3

    shutil.copy(sqlite_template, tmp_path / "catalog.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'catalog.db'}", lock_timeout_seconds=0.2)
    with transaction(engine) as session:
        tenant = create_tenant(session, "t")
    writer = AuditWriter(engine)
    holder = sqlite3.connect(tmp_path / "catalog.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert isinstance(writer.put(Note(tenant, "key:1", "a", "x")).exception(30), CatalogUnavailable)
    holder.execute("ROLLBACK")
    holder.close()
    writer.put(Note(tenant, "key:1", "b", "x")).result(30)
    writer.close()
    with reading(engine) as session:
        assert [link.entry.action for link in links_of(session, tenant)] == ["b"]
    engine.dispose()
