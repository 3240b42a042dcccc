from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import DocumentId, Label, VersionId
from catalog.versions import VersionRow
from ingest.resolve import current, held, later

MONDAY = datetime(2024, 5, 6, tzinfo=UTC)


def version(number: int, *, label: str = "", days: int = 0) -> VersionRow:
    return VersionRow(
        id=VersionId(number),
        document_id=DocumentId(1),
        version_label=label,
        modified_at=MONDAY + timedelta(days=days),
        content_hash=str(number),
        text_hash=str(number),
        fingerprint="f",
        label=Label(1),
        path="a.md",
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
