"""Law 10, and one truth for each moment: what held then answers then, whatever order it came in, to whom today's lists allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from catalog.conflicts import find_conflicts
from catalog.documents import get_document
from catalog.errors import UnknownSource
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading
from catalog.supersession import Succession, cycles, replaced
from catalog.tenants import find_tenant
from catalog.versions import versions_of
from ingest.claims import settle_claim
from ingest.errors import UnknownVersion
from ingest.pin import pin
from ingest.pipeline import run
from ingest.run import Request
from privacy.redactor import Redactor
from retrieval.wire_answer import ResultBody
from tests.laws.house import READERS, House, fresh

FIRST = datetime(2024, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Planned:
    document: int
    day: int
    allow: frozenset[str]
    extra: bool  # whether it says one thing more than the version before


plans = st.lists(
    st.builds(
        Planned,
        st.integers(0, 1),
        st.integers(0, 9),
        st.frozensets(st.sampled_from(["user:ana", "user:ben", "everyone"])),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda p: (p.document, p.day),
)


def line(plan: Planned) -> dict[str, Any]:
    """A version with a part that all versions share, and one of its own."""
    own = f"The boiler of day {plan.day} stands in hall {plan.document}."
    shared = "The boiler manual is kept by the caretaker of the house."
    return {
        "path": f"d{plan.document}-{plan.day}.md",
        "document": f"d{plan.document}",
        "version": str(plan.day),
        "modified_at": (FIRST + timedelta(days=plan.day)).isoformat(),
        "allow": sorted(plan.allow),
        "text": f"# Boiler\n\n{own}\n\n## Manual\n\n{shared}\n" if plan.extra else f"# Boiler\n\n{own}\n",
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(planned=plans, order=st.randoms(use_true_random=False), one_by_one=st.booleans(), day=st.integers(-1, 10))
def test_what_held_then_answers_to_whom_both_lists_allow(
    planned: list[Planned], order: Any, one_by_one: bool, day: int, sqlite_template: Path, redactor: Redactor
) -> None:
    shuffled = list(planned)
    order.shuffle(shuffled)
    with fresh(sqlite_template, redactor) as house:
        for end in range(1, len(shuffled) + 1) if one_by_one else [len(shuffled)]:
            house.ingest([line(plan) for plan in shuffled[:end]])
        assert house.agree()
        moment = FIRST + timedelta(days=day, hours=1)
        latest = {d: max(p.day for p in planned if p.document == d) for d in {p.document for p in planned}}
        for person, names in READERS.items():
            may = {p for p in planned if p.allow & names}
            open_now = {p.document for p in may if p.day == latest[p.document]}
            then = {d: max((p.day for p in planned if p.document == d and p.day <= day), default=None) for d in latest}
            expected = {(p.document, p.day) for p in may if p.document in open_now and p.day == then[p.document]}
            results = house.ask(person, as_of=moment)
            assert {(int(r.document_id[1:]), int(r.version.label)) for r in results} == expected
            assert all(f"of day {r.version.label} " in (r.text or "") or "manual" in (r.text or "") for r in results)
            assert all(r.version.current == (int(r.version.label) == latest[int(r.document_id[1:])]) for r in results)
            now = {(int(r.document_id[1:]), int(r.version.label)) for r in house.ask(person)}
            assert now == {(d, latest[d]) for d in open_now}
            ever = {(int(r.document_id[1:]), int(r.version.label)) for r in house.ask(person, versions="all")}
            assert ever <= {(p.document, p.day) for p in may if p.document in open_now}
            own = {(p.document, p.day) for p in may if p.document in open_now}
            assert {f"of day {day} stands in hall {d}." for d, day in own} == {
                told.partition("The boiler ")[2] for told in own_sentences(house.ask(person, versions="all"))
            }


def own_sentences(results: Sequence[ResultBody]) -> set[str]:
    return {part for r in results for part in (r.text or "").splitlines() if "of day" in part}


def page(name: str, *, supersedes: Sequence[str] = (), allow: Sequence[str] = ("everyone",), day: int = 0) -> dict[str, Any]:
    return {
        "path": f"{name}.md",
        "document": name,
        "modified_at": (FIRST + timedelta(days=day)).isoformat(),
        "supersedes": list(supersedes),
        "allow": list(allow),
        "text": f"# {name}\n\nThe boiler, as {name} has it.\n",
    }


def names(results: Sequence[ResultBody]) -> set[str]:
    return {result.document_id for result in results}


@pytest.fixture
def house(sqlite_template: Path, redactor: Redactor) -> Iterator[House]:
    with fresh(sqlite_template, redactor) as made:
        yield made


def test_a_successor_takes_the_place_of_the_old_one_for_those_who_may_read_it(house: House) -> None:
    house.ingest([page("new", supersedes=["old"], allow=["user:ana"], day=3), page("old")])
    assert names(house.ask("ana")) == {"new"}
    assert names(house.ask("ben")) == {"old"}, "who may not read the successor gets the old one, without a hint"
    assert names(house.ask("ana", as_of=FIRST + timedelta(days=1))) == {"old"}
    assert names(house.ask("ana", versions="all")) == {"new", "old"}


def test_a_successor_that_leaves_gives_the_place_back(house: House) -> None:
    house.ingest([page("new", supersedes=["old"]), page("old")])
    assert names(house.ask("ana")) == {"new"}
    house.ingest([page("old")])
    assert names(house.ask("ana")) == {"old"}


def test_a_successor_whose_next_version_says_it_no_more_gives_the_place_back(house: House) -> None:
    first, second = page("new", supersedes=["old"]), page("new", day=5) | {"path": "new-2.md"}
    house.ingest([first, second, page("old")])
    assert names(house.ask("ana")) == {"new", "old"}


def test_it_holds_in_whatever_order_they_come_and_when_the_line_alone_changes(house: House) -> None:
    house.ingest([page("old")])
    house.ingest([page("old"), page("new")])
    assert names(house.ask("ana")) == {"new", "old"}
    house.ingest([page("old"), page("new", supersedes=["old"])])
    assert names(house.ask("ana")) == {"new"}


def test_a_circle_leaves_the_one_that_said_so_last(house: House) -> None:
    circle = [page("a", supersedes=["b"], day=1), page("b", supersedes=["c"], day=2), page("c", supersedes=["a"], day=3)]
    house.ingest([*circle, page("d"), page("e", supersedes=["d"])])
    assert names(house.ask("ana")) == {"c", "e"}


def numbers(house: House, document: str) -> dict[str, int]:
    """Label to number of the document's versions."""
    with reading(house.tools.catalog) as read:
        row = get_document(read, find_tenant(read, DEFAULT_TENANT), document)
        return {v.version_label: v.arrival for v in versions_of(read, row.key)}


def dated(day: int, allow: Sequence[str] = ("everyone",)) -> dict[str, Any]:
    return line(Planned(0, day, frozenset(allow), extra=True))


def test_a_pinned_version_is_served_through_later_runs_until_it_is_released(house: House) -> None:
    house.ingest([dated(1), dated(2)])
    pin(house.tools, DEFAULT_TENANT, "d0", numbers(house, "d0")["1"], "op", action="pin")
    assert {r.version.label for r in house.ask("ana")} == {"1"}
    house.ingest([dated(1), dated(2), dated(3)])
    assert {r.version.label for r in house.ask("ana")} == {"1"}
    assert {r.version.label for r in house.ask("ana", as_of=FIRST + timedelta(days=9))} == {"3"}, "time is told by time"
    assert house.agree()
    pin(house.tools, DEFAULT_TENANT, "d0", None, "op", action="release")
    assert {r.version.label for r in house.ask("ana")} == {"3"}
    assert house.agree()
    with reading(house.tools.catalog) as read:
        told = read.sql.execute(text("SELECT action FROM audit WHERE action IN ('pin', 'release') ORDER BY id")).scalars().all()
    assert told == ["pin", "release"]


def test_a_pinned_version_opens_nothing_that_the_latest_list_closes(house: House) -> None:
    house.ingest([dated(1), dated(2, allow=["user:ana"])])
    pin(house.tools, DEFAULT_TENANT, "d0", numbers(house, "d0")["1"], "op", action="pin")
    assert {r.version.label for r in house.ask("ana")} == {"1"}
    assert house.ask("ben") == []
    house.ingest([dated(1, allow=["user:ben"]), dated(2, allow=["user:ana"])])
    assert house.ask("ana") == house.ask("ben") == [], "both lists count"


def test_a_version_that_is_not_there_cannot_be_pinned(house: House) -> None:
    house.ingest([dated(1), page("other")])
    with pytest.raises(UnknownVersion, match="portcullis versions d0"):
        pin(house.tools, DEFAULT_TENANT, "d0", numbers(house, "other")[""], "op", action="pin")


def test_contradictions_are_listed_until_their_cause_is_gone(house: House) -> None:
    def found() -> list[tuple[str, tuple[str, ...], bool]]:
        with reading(house.tools.catalog) as read:
            return [(c.kind, c.documents, c.settled) for c in find_conflicts(read, find_tenant(read, DEFAULT_TENANT))]

    twin = dated(1) | {"path": "twin.md", "text": "# Boiler\n\nThe boiler of day 1 is said to be elsewhere.\n"}
    house.ingest([dated(1), twin, page("a", supersedes=["b"]), page("b", supersedes=["a"])])
    assert found() == [("content", ("d0",), False), ("supersession", ("a", "b"), False)]
    with reading(house.tools.catalog) as read:
        first = min(v.id for v in versions_of(read, get_document(read, find_tenant(read, DEFAULT_TENANT), "d0").key))
    pin(house.tools, DEFAULT_TENANT, "d0", first, "op", action="settle")
    house.ingest([dated(1), twin, page("a", supersedes=["b"]), page("b")])
    assert found() == [("content", ("d0",), True)]
    assert all("elsewhere" not in (r.text or "") for r in house.ask("ana") if r.document_id == "d0")

    other = house.folder.parent / "others"
    other.mkdir()
    (other / "a.md").write_text("# Another\n\nBoiler.\n")
    (other / "manifest.jsonl").write_text('{"path":"a.md","document":"a","allow":["everyone"]}\n')
    run(house.tools, Request(DEFAULT_TENANT, str(other), source="others"), uuid4())
    assert ("source", ("others: a.md",), False) in found()


@given(
    st.sets(st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda pair: pair[0] != pair[1]), max_size=12),
    st.permutations(range(7)),
)
def test_there_is_always_somebody_left(pairs: set[tuple[int, int]], days: list[int]) -> None:
    told = {Succession(new, old, FIRST + timedelta(days=days[new])) for new, old in pairs}  # type: ignore[arg-type]
    gone = replaced(told)
    everyone = {number for pair in pairs for number in pair}
    assert gone <= everyone
    for circle in cycles(told):
        outside = {one for one in told if one.predecessor in circle and one.successor not in circle}
        assert outside or circle - gone, "a circle that nobody replaces keeps one of its own"
    acyclic = not cycles(told)
    assert not acyclic or gone == {old for _, old in pairs}


def test_an_operator_says_whose_a_document_is(house: House) -> None:
    house.ingest([page("a"), page("b")])
    other = house.folder.parent / "others"
    other.mkdir()
    (other / "a.md").write_text("# Boiler\n\nThe boiler as the others tell of it.\n")
    (other / "manifest.jsonl").write_text(
        '{"path":"a.md","document":"a","allow":["user:ana"],"modified_at":"2001-01-01T00:00:00Z"}\n'
    )
    theirs = Request(DEFAULT_TENANT, str(other), source="others")
    assert run(house.tools, theirs, uuid4()).documents["quarantined"] == 1
    settle_claim(house.tools, DEFAULT_TENANT, "a", "others", "op")
    assert names(house.ask("ana")) == {"b"}, "nobody's words stand in its name meanwhile"
    assert house.agree()
    assert run(house.tools, theirs, uuid4()).documents["indexed"] == 1
    for _ in range(2):
        house.run()
        assert {r.text for r in house.ask("ana") if r.document_id == "a"} == {"The boiler as the others tell of it."}
        assert names(house.ask("ben")) == {"b"}
        assert house.agree()
    with reading(house.tools.catalog) as read:
        found = find_conflicts(read, find_tenant(read, DEFAULT_TENANT))
    assert [(c.kind, c.documents, c.settled) for c in found] == [("source", ("pages: a.md",), True)]
    settle_claim(house.tools, DEFAULT_TENANT, "a", "others", "op")
    with pytest.raises(UnknownSource, match="portcullis sources"):
        settle_claim(house.tools, DEFAULT_TENANT, "a", "nowhere", "op")
