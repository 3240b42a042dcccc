from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalog.findings import Findings
from catalog.ids import DocumentId, Label, VersionId
from catalog.sources import StatusRule
from catalog.versions import VersionRow
from ingest.resolve import current, held, later, latest

MONDAY = datetime(2024, 5, 6, tzinfo=UTC)


def version(number: int, *, label: str = "", days: int = 0, status: str | None = None, arrival: int | None = None) -> VersionRow:
    return VersionRow(
        id=VersionId(number),
        document_id=DocumentId(1),
        version_label=label,
        modified_at=MONDAY + timedelta(days=days),
        content_hash=str(number),
        text_hash=str(number),
        fingerprint="f",
        cutting="c",
        arrival=number if arrival is None else arrival,
        label=Label(1),
        path="a.md",
        custom={} if status is None else {"status": status},
        findings=Findings(),
        held_from=None,
        held_until=None,
    )


versions = st.lists(
    st.builds(version, st.integers(1, 50), label=st.sampled_from(["", "1", "2", "10", "1.10", "1.9"]), days=st.integers(0, 3)),
    unique_by=lambda v: v.id,
)


@given(versions, st.randoms())
def test_the_order_of_arrival_in_a_listing_changes_nothing(rows: list[VersionRow], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert current(shuffled) == current(rows)


@given(versions)
def test_no_version_is_later_than_the_current_one(rows: list[VersionRow]) -> None:
    best = current(rows)
    assert (best is None) == (not rows)
    assert best is None or all(v.modified_at <= best.modified_at for v in rows)


@given(versions, st.integers(-1, 4))
def test_at_any_time_that_one_held_which_was_the_highest_by_then(rows: list[VersionRow], days: int) -> None:
    moment = MONDAY + timedelta(days=days)
    spans = held(rows)
    holding = [id_ for id_, (since, until) in spans.items() if since <= moment and (until is None or moment < until)]
    best = current([v for v in rows if v.modified_at <= moment])
    assert holding == ([] if best is None else [best.id])


RULE = StatusRule("status", frozenset({"draft"}), frozenset({"withdrawn"}))
stated = st.lists(
    st.builds(
        version,
        st.integers(1, 50),
        days=st.integers(0, 5),
        status=st.sampled_from([None, "draft", "Draft ", "final", "withdrawn", "something else"]),
    ),
    unique_by=lambda v: v.id,
)


@given(stated, st.integers(-1, 6))
def test_a_draft_yields_to_any_final_version_and_a_withdrawn_one_ends_the_document(rows: list[VersionRow], days: int) -> None:
    moment = MONDAY + timedelta(days=days)
    holding = [id_ for id_, (since, until) in held(rows, RULE).items() if since <= moment and (until is None or moment < until)]
    by_then = [v for v in rows if v.modified_at <= moment]
    best = latest(by_then, RULE)
    assert holding == ([] if best is None else [best.id])
    finals = [v for v in by_then if not RULE.is_draft(v.custom)]
    expected = max(finals or by_then, key=lambda v: (v.modified_at, v.id), default=None)
    assert best == (None if expected is None or RULE.withdraws(expected.custom) else expected)


@given(stated)
def test_without_a_rule_a_status_says_nothing(rows: list[VersionRow]) -> None:
    plain = [version(v.id, days=(v.modified_at - MONDAY).days) for v in rows]
    assert held(rows) == held(plain)


def test_a_pin_does_not_bring_a_withdrawn_document_back() -> None:
    rows = [version(1), version(2, days=1, status="withdrawn")]
    assert current(rows, VersionId(1), RULE) is None
    assert current(rows, VersionId(1)) == rows[0]


def test_what_was_read_anew_keeps_its_place_among_contents_that_contradict_it() -> None:
    rows = [version(1), version(2), version(3, arrival=1)]
    assert current(rows) == rows[1]
    assert current([*rows, version(4, arrival=2)]) == version(4, arrival=2)
    assert current(rows, VersionId(1)) == rows[2], "a pin means the content, by whatever pipeline"


def test_time_counts_before_the_label_and_the_label_before_arrival() -> None:
    assert current([version(1, label="9", days=1), version(2, label="10")]) == version(1, label="9", days=1)
    assert current([version(1, label="10"), version(2, label="9")]) == version(1, label="10")
    assert current([version(2), version(1)]) == version(2)


def test_a_pinned_version_is_served_until_it_is_released() -> None:
    rows = [version(1), version(2, days=1)]
    assert current(rows, VersionId(1)) == rows[0]
    assert current(rows, VersionId(9)) == current(rows) == rows[1]


def test_labels_are_compared_as_people_count() -> None:
    assert current([version(1, label="1.10"), version(2, label="1.9")]) == version(1, label="1.10")


def test_what_replaces_a_file_is_never_older_than_what_it_replaced() -> None:
    assert later(MONDAY, None) == MONDAY
    assert later(MONDAY, MONDAY + timedelta(days=1)) == MONDAY + timedelta(days=1)
    assert later(MONDAY + timedelta(days=2), MONDAY) == MONDAY + timedelta(days=2)
