"""Leases, file states, runs: one writer of a source, whatever dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Engine

from catalog import runs
from catalog.documents import make_current, retire
from catalog.session import reading, transaction
from catalog.versions import add_version
from tests.unit.catalog.house import House, new_version

STATE = runs.FileState(
    path="docs/a.md",
    document_id=None,
    version_id=None,
    size_bytes=2**40,
    changed_mark="1700000000000000000",
    content_hash="c" * 64,
    line_hash="l" * 64,
    fingerprint="f" * 64,
    reason=None,
    detail=None,
)


def test_a_lease_has_one_holder(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")

        def take(owner: str, seconds: float = 60, dead: str | None = None) -> bool:
            return runs.take_lease(session, house.tenant, house.source, owner, seconds, dead=dead)

        assert not runs.take_lease(session, other.tenant, house.source, "thief", 60)
        assert take("one")
        assert take("one")
        assert not take("two")
        assert not take("two", dead="three")
        assert take("two", dead="one")
        assert runs.lease_owner(session, house.tenant, house.source) == "two"
        runs.release_lease(session, house.tenant, house.source, "one")
        assert not take("one")
        runs.release_lease(session, house.tenant, house.source, "two")
        assert runs.lease_owner(session, house.tenant, house.source) is None
        assert take("three", seconds=-1)
        assert take("four")


def test_of_many_at_once_one_takes_the_lease(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session)

    def take(n: int) -> bool:
        with transaction(catalog) as session:
            return runs.take_lease(session, house.tenant, house.source, f"run {n}", 60)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(8))) == 1


def test_a_file_is_remembered_as_it_ended_last(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")
        runs.record_file(session, house.tenant, house.source, STATE)
        bad = replace(STATE, reason="no_text", detail="Nothing to read. Send it to OCR.")
        runs.record_file(session, house.tenant, house.source, bad)
        runs.record_file(session, other.tenant, other.source, replace(STATE, path="b.md"))
        assert runs.file_states(session, house.tenant, house.source) == {STATE.path: bad}
        (listed,) = runs.list_quarantine(session, house.tenant)
        assert (listed.source, listed.path, listed.reason) == ("wiki", STATE.path, "no_text")
        assert runs.list_quarantine(session, other.tenant) == []
        assert runs.count_documents(session, house.tenant)["quarantined"] == 1

        runs.record_file(session, other.tenant, house.source, replace(STATE, content_hash="x" * 64))  # not theirs to change
        assert runs.file_states(session, house.tenant, house.source) == {STATE.path: bad}

        runs.record_file(session, house.tenant, house.source, STATE)
        assert runs.list_quarantine(session, house.tenant) == []
        runs.forget_file(session, other.tenant, house.source, STATE.path)
        assert runs.file_states(session, house.tenant, house.source) == {STATE.path: STATE}
        runs.forget_file(session, house.tenant, house.source, STATE.path)
        assert runs.file_states(session, house.tenant, house.source) == {}


def test_a_run_begins_once_and_keeps_its_report(catalog: Engine) -> None:
    first, second = uuid4(), uuid4()
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")
        runs.start_run(session, house.tenant, house.source, first)
        began = runs.last_runs(session, house.tenant)[0]
        assert (began.id, began.source, began.finished_at, began.report) == (first, "wiki", None, {})
        runs.finish_run(session, other.tenant, first, {"stolen": True})
        runs.finish_run(session, house.tenant, first, {"documents": {"indexed": 3}})
        runs.start_run(session, house.tenant, house.source, first)
        runs.start_run(session, other.tenant, other.source, first)
    with transaction(catalog) as session:
        runs.start_run(session, house.tenant, house.source, second)
    with reading(catalog) as session:
        newest, ended = runs.last_runs(session, house.tenant)
        assert newest.id == second
        assert (ended.started_at, ended.report) == (began.started_at, {"documents": {"indexed": 3}})
        assert ended.finished_at is not None
        assert ended.finished_at >= began.started_at
        assert [run.id for run in runs.last_runs(session, house.tenant, limit=1)] == [second]
        assert runs.last_runs(session, other.tenant) == []


def test_counts(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session)
        for name in ("served", "gone"):
            key = house.document(name)
            make_current(session, key, add_version(session, key, new_version(house.anyone)), house.anyone)
        house.document("empty")
        retire(session, house.document("gone"))
        assert runs.count_documents(session, house.tenant) == {"served": 1, "retired": 1, "quarantined": 0, "chunks": 0}
